// What happens in the warehouse, told to everybody who listens: one question a second for all listeners of this process, none
// when nobody listens. It reads the warehouse, not the queues, so every process tells what all workers did, on any store.
import type { Logger } from '../../../core/logger.ts'
import type { WarehouseEvent } from '../../../core/warehouse/api-requests.ts'
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
/** Events of one question; a burst beyond it comes with the next one. */
const PAGE = 1_000

const keyOf = ({ event, shop_id, at, data }: WarehouseEvent): string =>
  `${event} ${shop_id} ${at} ${JSON.stringify(data)}`

/** One per process. */
export const createEventFeed = ({ warehouse, log, everyMs }: EventFeedOptions): EventFeed => {
  const listeners = new Set<Listener>()
  /** Told already, with the moment of each: forgotten when it falls behind the look back. */
  const told = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let after: string | null = null

  const look = async (): Promise<void> => {
    const from = after ?? new Date().toISOString()
    const { now, events } = await warehouse.apiRequests.events({ after: from, limit: PAGE })
    for (const event of events) {
      const key = keyOf(event)
      if (told.has(key)) continue
      told.set(key, Date.parse(event.at))
      for (const listener of listeners) listener(event)
    }
    // A full page may have left some out: go on behind its last.
    const last = events.length >= PAGE ? events.at(-1)?.at : undefined
    const next = last === undefined ? Date.parse(now) - LOOK_BACK_MS : Date.parse(last) - 1
    after = new Date(Math.max(next, Date.parse(from))).toISOString()
    for (const [key, at] of told) if (at < next - LOOK_BACK_MS) told.delete(key)
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
    told.clear()
  }
  return {
    listen: (listener) => {
      listeners.add(listener)
      timer ??= setTimeout(() => void run(), 0)
      return () => void listeners.delete(listener)
    },
    close: () => {
      listeners.clear()
      stop()
    },
  }
}
