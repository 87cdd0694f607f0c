// What the simulator's tests share: asking it over HTTP as a client would, with the token of a shop.
import { createSimulator } from '../../src/embedded/simulator/simulator.ts'
import type { Simulator } from '../../src/embedded/simulator/simulator.ts'
import type { SimulatorInput } from '../../src/embedded/simulator/options.ts'

export interface Reply {
  status: number
  headers: Headers
  text: string
  /** The body as JSON; throws when it is none. */
  json<T = Record<string, unknown>>(): T
}

export interface Served {
  sim: Simulator
  url: string
  /** GET with the token of shop 4321, or the one given; `null` sends none. */
  get(path: string, token?: string | null): Promise<Reply>
  close(): Promise<void>
}

export const asReply = async (response: Response): Promise<Reply> => {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

export const serve = async (input: SimulatorInput = {}): Promise<Served> => {
  const sim = createSimulator(input)
  const { url } = await sim.listen()
  return {
    sim,
    url,
    get: async (path, token = sim.tokens.for(sim.shops[0]?.tmId ?? 4321)) =>
      asReply(await fetch(url + path, { headers: token === null ? {} : { 'x-auth-token': token } })),
    close: () => sim.close(),
  }
}

/** One small shop, for tests that need a server and not a month of work. */
export const SMALL: SimulatorInput = { shops: [{ tmId: 4321, repairOrders: 40 }] }

export interface Row {
  id: number
  repairOrderId: number
  [key: string]: unknown
}
