// When things start by themselves: a table of schedules, applied as BullMQ job schedulers at start.
// Schedulers that are no longer in the table are removed, so that a release can drop or rename one.
import type { Config } from '../core/config.ts'
import { optionsOf, parsePayload, type QueueJobs } from '../core/enqueue.ts'
import type { Logger } from '../core/logger.ts'
import type { AnyQueueJob } from '../core/queue-job.ts'
import { QUEUE_NAMES } from '../core/queues.ts'
import type { QueueStore } from '../core/queue-store.ts'
import { oneAtATime } from '../core/time-limit.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import { canary } from '../workers/jobs/canary.ts'
import { checkCredentials } from '../workers/jobs/check-credentials.ts'
import { discoverRepairOrders } from '../workers/jobs/discover-repair-orders.ts'
import { purgeExpired } from '../workers/jobs/purge-expired.ts'
import { reconcileDay } from '../workers/jobs/reconcile-day.ts'
import { sweepDirty } from '../workers/jobs/sweep-dirty.ts'
import { syncCustomers } from '../workers/jobs/sync-customers.ts'
import { syncEmployees } from '../workers/jobs/sync-employees.ts'
import { syncVehicles } from '../workers/jobs/sync-vehicles.ts'

export interface Schedule {
  /** Stable: the same id is updated, a missing one is removed. */
  readonly id: string
  readonly job: AnyQueueJob
  readonly payload: unknown
  readonly when:
    | { readonly every: number; readonly offset: number }
    | { readonly cron: string; readonly timezone: string }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The table. @param sync `SYNC_ENABLED` and intervals; a switched-off sync leaves only the upkeep */
export const schedulesOf = (shops: readonly Shop[], sync: Config['sync']): Schedule[] => {
  const syncing = sync.enabled ? shops.filter((shop) => shop.syncEnabled) : []
  return [
    ...syncing.flatMap((shop, index) => shopSchedules(shop, { index, count: syncing.length, sync })),
    { id: 'sweep-dirty', job: sweepDirty, payload: {}, when: { every: MINUTE, offset: 0 } },
    { id: 'canary', job: canary, payload: {}, when: { every: MINUTE, offset: 45_000 } },
    { id: 'check-credentials', job: checkCredentials, payload: {}, when: { every: MINUTE, offset: 30_000 } },
    { id: 'purge-expired', job: purgeExpired, payload: {}, when: { cron: '0 3 * * *', timezone: 'UTC' } },
  ]
}

/** Id of the schedule that lists a shop's boards. */
export const boardScheduleOf = (shopTmId: number): string => `discover-board.${shopTmId}`

/** TM's number of the shop a schedule is for, with which its id ends; null when it is for all shops. */
export const shopOfSchedule = (id: string): number | null => {
  const number = /\.(\d+)$/.exec(id)?.[1]
  return number === undefined ? null : Number(number)
}

/** How many schedules the store holds: fewer than it should when it came back empty. */
const stored = async ({ queueJobs }: Pick<ApplySchedulesOptions, 'queueJobs'>): Promise<number> => {
  const counts = await Promise.all(QUEUE_NAMES.map((name) => queueJobs.queue(name).getJobSchedulersCount()))
  return counts.reduce((sum, count) => sum + count, 0)
}

interface Place {
  readonly index: number
  readonly count: number
  readonly sync: Config['sync']
}

const shopSchedules = ({ tmId, timezone }: Shop, { index, count, sync }: Place): Schedule[] => {
  const every = sync.intervalMinutes * MINUTE
  const sweep = (daysBack: number) => ({
    shop: tmId,
    source: 'sweep',
    daysBack,
    lane: 'repair',
    trigger: 'schedule',
  })
  return [
    {
      id: boardScheduleOf(tmId),
      job: discoverRepairOrders,
      payload: { shop: tmId, source: 'board', board: 'ALL', lane: 'incremental', trigger: 'schedule' },
      // Shops are spread over the interval so that they do not all list at the same moment.
      when: { every, offset: Math.floor((every / Math.max(1, count)) * index) },
    },
    {
      id: `discover-report.${tmId}`,
      job: discoverRepairOrders,
      payload: { shop: tmId, source: 'report', daysBack: 45, lane: 'repair', trigger: 'schedule' },
      // A page shows the figures of a hundred posted ROs: edits that move no date of the RO are found within the hour.
      when: { every: HOUR, offset: Math.floor((HOUR / Math.max(1, count)) * index) },
    },
    {
      id: `sweep-week.${tmId}`,
      job: discoverRepairOrders,
      payload: sweep(7),
      when: { cron: '30 4 * * 1-6', timezone },
    },
    {
      id: `sweep-45-days.${tmId}`,
      job: discoverRepairOrders,
      payload: sweep(45),
      when: { cron: '30 4 * * 0', timezone },
    },
    {
      id: `sync-employees.${tmId}`,
      job: syncEmployees,
      payload: { shop: tmId, trigger: 'schedule' },
      when: { cron: `0 ${sync.employeeHour} * * *`, timezone },
    },
    {
      id: `sync-customers.${tmId}`,
      job: syncCustomers,
      payload: { shop: tmId, trigger: 'schedule' },
      when: { cron: '0 5 * * *', timezone },
    },
    {
      id: `sync-vehicles.${tmId}`,
      job: syncVehicles,
      payload: { shop: tmId, trigger: 'schedule' },
      when: { cron: '0 5 * * *', timezone },
    },
    {
      id: `reconcile.${tmId}`,
      job: reconcileDay,
      payload: { shop: tmId, trigger: 'schedule' },
      // After the sweep of 04:30, which reads what TM's nightly batch has touched.
      // The last seven days and older days not proven: three calls for a quiet week of a busy shop (two pages
      // of the report and its count), one or two for each older range, three for each RO that differs.
      when: { cron: '30 5 * * *', timezone },
    },
  ]
}

export interface ApplySchedulesOptions {
  readonly store: QueueStore
  readonly queueJobs: QueueJobs
  readonly schedules: readonly Schedule[]
  readonly log: Logger
}

/** How soon a shop that was added, switched off or moved to another time zone, or a store that lost everything, is seen to. */
const KEEP_UP_MS = 10_000
/** A look that takes longer met a store that was away. */
const SLOW_LOOK_MS = 3_000

export interface KeepSchedulesOptions extends Omit<ApplySchedulesOptions, 'schedules'> {
  /** The table as the shops are now. */
  readonly schedules: () => Promise<readonly Schedule[]>
  /** Whether queue store and warehouse answer now; default: nobody knows. The table may come from a cache. */
  readonly answers?: () => Promise<boolean>
}

/**
 * Applies the schedules and keeps them in line with the shops; an outage is logged and tried again soon after. At the start
 * and when something came back, a canary flies and the sweep runs at once, so that nobody waits for the minute.
 * @returns stops keeping up; the schedules stay in the store
 */
export const keepSchedules = async (options: KeepSchedulesOptions): Promise<() => Promise<void>> => {
  const { queueJobs, log } = options
  let applied = ''
  let troubled = true
  const apply = async (): Promise<void> => {
    const startedAt = performance.now()
    const schedules = await options.schedules()
    const wanted = JSON.stringify(schedules.map(({ id, payload, when }) => ({ id, payload, when })))
    if (wanted !== applied || (await stored(options)) < schedules.length) {
      await applySchedules({ ...options, schedules })
      applied = wanted
      troubled = true
    }
    if (!troubled && performance.now() - startedAt < SLOW_LOOK_MS) return
    await queueJobs.request(canary, {})
    await queueJobs.request(sweepDirty, {})
    troubled = false
  }
  await apply()
  const look = oneAtATime(async () => {
    if (options.answers !== undefined && !(await options.answers())) troubled = true
    else
      await apply().catch((err: unknown) => {
        if (!troubled) log.warn({ event: 'schedules.failed', err }, 'the schedules cannot be kept up to date')
        troubled = true
      })
  })
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = look()
  }, KEEP_UP_MS)
  return async () => {
    clearInterval(timer)
    await running
  }
}

/** Brings BullMQ's job schedulers in line with the table. Safe to run in several processes at once. */
export const applySchedules = async (options: ApplySchedulesOptions): Promise<void> => {
  const { store, schedules, log } = options
  await store.exclusively('schedules', async () => {
    for (const schedule of schedules) await upsertSchedule(options.queueJobs, schedule)
    await removeOthers(options, new Set(schedules.map(({ id }) => id)))
  })
  log.info({ event: 'schedules.applied', schedules: schedules.length }, 'schedules applied')
}

/** Brings one schedule into the store. On Postgres only while no other process does the same: `QueueStore.exclusively`. */
export const upsertSchedule = async (
  queueJobs: QueueJobs,
  { id, job, payload, when }: Schedule,
): Promise<void> => {
  const data = parsePayload(job, payload)
  // A job scheduler cannot carry deduplication or a delay (BullMQ types); overlap is harmless for all of these.
  const { deduplication: _deduplication, delay: _delay, ...opts } = optionsOf(job, data)
  const repeat = 'every' in when ? when : { pattern: when.cron, tz: when.timezone }
  await queueJobs.queue(job.queue).upsertJobScheduler(id, repeat, { name: job.name, data, opts })
}

const removeOthers = async ({ queueJobs }: ApplySchedulesOptions, wanted: ReadonlySet<string>) => {
  for (const name of QUEUE_NAMES) {
    const queue = queueJobs.queue(name)
    for (const { key } of await queue.getJobSchedulers()) {
      if (!wanted.has(key)) await queue.removeJobScheduler(key)
    }
  }
}
