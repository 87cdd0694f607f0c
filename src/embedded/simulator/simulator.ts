// The front door: `createSimulator` gives a test (in-process) or the CLI (own process) a simulated Tekmetric with its
// clock, faults, request log, tokens and edits. Nothing here is loaded in production.
import { Answers } from './answers.ts'
import { createControl } from './control.ts'
import { createEdits } from './edit.ts'
import type { Edits } from './edit.ts'
import { Faults } from './faults.ts'
import { DAY_MS, HOUR_MS } from './local-time.ts'
import type { HistoryEntry, SimShop, Truth } from './model.ts'
import { quirkOptions, simulatorOptions } from './options.ts'
import type { Quirks, SimulatorInput } from './options.ts'
import { RateLimit } from './rate-limit.ts'
import { RequestLog } from './request-log.ts'
import { listen } from './server.ts'
import type { Listening } from './server.ts'
import { Tokens } from './tokens.ts'
import { World } from './world.ts'

export interface Advance {
  readonly days?: number
  readonly hours?: number
  readonly minutes?: number
}

export interface SimulatorClock {
  /** The virtual now. It stands still until `advance`. */
  now(): Date
  /** Lets time pass and everything happen that was due; returns how many things of each kind did. */
  advance(by: Advance): { events: Record<string, number> }
}

export interface Limits {
  /** Enforced per token over any 60 seconds; 0 enforces nothing. */
  readonly requestsPerMinute: number
  readonly retryAfterStyle: 'seconds' | 'date' | 'none'
  readonly latencyMs: number
}

export interface Simulator {
  /** Starts the server on 127.0.0.1. Port 0, the default, takes a free one. */
  listen(options?: { port?: number; host?: '127.0.0.1' }): Promise<{ url: string; port: number }>
  close(): Promise<void>
  readonly shops: readonly SimShop[]
  readonly clock: SimulatorClock
  readonly faults: Faults
  readonly requests: RequestLog
  readonly tokens: Tokens
  readonly edit: Edits
  /** A copy of the whole state, in cents and UTC instants. */
  truth(): Truth
  /** What happened so far, oldest first. */
  history(): readonly HistoryEntry[]
  quirks(): Quirks
  setQuirks(patch: Partial<Quirks>): Quirks
  limits(): Limits
  setLimits(patch: Partial<Limits>): Limits
}

const clockOf = (world: World): SimulatorClock => ({
  now: () => new Date(world.now),
  advance: (by) => {
    const before = world.history.length
    const ms = (by.days ?? 0) * DAY_MS + (by.hours ?? 0) * HOUR_MS + (by.minutes ?? 0) * 60_000
    world.advanceTo(world.now + ms)
    const events: Record<string, number> = {}
    for (const entry of world.history.slice(before)) events[entry.kind] = (events[entry.kind] ?? 0) + 1
    return { events }
  },
})

/** Builds the shops and their history; call `listen` to serve them. @throws ZodError on unusable options. */
export const createSimulator = (input: SimulatorInput = {}): Simulator => {
  const options = simulatorOptions.parse(input)
  const world = new World(options)
  const answers = new Answers(world)
  const limit = new RateLimit(options.requestsPerMinute)
  const shops = [...world.shops.values()].map((state) => state.shop)
  let server: Listening | undefined
  const parts = {
    world,
    answers,
    tokens: new Tokens(
      options.seed,
      shops.map((shop) => shop.tmId),
    ),
    faults: new Faults(options.seed),
    limit,
    log: new RequestLog(options.requestLogSize),
    latencyMs: options.latencyMs,
  }
  const limits = (): Limits => ({
    requestsPerMinute: limit.requestsPerMinute,
    retryAfterStyle: limit.retryAfterStyle,
    latencyMs: parts.latencyMs,
  })
  const simulator: Simulator = {
    listen: async ({ port = 0 } = {}) => {
      server = await listen(
        {
          ...parts,
          get latencyMs() {
            return parts.latencyMs
          },
          control,
        },
        port,
      )
      return { url: server.url, port: server.port }
    },
    close: async () => {
      await server?.close()
      server = undefined
    },
    shops,
    clock: clockOf(world),
    faults: parts.faults,
    requests: parts.log,
    tokens: parts.tokens,
    edit: createEdits(world),
    truth: () => world.truth(),
    history: () => world.history,
    quirks: () => ({ ...world.quirks }),
    setQuirks: (patch) => {
      Object.assign(world.quirks, quirkOptions.parse({ ...world.quirks, ...patch }))
      answers.reset()
      return { ...world.quirks }
    },
    limits,
    setLimits: (patch) => {
      if (patch.latencyMs !== undefined) parts.latencyMs = patch.latencyMs
      if (patch.retryAfterStyle !== undefined) limit.retryAfterStyle = patch.retryAfterStyle
      if (patch.requestsPerMinute !== undefined) limit.requestsPerMinute = patch.requestsPerMinute
      return limits()
    },
  }
  const control = createControl(simulator)
  return simulator
}
