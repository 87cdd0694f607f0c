// BullMQ's own Prometheus export of how many queue jobs are in which state, of all queues as one metric.
import type { Queue } from 'bullmq'

const NAME = 'bullmq_job_count'

/** BullMQ exports queue by queue; a metric may be introduced only once in a text. Its two counters need bookkeeping that we leave off. */
export const bullmqJobCounts = async (queues: readonly Queue[]): Promise<string> => {
  const texts = await Promise.all(queues.map((queue) => queue.exportPrometheusMetrics()))
  const lines = texts.flatMap((text) => text.split('\n'))
  const introduction = new Set(lines.filter((line) => line.startsWith('#') && line.includes(` ${NAME} `)))
  const samples = lines.filter((line) => line.startsWith(`${NAME}{`))
  return [...introduction, ...samples, ''].join('\n')
}
