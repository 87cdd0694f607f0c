// The simulator as a part of the demo: where it is, its tokens, its virtual clock. Its state is a function of seed and
// elapsed virtual time, so keeping the clock's position in the data directory keeps the shops between runs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createSimulator } from './simulator/simulator.ts'

export interface EmbeddedSimulator {
  readonly tekmetric: {
    readonly baseUrl: string
    readonly authToken: null
    readonly shopTokens: ReadonlyMap<number, string>
    readonly shops: readonly { tmId: number; name: string; timezone: string }[]
  }
  /** The virtual now. */
  readonly clock: () => Promise<Date>
  /** Lets virtual time pass; null when the simulator belongs to another process. */
  readonly advance: ((minutes: number) => void) | null
  readonly close: () => Promise<void>
}

const Saved = z.object({ now: z.iso.datetime() })

const clockFile = (dataDir: string): string => join(dataDir, 'simulator.json')

/** True when the simulator has ever filled this data directory. */
export const hasSimulated = (dataDir: string): boolean => existsSync(clockFile(dataDir))

/** Starts the simulator in this process, at the virtual time where the last run ended. */
export const embeddedSimulator = async (dataDir: string): Promise<EmbeddedSimulator> => {
  const simulator = createSimulator()
  const file = clockFile(dataDir)
  if (existsSync(file)) {
    const saved = Saved.parse(JSON.parse(readFileSync(file, 'utf8')))
    const elapsed = Date.parse(saved.now) - simulator.clock.now().getTime()
    simulator.clock.advance({ minutes: elapsed / 60_000 })
  }
  const save = () => writeFileSync(file, JSON.stringify({ now: simulator.clock.now().toISOString() }))
  save()
  const { url } = await simulator.listen()
  return {
    tekmetric: {
      baseUrl: url,
      authToken: null,
      shopTokens: new Map(simulator.shops.map(({ tmId }) => [tmId, simulator.tokens.for(tmId)])),
      shops: simulator.shops.map(({ tmId, name, timeZone }) => ({ tmId, name, timezone: timeZone })),
    },
    clock: async () => simulator.clock.now(),
    advance: (minutes) => {
      simulator.clock.advance({ minutes })
      save()
    },
    close: () => simulator.close(),
  }
}

const Tokens = z.object({ shops: z.record(z.string(), z.string()) })
const Clock = z.object({ now: z.iso.datetime() })

/** Joins the simulator of another process on this machine. Its shops were enrolled by that process. */
export const simulatorAt = async (url: string): Promise<EmbeddedSimulator> => {
  const ask = async <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> =>
    schema.parse(await (await fetch(`${url}/__sim/${path}`)).json())
  const { shops } = await ask('tokens', Tokens)
  return {
    tekmetric: {
      baseUrl: url,
      authToken: null,
      shopTokens: new Map(Object.entries(shops).map(([shop, token]) => [Number(shop), token])),
      shops: [],
    },
    clock: async () => new Date((await ask('clock', Clock)).now),
    advance: null,
    close: async () => undefined,
  }
}
