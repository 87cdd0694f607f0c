// What an operator asks first: the state of the warehouse, what waits, the queues, what failed, and what a person should do.
import { QUEUE_NAMES } from '../core/queues.ts'
import { canaryLimitSeconds } from '../core/readiness.ts'
import { CLASSES_OF_NEWEST, countFailed } from './failed-queue-jobs.ts'
import type { Producer } from './producer.ts'

const readAll = async ({ services, queueJobs }: Producer) => {
  const { operations } = services.warehouse
  const [warehouse, backlog, gauges, canaries, byClass, counts, pauses] = await Promise.all([
    operations.summary(),
    operations.backlog({}),
    operations.gauges(),
    operations.canaryAges(),
    countFailed(queueJobs),
    Promise.all(queueJobs.all().map(async (queue) => [queue.name, await queue.getJobCounts()] as const)),
    services.warehouse.schedules.pauses(),
  ])
  const paused_schedules = pauses.map(({ schedule, pausedAt }) => ({ schedule, since: pausedAt }))
  return {
    ...warehouse,
    backlog,
    /** Age of the oldest mark of each kind, in seconds; null when there is none. */
    oldest_mark_seconds: gauges.oldestSeconds,
    /** Since a canary last came through each queue, in seconds. */
    canary_seconds: canaries,
    /** Failed queue jobs of all queues. */
    failed: counts.reduce((sum, [, { failed = 0 }]) => sum + failed, 0),
    failed_by_class: byClass,
    failed_by_class_of_newest: CLASSES_OF_NEWEST,
    paused_schedules,
    queues: Object.fromEntries(counts),
  }
}

export const opsSummary = async (producer: Producer) => {
  const summary = await readAll(producer)
  return { ...summary, todos: todosOf(summary) }
}

export type OpsSummary = Awaited<ReturnType<typeof opsSummary>>

/** G6: what is marked is done within two minutes. ROs that wait for Tekmetric's budget may take longer. */
const MARK_LIMIT_SECONDS = 120
const PROMPT_MARKS = ['stale_ros', 'dirty_days'] as const

/** What a person should do, as far as the system knows, most urgent first. */
const todosOf = (summary: Awaited<ReturnType<typeof readAll>>): string[] => {
  const todos: string[] = []
  if (!summary.rls_everywhere) todos.push('A table has no row-level security: run warehouse migrate.')
  for (const { shop_tm_id, reason } of summary.paused_shops)
    todos.push(
      `Shop ${shop_tm_id} is paused (${reason ?? 'no reason kept'}): warehouse tokens set --shop ${shop_tm_id}`,
    )
  for (const { schedule, since } of summary.paused_schedules)
    todos.push(`Schedule ${schedule} is paused since ${since}: warehouse schedules resume ${schedule}`)
  const silent = QUEUE_NAMES.filter(
    (queue) => (summary.canary_seconds[queue] ?? Infinity) > canaryLimitSeconds(queue),
  )
  if (silent.length > 0)
    todos.push(
      `Nobody works on ${silent.join(', ')}: is a worker running, and a scheduler? Is the queue paused?`,
    )
  const oldest = Math.max(...PROMPT_MARKS.map((kind) => summary.oldest_mark_seconds[kind] ?? 0))
  if (oldest > MARK_LIMIT_SECONDS)
    todos.push(`Numbers are behind: something marked ${Math.round(oldest)} s ago is not done.`)
  for (const { shop_tm_id, repair_orders } of summary.deletions_held)
    todos.push(
      `${repair_orders} deletions of shop ${shop_tm_id} wait for a person: warehouse deletions list --shop ${shop_tm_id}`,
    )
  if (summary.quarantine.repair_orders > 0)
    todos.push(`${summary.quarantine.repair_orders} ROs are in quarantine: warehouse failed list`)
  if (summary.failed > 0) todos.push(`${summary.failed} queue jobs have failed: warehouse failed list`)
  if (summary.field_drift.length > 0)
    todos.push(`${summary.field_drift.length} fields of Tekmetric have changed: warehouse drift list`)
  return todos
}
