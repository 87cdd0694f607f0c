// What happens in the warehouse, told to everybody who listens: one question a second for all listeners of this process
// (more while a burst lasts), none when nobody listens. It reads the warehouse, not the queues, so every process tells what
// all workers did, on any store.
import type { Logger } from '../../../core/logger.ts'
import type { EventPlace, WarehouseEvent } from '../../../core/warehouse/api-requests.ts'
import type { Warehouse } from '../../../core/warehouse/warehouse.ts'

export type Listener = (event: WarehouseEvent) => void

export interface EventFeed {
  /** @returns what ends the listening */
  listen(listener: Listener): () => void
  close(): void
}

export interface EventFeedOptions {
  readonly warehouse: Pick<Warehouse, 'apiRequests'>
  readonly log: Logger
  readonly everyMs: number
}

/** A transaction commits after the times it wrote; those of this program take far less than this. */
const LOOK_BACK_MS = 5_000
/** Events of one question; a burst is told in several. */
const PAGE = 1_000

const isProgress = ({ event, data }: WarehouseEvent): boolean =>
  event === 'run' && (data['status'] === 'listing' || data['status'] === 'syncing')

/** Counts are those of now, whichever item they came with: the same counts are the same event. */
const keyOf = (event: WarehouseEvent): string =>
  `${event.event} ${event.shop_id} ${isProgress(event) ? '' : event.at} ${JSON.stringify(event.data)}`

/** What the look back will bring again, with the moment of each. */
const createMemory = () => {
  const told = new Map<string, number>()
  return {
    /**
     * Those of a page that are new.
     * @param again from when on everything will be asked for again
     * @param moved runs whose counts were told in this round
     */
    fresh: (events: readonly WarehouseEvent[], again: number, moved: Set<unknown>) =>
      events.filter((event) => {
        const [key, at, run] = [keyOf(event), Date.parse(event.at), event.data['run_id']]
        const isNew = !told.has(key)
        const moves = isProgress(event)
        if (moves && isNew && moved.has(run)) return false
        if (moves) moved.add(run)
        if (moves || at >= again) told.set(key, at)
        return isNew
      }),
    forget: (before: number) => {
      for (const [key, at] of told) if (at < before) told.delete(key)
    },
  }
}

/** One per process. */
export const createEventFeed = ({ warehouse, log, everyMs }: EventFeedOptions): EventFeed => {
  const listeners = new Set<Listener>()
  const memory = createMemory()
  let timer: NodeJS.Timeout | undefined
  let listensSince = 0
  let after: EventPlace | null = null

  const ask = (place: EventPlace | null) => warehouse.apiRequests.events({ after: place, limit: PAGE })

  /** Where the listening began, by the warehouse's clock: ours may be ahead of it, which would be silence until then. */
  const begin = async (): Promise<EventPlace> => {
    const { now } = await ask(null)
    return { at: new Date(Date.parse(now) - (performance.now() - listensSince)).toISOString() }
  }

  const look = async (): Promise<void> => {
    const from = (after ??= await begin())
    let page = await ask(from)
    const again = Math.max(Date.parse(page.now) - LOOK_BACK_MS, Date.parse(from.at))
    const moved = new Set<unknown>()
    for (;;) {
      const { events, next } = page
      for (const event of memory.fresh(events, again, moved))
        for (const listener of listeners) listener(event)
      // What is older than the look back is told for good: should a later page fail, it goes on from here.
      const isOld = next !== null && Date.parse(next.at) < again
      after = isOld ? next : { at: new Date(again).toISOString() }
      if (next === null || listeners.size === 0) break
      page = await ask(next)
    }
    memory.forget(again)
  }
  const run = async (): Promise<void> => {
    await look().catch((err: unknown) =>
      log.warn({ event: 'events.away', err }, 'the events cannot be read just now'),
    )
    if (listeners.size > 0) timer = setTimeout(() => void run(), everyMs)
    else stop()
  }
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
    after = null
    memory.forget(Infinity)
  }
  return {
    listen: (listener) => {
      listeners.add(listener)
      if (timer === undefined) {
        listensSince = performance.now()
        timer = setTimeout(() => void run(), 0)
      }
      return () => void listeners.delete(listener)
    },
    close: () => {
      listeners.clear()
      stop()
    },
  }
}
