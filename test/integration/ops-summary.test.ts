// The summary: what a person should do comes first, from what the warehouse, the queues and the canaries say.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ago, printOpsSummary } from '../../src/cli/ops-summary-view.ts'
import { opsSummary } from '../../src/producers/ops-summary.ts'
import { canary } from '../../src/workers/jobs/canary.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
let pipeline: Pipeline

beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  pipeline = await startPipeline({ store, simulator: { shops: [{ tmId: SHOP, repairOrders: 10 }], days: 4 } })
  await pipeline.queueJobs.request(canary, {})
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 6 })
  await pipeline.quiet()
})
afterAll(() => pipeline.close())

/** What the command prints. */
const printed = async (): Promise<string> => {
  const summary = await opsSummary(pipeline)
  const lines: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (text: string | Uint8Array) => lines.push(String(text)) > 0
  try {
    const installed = { version: '1.2.3', commit: null, serviceKeyInUse: true, requestsPerMinute: 150 }
    printOpsSummary(summary, installed)
  } finally {
    process.stdout.write = write
  }
  return lines.join('')
}

test('of a healthy installation there is nothing to do, and everything is told', async () => {
  const text = await printed()
  const titles = ['To do', 'Waits and fails', 'Queues', 'Last runs', 'Newest days (authorized)', 'Rows']
  const places = titles.map((title) => text.indexOf(`\n${title}\n`))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places[0]).toBeGreaterThan(0)
  expect(text).toMatch(/To do\n {2}nothing\n/)
  expect(text).toMatch(/service key {4}in use\nrow security {3}on every table\n/)
  expect(text).toMatch(/repair-orders +cli +finished +\d+/)
  expect(text).toMatch(/\nrepair_orders +\d+\n/)
  expect(text).not.toMatch(/[{}]|undefined|NaN/)
})

test('what a person should do is said with the command that does it', async () => {
  await pipeline.query(
    `update canary_passes set passed_at = now() - interval '1 hour' where queue = 'metrics'`,
  )
  await pipeline.query(`update shops set paused_at = now(), pause_reason = 'refused'`)
  await pipeline.query(`insert into dirty_days (shop_id, metric_date, marked_at)
                        select id, '2026-03-04', now() - interval '10 minutes' from shops`)
  await pipeline.query(`insert into ro_quarantine (shop_id, ro_tm_id, fetched_at, reason, cause)
                        select id, 1, now(), 'UPSTREAM_CHANGED: x', '{}' from shops`)
  const { todos } = await opsSummary(pipeline)
  expect(todos).toEqual([
    `Shop ${SHOP} is paused (refused): warehouse tokens set --shop ${SHOP}`,
    'Nobody works on metrics: is a worker running, and a scheduler? Is the queue paused?',
    expect.stringMatching(/^Numbers are behind: something marked 60\d s ago is not done\.$/),
    '1 ROs are in quarantine: warehouse failed list',
  ])
  expect(await printed()).toMatch(/dirty days 1; the oldest for 10 min/)
})

test('all that failed is counted, and its classes are told as those of the newest', async () => {
  const queue = pipeline.queueJobs.queue('snapshots')
  await queue.addBulk(
    Array.from({ length: 505 }, () => ({ name: 'fold-laundry', data: {}, opts: { attempts: 1 } })),
  )
  await expect.poll(() => queue.getFailedCount(), { timeout: 30_000 }).toBe(505)
  const { failed, failed_by_class, todos } = await opsSummary(pipeline)
  expect([failed, Object.values(failed_by_class)]).toEqual([505, [500]])
  expect(todos).toContain('505 queue jobs have failed: warehouse failed list')
  expect(await printed()).toMatch(/failed jobs {2}505; of the newest 500 of each queue: \w+ 500\n/)
})

test('times are told as a person tells them', () => {
  expect([4.4, 119, 600, 7_300, 200_000].map(ago)).toEqual(['4 s', '119 s', '10 min', '2 h', '2 d'])
})
