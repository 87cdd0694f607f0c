// The queue stores of this run. A suite that must hold on both is written once and run for each of these.
import { inject } from 'vitest'

export interface TestQueueStore {
  readonly kind: 'postgres' | 'redis'
  readonly url: string
}

/** Postgres always; Redis where the machine has one. */
export const queueStores = (): readonly TestQueueStore[] => {
  const { queueUrl, redisUrl } = inject('testServers')
  const postgres: TestQueueStore = { kind: 'postgres', url: queueUrl }
  return redisUrl === null ? [postgres] : [postgres, { kind: 'redis', url: redisUrl }]
}
