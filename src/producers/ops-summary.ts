// What an operator asks first: the state of the warehouse, what waits, and the queues.
import type { Producer } from './producer.ts'

export const opsSummary = async ({ services, queueJobs }: Producer) => {
  const [warehouse, backlog, counts] = await Promise.all([
    services.warehouse.operations.summary(),
    services.warehouse.operations.backlog({}),
    Promise.all(queueJobs.all().map(async (queue) => [queue.name, await queue.getJobCounts()] as const)),
  ])
  return { ...warehouse, backlog, queues: Object.fromEntries(counts) }
}
