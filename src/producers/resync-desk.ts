// Targeted resyncs, asked for by many at once: what arrives while one round is being served is served in the next, with one
// call to the warehouse and one to the queue for all of it. An RO that waits already is not asked for twice: the caller gets
// the run that waits. Every answer promises the same: the RO is read after the request arrived.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EnqueueResult } from '../core/enqueue.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import { syncRepairOrder } from '../workers/jobs/sync-repair-order.ts'
import type { Asker, Producer } from './producer.ts'

export interface Resync {
  readonly result: EnqueueResult
  /** The run whose only item this RO is. */
  readonly runId: string
}

export interface ResyncWish {
  readonly shop: Pick<Shop, 'id' | 'tmId'>
  /** TM's id. */
  readonly ro: number
}

export interface ResyncDesk {
  request(wish: ResyncWish): Promise<Resync>
}

/** What is known of the newest request for an RO. */
interface Known {
  readonly queueJobId: string
  readonly runId: string
  /** The queue job was active: it ends first, or goes back to wait (no budget left) and then reads for this run itself. */
  readonly follows: boolean
  /** Nobody could lift it further: we added the queue job, or lifted it when it waited. */
  readonly urgent: boolean
  /** When it was asked for, on this process's clock in ms. */
  readonly askedAt: number
}

interface Ticket extends ResyncWish {
  readonly callers: {
    readonly resolve: (resync: Resync) => void
    readonly reject: (error: unknown) => void
  }[]
}

/** ROs per round: some hundred is where one call is as quick as it gets. */
const ROUND = 200
/**
 * How long others are told of the run that follows an active queue job. That one may itself begin to read only after the run
 * was opened, and then it ends the run, with a read that is older than a later request by at most this.
 */
const FOLLOWS_MS = 1_000
/** Far more ROs than people ask for in an hour; what is forgotten only costs a call more. */
const MAX_KNOWN = 5_000

const keyOf = ({ shop, ro }: ResyncWish): string => `${shop.tmId}.${ro}`

/** One per process and asker. */
export const createResyncDesk = (producer: Producer, trigger: Asker): ResyncDesk => {
  const tickets = new Map<string, Ticket>()
  const known = new Map<string, Known>()
  let serving = false

  const remember = (key: string, what: Known): void => {
    known.delete(key)
    known.set(key, what)
    const [oldest] = known.keys()
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
  }
  const serveAll = async (): Promise<void> => {
    serving = true
    await nextTurn() // Whatever arrived in the same moment comes along.
    while (tickets.size > 0) {
      const round = [...tickets].slice(0, ROUND)
      for (const [key] of round) tickets.delete(key)
      const ticketsOfRound = round.map(([, ticket]) => ticket)
      try {
        await serve({ producer, trigger, known, remember }, ticketsOfRound)
      } catch (error) {
        for (const { callers } of ticketsOfRound) for (const { reject } of callers) reject(error)
      }
    }
    serving = false
  }
  return {
    request: (wish) =>
      new Promise((resolve, reject) => {
        const key = keyOf(wish)
        const ticket = tickets.get(key)
        if (ticket === undefined) tickets.set(key, { ...wish, callers: [{ resolve, reject }] })
        else ticket.callers.push({ resolve, reject })
        if (!serving) void serveAll()
      }),
  }
}

interface Desk {
  readonly producer: Producer
  readonly trigger: Asker
  readonly known: ReadonlyMap<string, Known>
  readonly remember: (key: string, what: Known) => void
}

/** The first caller is told what became of the request, the others that it was there already. */
const answer = ({ callers }: Ticket, { result, runId }: Resync): void =>
  callers.forEach(({ resolve }, i) =>
    resolve({ result: i > 0 && result === 'queued' ? 'coalesced' : result, runId }),
  )

const serve = async (desk: Desk, round: readonly Ticket[]): Promise<void> => {
  const left: Ticket[] = []
  const look = await lookAt(desk, round)
  for (const ticket of round) {
    const waiting = stillWaiting(desk, look, ticket)
    if (waiting === null) left.push(ticket)
    else answer(ticket, waiting)
  }
  if (left.length > 0) await askFor(desk, left)
}

/** Ids of queue jobs, as the queue had them after the round's requests had arrived. */
interface Look {
  readonly waiting: ReadonlySet<string>
  readonly active: ReadonlySet<string>
}

const NOTHING_SEEN: Look = { waiting: new Set(), active: new Set() }
/** The front of the line, where interactive requests stand, and what is delayed next. */
const FRONT = 300

/** A look at the queue for a whole round, none when nothing of it is known. What stands further back is asked for again. */
const lookAt = async ({ producer, known }: Desk, round: readonly Ticket[]): Promise<Look> => {
  if (!round.some((ticket) => known.has(keyOf(ticket)))) return NOTHING_SEEN
  const queue = producer.queueJobs.queue(syncRepairOrder.queue)
  const [waiting, active] = await Promise.all([
    queue.getRanges(['prioritized', 'delayed'], 0, FRONT - 1, true),
    queue.getRanges(['active'], 0, -1),
  ])
  return { waiting: new Set(waiting), active: new Set(active) }
}

/**
 * The run of an earlier request, when its read has surely not begun. A queue job that waits now begins after now; what was
 * asked for while it was active is read after it, or by it when it went back to wait.
 */
const stillWaiting = (desk: Desk, { waiting, active }: Look, ticket: Ticket): Resync | null => {
  const key = keyOf(ticket)
  const before = desk.known.get(key)
  if (before === undefined) return null
  const { queueJobId, runId, follows, urgent, askedAt } = before
  if (waiting.has(queueJobId) && urgent) {
    // Once it waits it reads for this run, too: when it is active next, a request needs another one.
    if (follows) desk.remember(key, { ...before, follows: false })
    return { result: 'coalesced', runId }
  }
  const isTheSame = follows && performance.now() - askedAt < FOLLOWS_MS
  return isTheSame && active.has(queueJobId) ? { result: 'queued-after-active', runId } : null
}

/** The runs first (the outbox), then the queue: dying in between, the sweep asks for what is pending. */
const askFor = async (
  { producer, trigger, known, remember }: Desk,
  tickets: readonly Ticket[],
): Promise<void> => {
  const { services, queueJobs } = producer
  const askedAt = performance.now()
  const wishes = tickets.map(({ shop, ro }) => ({ shopId: shop.id, ro }))
  const runIds = await services.warehouse.runs.openResyncs({ wishes, trigger })
  const payloads = tickets.map(({ shop, ro }, i) => ({
    shop: shop.tmId,
    ro,
    lane: 'interactive' as const,
    reason: 'requested' as const,
    run: runIds[i],
  }))
  const made = await queueJobs.requestMany(syncRepairOrder, payloads)
  tickets.forEach((ticket, i) => {
    const { result, id } = made[i] ?? { result: 'queued', id: '' }
    const runId = runIds[i] ?? ''
    const key = keyOf(ticket)
    const before = known.get(key)
    const follows = result === 'queued-after-active'
    const urgent = !follows || (before?.queueJobId === id && before.urgent)
    remember(key, { queueJobId: id, runId, follows, urgent, askedAt })
    answer(ticket, { result, runId })
  })
}
