// The audit log: every act of an operator, done or refused. Acts are collected for a moment and written in one call, so that
// the log does not slow down what it records; each is a log line at once, which is what remains when a process is killed
// within that moment. What the warehouse does not take is kept and tried again, up to a bound. Of what a caller is refused
// with 429, one act a minute is recorded: the limit of requests bounds the table as well.
import type { Response } from 'express'
import type { Logger } from '../../../core/logger.ts'
import type { Warehouse } from '../../../core/warehouse/warehouse.ts'
import { CALLER_LEFT, type Act } from '../../../core/warehouse/api-requests.ts'
import { createRecent } from '../recent.ts'

export interface Audit {
  record(act: Act, log: Logger): void
  /** Writes what is left. */
  close(): Promise<void>
}

const COLLECT_MS = 250
const TRY_AGAIN_MS = 5_000
const BATCH = 500
/** Minutes of a busy installation; what is beyond stands in the log lines only. */
const MOST_KEPT = 20_000
const MINUTE_MS = 60_000

/** How a request ended, for its act: asked when the connection has closed. */
export const statusOf = (res: Response): number => (res.headersSent ? res.statusCode : CALLER_LEFT)

export const createAudit = (warehouse: Pick<Warehouse, 'apiRequests'>, log: Logger): Audit => {
  let kept: Act[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  const isOneTooMany = createRefusals()

  const write = async (): Promise<void> => {
    timer = undefined
    while (kept.length > 0) {
      const batch = kept.slice(0, BATCH)
      try {
        await warehouse.apiRequests.recordActs(batch)
      } catch (err) {
        log.warn({ event: 'audit.away', err, kept: kept.length }, 'the audit log cannot be written just now')
        schedule(TRY_AGAIN_MS)
        return
      }
      kept = kept.slice(batch.length)
    }
  }
  const schedule = (ms: number): void => {
    timer ??= setTimeout(() => {
      writing = write()
    }, ms).unref()
  }
  return {
    record: (act, line) => {
      const { actorKind, actorId, act: what, target, status } = act
      line.info({ event: 'operator.act', by: `${actorKind}:${actorId}`, act: what, target, status }, 'an act')
      if (kept.length >= MOST_KEPT || isOneTooMany(act)) return
      kept.push(act)
      schedule(COLLECT_MS)
    },
    close: async () => {
      clearTimeout(timer)
      await writing
      clearTimeout(timer)
      await write()
      clearTimeout(timer)
    },
  }
}

/** Tells of each caller's refusals with 429 all but the first of a minute. */
const createRefusals = () => {
  const told = createRecent({ ms: MINUTE_MS, most: MOST_KEPT })
  return ({ status, actorKind, actorId }: Act): boolean => {
    if (status !== 429) return false
    const caller = `${actorKind}:${actorId}`
    const isTold = told.has(caller)
    if (!isTold) told.add(caller)
    return isTold
  }
}
