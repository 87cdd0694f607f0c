// `/__sim/*`: the simulator's handles for another process, on the loopback interface, without a token.
//   GET/POST clock · GET/POST/DELETE faults · GET/DELETE requests · GET truth · POST edit · GET/POST quirks,
//   limits, tokens · GET history
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { faultSchema } from './faults.ts'
import type { RequestFilter } from './request-log.ts'
import type { Simulator } from './simulator.ts'

const advanceShape = z.object({ days: z.number(), hours: z.number(), minutes: z.number() }).partial()
const clockShape = z.object({ advance: advanceShape })
const editShape = z.object({ action: z.string(), args: z.array(z.unknown()).default([]) })
const limitShape = z
  .object({
    requestsPerMinute: z.int().min(0),
    retryAfterStyle: z.enum(['seconds', 'date', 'none']),
    latencyMs: z.number(),
  })
  .partial()
const tokenShape = z.object({
  issue: z.int().optional(),
  issueAll: z.boolean().optional(),
  expire: z.int().nullable().optional(),
  expiresAt: z.string().optional(),
})

type Handler = (body: unknown, url: URL) => unknown

const filterOf = (url: URL): RequestFilter => {
  const filter: Record<string, string | number> = {}
  for (const key of ['route', 'method'])
    if (url.searchParams.has(key)) filter[key] = url.searchParams.get(key) ?? ''
  for (const key of ['shop', 'ro', 'status'])
    if (url.searchParams.has(key)) filter[key] = Number(url.searchParams.get(key))
  return filter
}

const edit = (sim: Simulator, body: unknown): unknown => {
  const { action, args } = editShape.parse(body)
  // `update` takes a function and cannot cross a process border.
  if (action === 'update' || !Object.hasOwn(sim.edit, action)) throw new Error(`unknown edit ${action}`)
  const run = sim.edit[action as keyof Simulator['edit']] as (...args: unknown[]) => unknown
  return run(...args) ?? {}
}

const tokens = (sim: Simulator, body: unknown): unknown => {
  const wish = tokenShape.parse(body)
  const options = wish.expiresAt === undefined ? {} : { expiresAt: wish.expiresAt }
  if (wish.expire !== undefined) sim.tokens.expire(wish.expire)
  if (wish.issue !== undefined) sim.tokens.issue(wish.issue, options)
  if (wish.issueAll === true) sim.tokens.issueForAllShops(options)
  return listTokens(sim)
}

const listTokens = (sim: Simulator): unknown => ({
  shops: Object.fromEntries(sim.shops.map((shop) => [shop.tmId, sim.tokens.for(shop.tmId)])),
  allShops: sim.tokens.allShops,
})

const handlers = (sim: Simulator): Record<string, Handler> => ({
  'GET clock': () => ({ now: sim.clock.now().toISOString() }),
  'POST clock': (body) => {
    const { events } = sim.clock.advance(definedOnly(clockShape.parse(body).advance))
    return { now: sim.clock.now().toISOString(), events }
  },
  'GET faults': () => sim.faults.list(),
  'POST faults': (body) => ({ id: sim.faults.add(faultSchema.parse(body)) }),
  'DELETE faults': (_, url) => {
    const id = url.searchParams.get('id')
    if (id === null) sim.faults.clear()
    else sim.faults.remove(id)
    return sim.faults.list()
  },
  'GET requests': (_, url) => sim.requests.list(filterOf(url)),
  'DELETE requests': () => {
    sim.requests.reset()
    return {}
  },
  'GET truth': () => sim.truth(),
  'GET history': () => sim.history(),
  'POST edit': (body) => edit(sim, body),
  'GET quirks': () => sim.quirks(),
  'POST quirks': (body) => sim.setQuirks(z.record(z.string(), z.unknown()).parse(body)),
  'GET limits': () => sim.limits(),
  'POST limits': (body) => sim.setLimits(definedOnly(limitShape.parse(body))),
  'GET tokens': () => listTokens(sim),
  'POST tokens': (body) => tokens(sim, body),
})

/** Drops keys whose value is undefined, so that optional settings stay untouched. */
const definedOnly = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? {} : JSON.parse(text)
}

const isLoopback = (address: string | undefined): boolean =>
  address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1'

export const createControl = (sim: Simulator) => {
  const table = handlers(sim)
  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const handler = table[`${request.method ?? 'GET'} ${url.pathname.slice('/__sim/'.length)}`]
    const isAllowed = isLoopback(request.socket.remoteAddress)
    const status = !isAllowed ? 403 : handler ? 200 : 404
    const result = isAllowed && handler ? await handler(await readBody(request), url) : { error: status }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(result))
  }
}
