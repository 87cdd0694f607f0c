// The queue store: does it answer, would it keep queue jobs, is its clock right?
import type { QueueStore, QueueStoreFacts } from '../../core/queue-store.ts'
import { withinTime } from '../../core/time-limit.ts'
import { clockFinding, fail, looked, ok, warn, type Finding } from './finding.ts'

const ANSWER_MS = 5_000
const CHECK = 'queue store'

export const lookAtQueueStore = (store: Pick<QueueStore, 'facts'>): Promise<readonly Finding[]> =>
  looked(CHECK, 'start it, or correct REDIS_URL', async () => {
    const askedAt = Date.now()
    const facts = await withinTime(store.facts(), ANSWER_MS, 'the queue store')
    const answeredAt = Date.now()
    return [
      ok(CHECK, `${facts.product} ${facts.version} answers in ${answeredAt - askedAt} ms`),
      clockFinding('its clock', { askedAt, answeredAt, serverTime: facts.now.getTime() }),
      ...keeping(facts),
    ]
  })

/** Only Redis may forget. */
const keeping = ({ product, eviction, appendOnly }: QueueStoreFacts): Finding[] => {
  if (product !== 'Redis') return []
  return [
    eviction === null
      ? warn('eviction', 'this Redis does not tell its maxmemory-policy', 'make sure that it is noeviction')
      : eviction === 'noeviction'
        ? ok('eviction', 'noeviction')
        : fail('eviction', `maxmemory-policy ${eviction} drops queue jobs`, 'set it to noeviction'),
    appendOnly === null
      ? warn(
          'persistence',
          'this Redis does not tell whether it writes to disk',
          'make sure that it keeps an AOF',
        )
      : appendOnly
        ? ok('persistence', 'append-only file')
        : warn(
            'persistence',
            'a restart of Redis forgets the queues; the sweep then asks again for what is marked',
            'switch appendonly on',
          ),
  ]
}
