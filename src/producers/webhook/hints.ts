// What becomes of TM's webhooks: the RO that one names is read again, in the lane of people while that is few, and nothing
// else is done with it. A hint may be lost without harm (the RO still differs from the warehouse, so discovery finds it), which is
// why it opens no run, waits in memory, and is dropped rather than let in when there are too many.
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { partIsOn } from '../../core/features.ts'
import type { Logger } from '../../core/logger.ts'
import { syncRepairOrder } from '../../workers/jobs/sync-repair-order.ts'
import type { Producer } from '../producer.ts'
import { readHint, type Hint } from './sentences.ts'

/**
 * What became of a hint: `queued` (also: joined what waits), `duplicate` (the same body came before), `dropped` (too many),
 * `unreadable` (no JSON), `no-repair-order` (about something else, or nothing we understand), `no-shop` (no shop of ours that is
 * synced, or an RO we cannot place), `switched-off` (the part `webhook` is off for its shop), `failed` (the queue store or the
 * warehouse was away).
 */
export const HINT_OUTCOMES = [
  'queued',
  'duplicate',
  'dropped',
  'unreadable',
  'no-repair-order',
  'no-shop',
  'switched-off',
  'failed',
] as const
export type HintOutcome = (typeof HINT_OUTCOMES)[number]
export type HintCounts = Readonly<Record<HintOutcome, number>>

export interface HintLimits {
  /** Hints one process takes in a minute; default 600: fifty busy shops send some ten. */
  readonly perMinute?: number
  /** Of those of one shop, so many go before everything that schedules ask for; default 30. */
  readonly urgentPerShop?: number
}

export interface HintDesk {
  /** Takes a body as it came; answers at once, works afterwards. `shop`: TM's number, from the address. */
  take(body: Buffer, shop: number | null): void
  /** Since this process began. */
  counts(): HintCounts
}

interface Waiting extends Hint {
  readonly digest: string
  /** From the address. */
  readonly addressed: number | null
}

/** The latest repetition ever seen came 48 minutes late. */
const REMEMBER_MS = 2 * 3600_000
/** Two hours at the cap come to 72,000; a digest takes some hundred bytes. */
const MOST_REMEMBERED = 75_000
/** Bodies held while warehouse or queue store are away; ids only, so a megabyte at most. */
const MOST_WAITING = 5_000
const ROUND = 200
const MINUTE_MS = 60_000

/** One per process. */
export const createHintDesk = (producer: Producer, log: Logger, limits: HintLimits = {}): HintDesk => {
  const { perMinute = 600, urgentPerShop = 30 } = limits
  const counts = Object.fromEntries(HINT_OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    HintOutcome,
    number
  >
  const seen = createSeen()
  const window = createWindow(perMinute)
  const urgent = new RateLimiterMemory({ keyPrefix: 'hint', points: urgentPerShop, duration: 60 })
  const waiting: Waiting[] = []
  let serving = false

  const count = (outcome: HintOutcome, hint: Pick<Hint, 'kind' | 'ro'> | null = null): void => {
    counts[outcome] += 1
    // What is dropped comes in thousands: its first of a minute is told, by the window.
    if (outcome !== 'dropped' && outcome !== 'duplicate')
      log.info(
        { event: 'webhook.hint', outcome, kind: hint?.kind ?? null, ro: hint?.ro ?? null },
        'a hint of TM',
      )
  }
  const drop = (isFirst: boolean): void => {
    count('dropped')
    if (isFirst)
      log.warn(
        { event: 'webhook.flood', perMinute },
        'more hints than are taken; discovery finds what they say',
      )
  }
  const settle = (hint: Waiting, outcome: HintOutcome): void => {
    // Sent again, it gets another chance.
    if (outcome === 'failed') seen.forget(hint.digest)
    count(outcome, hint)
  }
  const serveAll = async (): Promise<void> => {
    serving = true
    await nextTurn() // The answer goes out first.
    while (waiting.length > 0) {
      const round = waiting.splice(0, ROUND)
      await serve({ producer, urgent, settle }, round).catch((err: unknown) => {
        log.warn({ event: 'webhook.away', err, hints: round.length }, 'hints could not be passed on')
        for (const hint of round) settle(hint, 'failed')
      })
    }
    serving = false
  }
  return {
    take: (body, shop) => {
      const digest = createHash('sha256').update(body).digest('base64url')
      if (seen.has(digest)) return count('duplicate')
      const room = window.take()
      if (!room.ok || waiting.length >= MOST_WAITING) return drop(room.isFirst)
      seen.add(digest)
      const hint = parse(body)
      if (hint === null) return count('unreadable')
      if (hint.ro === null && hint.roNumber === null) return count('no-repair-order', hint)
      waiting.push({ ...hint, digest, addressed: shop })
      if (!serving) void serveAll()
    },
    counts: () => ({ ...counts }),
  }
}

const parse = (body: Buffer): Hint | null => {
  try {
    return readHint(JSON.parse(body.toString('utf8')))
  } catch {
    return null
  }
}

/** Digests of the last two hours, oldest first. */
const createSeen = () => {
  const until = new Map<string, number>()
  return {
    has: (digest: string): boolean => (until.get(digest) ?? 0) > Date.now(),
    add: (digest: string): void => {
      const now = Date.now()
      for (const [oldest, end] of until) {
        if (end > now && until.size < MOST_REMEMBERED) break
        until.delete(oldest)
      }
      until.delete(digest)
      until.set(digest, now + REMEMBER_MS)
    },
    forget: (digest: string): void => void until.delete(digest),
  }
}

/** Counts what comes in a minute; `isFirst`: the first that is too many. */
const createWindow = (most: number) => {
  let startedAt = 0
  let taken = 0
  return {
    take: (): { ok: boolean; isFirst: boolean } => {
      const now = performance.now()
      if (startedAt === 0 || now - startedAt >= MINUTE_MS) {
        startedAt = now
        taken = 0
      }
      taken += 1
      return { ok: taken <= most, isFirst: taken === most + 1 }
    },
  }
}

interface Serving {
  readonly producer: Producer
  readonly urgent: RateLimiterMemory
  readonly settle: (hint: Waiting, outcome: HintOutcome) => void
}

/** Finds shop and RO of each, then asks for all of them at once. */
const serve = async ({ producer, urgent, settle }: Serving, round: readonly Waiting[]): Promise<void> => {
  const { services, queueJobs } = producer
  const synced = await services.shops.list()
  const shopOf = await placing(producer, round, new Set(synced.map(({ tmId }) => tmId)))
  const wanted = new Map<string, { shop: number; ro: number; hints: Waiting[] }>()
  const homeless: Waiting[] = []
  const unwanted: Waiting[] = []
  for (const hint of round) {
    const shop = shopOf(hint)
    const found = synced.find(({ tmId }) => tmId === shop)
    // Asked for all the same it would end with nothing done, and with it what a person asks for while it waits.
    if (found !== undefined && !partIsOn(found, 'webhook')) {
      unwanted.push(hint)
      continue
    }
    const ro = found === undefined ? null : (hint.ro ?? (await roOf(producer, found.id, hint.roNumber)))
    if (shop === null || ro === null) {
      homeless.push(hint)
      continue
    }
    const key = `${shop}.${ro}`
    const same = wanted.get(key) ?? { shop, ro, hints: [] }
    same.hints.push(hint)
    wanted.set(key, same)
  }
  const payloads = await Promise.all(
    [...wanted.values()].map(async ({ shop, ro }) => ({
      shop,
      ro,
      lane: await laneOf(urgent, shop),
      reason: 'webhook' as const,
    })),
  )
  if (payloads.length > 0) await queueJobs.requestMany(syncRepairOrder, payloads)
  // Last, since a round that fails is settled as a whole.
  for (const { hints } of wanted.values()) for (const hint of hints) settle(hint, 'queued')
  for (const hint of homeless) settle(hint, 'no-shop')
  for (const hint of unwanted) settle(hint, 'switched-off')
}

/** Few hints are as urgent as a person's request; a storm of one shop stands with what discovery would find anyway. */
const laneOf = (urgent: RateLimiterMemory, shop: number): Promise<'interactive' | 'incremental'> =>
  urgent.consume(String(shop)).then(
    () => 'interactive' as const,
    () => 'incremental' as const,
  )

/** The shop that the data name; else that of the stored RO; else that of the address; else the only one. Synced ones alone. */
const placing = async (
  { services }: Producer,
  round: readonly Waiting[],
  synced: ReadonlySet<number>,
): Promise<(hint: Waiting) => number | null> => {
  const named = ({ shop }: Waiting) => shop !== null && synced.has(shop)
  const unplaced = round.flatMap((hint) => (named(hint) || hint.ro === null ? [] : [hint.ro]))
  const stored =
    unplaced.length === 0 ? new Map() : await services.warehouse.repairOrders.shopsOf({ ros: unplaced })
  const [first] = synced
  const only = synced.size === 1 ? first : null
  return (hint) => {
    if (named(hint)) return hint.shop
    // A shop that is not synced here, named plainly: its RO is not looked for elsewhere.
    if (hint.shop !== null) return null
    const shop = (hint.ro === null ? null : stored.get(hint.ro)) ?? hint.addressed ?? only ?? null
    return shop !== null && synced.has(shop) ? shop : null
  }
}

/** By the number people say, for a hint without an id: only what the warehouse knows. */
const roOf = async (
  { services }: Producer,
  shopId: string,
  roNumber: number | null,
): Promise<number | null> => {
  if (roNumber === null) return null
  const found = await services.warehouse.repairOrders.find({ shopId, numberOrTmId: roNumber })
  return found?.roNumber === roNumber ? found.tmId : null
}
