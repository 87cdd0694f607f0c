// What everybody who asks for work needs: the warehouse (where it is planned) and the queues (where it waits).
import type { QueueJobs } from '../core/enqueue.ts'
import type { Services } from '../core/services.ts'

export interface Producer {
  readonly services: Services
  readonly queueJobs: QueueJobs
}

/** Who asks, kept with the run. */
export type Asker = 'cli' | 'api'
