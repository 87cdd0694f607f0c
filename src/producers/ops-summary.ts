// What an operator asks first: the state of the warehouse, what waits, the queues, what failed, and what a person should do.
import { countFailed } from './failed-queue-jobs.ts'
import type { Producer } from './producer.ts'

const readAll = async ({ services, queueJobs }: Producer) => {
  const [warehouse, backlog, failed, counts, pauses] = await Promise.all([
    services.warehouse.operations.summary(),
    services.warehouse.operations.backlog({}),
    countFailed(queueJobs),
    Promise.all(queueJobs.all().map(async (queue) => [queue.name, await queue.getJobCounts()] as const)),
    services.warehouse.schedules.pauses(),
  ])
  const paused_schedules = pauses.map(({ schedule, pausedAt }) => ({ schedule, since: pausedAt }))
  return {
    ...warehouse,
    backlog,
    failed_by_class: failed,
    paused_schedules,
    queues: Object.fromEntries(counts),
  }
}

export const opsSummary = async (producer: Producer) => {
  const summary = await readAll(producer)
  return { ...summary, todos: todosOf(summary) }
}

/** G6: what is marked is done within two minutes. */
const MARK_LIMIT_MS = 120_000

/** What a person should do, as far as the system knows, most urgent first. */
const todosOf = (summary: Awaited<ReturnType<typeof readAll>>): string[] => {
  const todos: string[] = []
  const { oldest_mark_at: oldest } = summary
  if (!summary.rls_everywhere) todos.push('A table has no row-level security: run warehouse migrate.')
  for (const { shop_tm_id, reason } of summary.paused_shops)
    todos.push(
      `Shop ${shop_tm_id} is paused (${reason ?? 'no reason kept'}): warehouse tokens set --shop ${shop_tm_id}`,
    )
  for (const { schedule, since } of summary.paused_schedules)
    todos.push(`Schedule ${schedule} is paused since ${since}: warehouse schedules resume ${schedule}`)
  if (oldest !== null && Date.now() - Date.parse(oldest) > MARK_LIMIT_MS)
    todos.push(`Work marked at ${oldest} is not done: is a worker running, and a scheduler?`)
  for (const { shop_tm_id, repair_orders } of summary.deletions_held)
    todos.push(
      `${repair_orders} deletions of shop ${shop_tm_id} wait for a person: warehouse deletions list --shop ${shop_tm_id}`,
    )
  if (summary.quarantine.repair_orders > 0)
    todos.push(`${summary.quarantine.repair_orders} ROs are in quarantine: warehouse failed list`)
  const failed = Object.values(summary.failed_by_class).reduce((sum, count) => sum + count, 0)
  if (failed > 0) todos.push(`${failed} queue jobs have failed: warehouse failed list`)
  if (summary.field_drift.length > 0)
    todos.push(`${summary.field_drift.length} fields of Tekmetric have changed: warehouse drift list`)
  return todos
}
