// The schedules as operators see them, and their pauses. A pause stands in the warehouse; the scheduler leaves out what is paused
// (`activeSchedules`), also after a restart and when the queue store comes back empty. Pausing also takes the schedule out of the
// store at once. What it has started before goes on.
import type { JobSchedulerJson } from 'bullmq'
import type { QueueJobs } from '../core/enqueue.ts'
import { UsageError } from '../core/errors.ts'
import { QUEUE_NAMES, type QueueName } from '../core/queues.ts'
import type { QueueStore } from '../core/queue-store.ts'
import type { Warehouse } from '../core/warehouse/warehouse.ts'
import { numberIn } from './payload-fields.ts'
import { upsertSchedule, type Schedule } from './scheduler.ts'

export interface ScheduleDesk {
  list(): Promise<ScheduleState[]>
  /** @returns whether it was not paused before. @throws UsageError for an id that no schedule has */
  pause(schedule: string, by: string): Promise<{ readonly changed: boolean }>
  /** @returns whether it was paused. @throws UsageError for an id that no schedule has */
  resume(schedule: string): Promise<{ readonly changed: boolean }>
}

export interface ScheduleState {
  readonly id: string
  /** Name of the queue job; null when the table no longer has the schedule and only its pause is left. */
  readonly queueJob: string | null
  readonly queue: QueueName | null
  /** TM's shop number; null when it is for all shops. */
  readonly shop: number | null
  /** In words: as the store holds it, else as the settings of this process have it. */
  readonly when: string | null
  /** In words, what those settings say when the store holds something else: another process made it. Else null. */
  readonly settings: string | null
  /** ISO-8601 UTC; null while it is paused, or when no scheduler has brought it into the store. */
  readonly nextAt: string | null
  readonly pause: { readonly at: string; readonly by: string } | null
}

export interface ScheduleDeskOptions {
  readonly store: Pick<QueueStore, 'exclusively'>
  readonly queueJobs: QueueJobs
  readonly warehouse: Pick<Warehouse, 'schedules'>
  /** The table as the shops are now, paused ones included. */
  readonly schedules: () => Promise<readonly Schedule[]>
}

/** What the scheduler keeps: the table without what is paused. */
export const activeSchedules = async ({
  schedules,
  warehouse,
}: Pick<ScheduleDeskOptions, 'schedules' | 'warehouse'>): Promise<Schedule[]> => {
  const [table, pauses] = await Promise.all([schedules(), warehouse.schedules.pauses()])
  const paused = new Set(pauses.map(({ schedule }) => schedule))
  return table.filter(({ id }) => !paused.has(id))
}

export const createScheduleDesk = (options: ScheduleDeskOptions): ScheduleDesk => {
  const { store, queueJobs, warehouse, schedules } = options
  const named = async (id: string): Promise<Schedule | undefined> =>
    (await schedules()).find((schedule) => schedule.id === id)
  return {
    list: () => list(options),
    pause: async (id, by) => {
      const queue = (await named(id))?.job.queue ?? (await storedSchedules(queueJobs)).get(id)?.queue
      if (queue === undefined) throw unknown(id)
      const { changed } = await warehouse.schedules.pause({ schedule: id, by })
      // A scheduler that read the pauses a moment before may bring it back; its next look removes it.
      await store.exclusively('schedules', () => queueJobs.queue(queue).removeJobScheduler(id))
      return { changed }
    },
    resume: async (id) => {
      const schedule = await named(id)
      const { changed } = await warehouse.schedules.resume({ schedule: id })
      // The pause of a schedule that the table has no longer, of a shop that was switched off, may still end.
      if (schedule === undefined && !changed) throw unknown(id)
      if (schedule !== undefined && changed)
        await store.exclusively('schedules', () => upsertSchedule(queueJobs, schedule))
      return { changed }
    },
  }
}

const unknown = (id: string): UsageError =>
  new UsageError(`there is no schedule ${id}; see: warehouse schedules list`)

const list = async ({ queueJobs, warehouse, schedules }: ScheduleDeskOptions): Promise<ScheduleState[]> => {
  const [table, pauses, stored] = await Promise.all([
    schedules(),
    warehouse.schedules.pauses(),
    storedSchedules(queueJobs),
  ])
  const planned = new Map(table.map((schedule) => [schedule.id, plannedOf(schedule)]))
  const paused = new Map(
    pauses.map(({ schedule, pausedAt, pausedBy }) => [schedule, { at: pausedAt, by: pausedBy }]),
  )
  const ids = new Set([...planned.keys(), ...stored.keys(), ...paused.keys()])
  return [...ids].map((id) => {
    const pause = paused.get(id) ?? null
    const here = planned.get(id) ?? GONE
    const held = pause === null ? stored.get(id) : undefined
    const settings = held === undefined || held.when === here.when ? null : (here.when ?? 'never')
    return { id, ...(held ?? here), settings, pause }
  })
}

type Start = Omit<ScheduleState, 'id' | 'settings' | 'pause'>

const GONE: Start = { queueJob: null, queue: null, shop: null, when: null, nextAt: null }

/** As the settings of this process have it. */
const plannedOf = ({ job, payload, when }: Schedule): Start => ({
  queueJob: job.name,
  queue: job.queue,
  shop: numberIn(payload, 'shop'),
  when: inWords(when),
  nextAt: null,
})

type Held = Start & { readonly queue: QueueName }

/** What starts by itself, whoever's settings made it so. */
const storedSchedules = async (queueJobs: QueueJobs): Promise<Map<string, Held>> => {
  const ofQueue = async (queue: QueueName) =>
    (await queueJobs.queue(queue).getJobSchedulers()).map((held) => [held.key, heldOf(queue, held)] as const)
  return new Map((await Promise.all(QUEUE_NAMES.map(ofQueue))).flat())
}

const heldOf = (
  queue: QueueName,
  { name, next, template, every, pattern, tz = 'UTC' }: JobSchedulerJson,
): Held => ({
  queueJob: name,
  queue,
  shop: numberIn(template?.data, 'shop'),
  when: inWords(every === undefined ? { cron: pattern ?? '', timezone: tz } : { every }),
  nextAt: next === undefined ? null : new Date(next).toISOString(),
})

const DAYS: Readonly<Record<string, string>> = { '*': 'daily', '0': 'Sundays', '1-6': 'Mondays to Saturdays' }

/** `every 5 min`, `daily 04:30 America/Chicago`. */
const inWords = (
  when: { readonly every: number } | { readonly cron: string; readonly timezone: string },
): string => {
  if ('every' in when) return `every ${when.every / 60_000} min`
  const [minute = '', hour = '', , , day = ''] = when.cron.split(' ')
  return `${DAYS[day] ?? when.cron} ${hour.padStart(2, '0')}:${minute.padStart(2, '0')} ${when.timezone}`
}
