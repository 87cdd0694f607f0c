// G3: an older read never overwrites a newer one. Deduplication is left out on purpose, so that many workers read and
// write one RO at the same time, with answers of TM that arrive late.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const EDITS = 15
const READERS = 6

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 12 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 4 } })
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 6 })
    await pipeline.quiet()
  })
  afterAll(() => pipeline.close())

  /** Reads of one RO that nothing holds apart. */
  const readAtOnce = (ro: number) =>
    pipeline.queueJobs.queue('repair-orders').addBulk(
      Array.from({ length: READERS }, () => ({
        name: 'sync-repair-order',
        data: { shop: SHOP, ro, lane: 'interactive', reason: 'requested' },
        opts: { attempts: 6, priority: 1, backoff: { type: 'fixed', delay: 50 } },
      })),
    )

  test('an older read never overwrites a newer one, whatever the interleaving of workers', async () => {
    const target = pipeline.simulator
      .truth()
      .repairOrders.find(({ statusId, jobs }) => statusId === 5 && jobs.some(({ parts }) => parts.length > 0))
    if (target === undefined) throw new Error('no posted RO with parts in this world')
    const ro = target.id
    for (const route of ['header', 'estimate', 'profit'])
      for (const [ms, probability] of [
        [250, 0.25],
        [60, 0.4],
      ] as const)
        pipeline.simulator.faults.add({ route, ro, kind: 'slow', ms, probability })

    const seen: bigint[] = []
    let watching = true
    const watch = async (): Promise<void> => {
      while (watching) {
        const rows = await pipeline.query<{ at: string }>(
          `select (extract(epoch from updated_date) * 1000)::bigint as at from repair_orders where tm_id = $1`,
          [ro],
        )
        seen.push(...rows.map(({ at }) => BigInt(at)))
      }
    }
    const watcher = watch()
    let last = ''
    for (let edit = 1; edit <= EDITS; edit += 1) {
      const set = { retail: 2_000 + edit, quantity: edit % 3 === 0 ? 1.25 : 1 }
      last = pipeline.simulator.edit.editLine(ro, { kind: 'parts', set }).updatedDate
      await readAtOnce(ro)
      const arrived = seen.length
      await expect.poll(() => seen.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(arrived + 2)
    }
    await pipeline.quiet()
    watching = false
    await watcher

    expect(seen.every((at, i) => i === 0 || at >= (seen[i - 1] ?? 0n))).toBe(true)
    expect(seen.at(-1)).toBe(BigInt(Date.parse(last)))
    expect(new Set(seen).size).toBeGreaterThan(2)
    const stale = pipeline.finished.filter(({ summary }) => summary['outcome'] === 'stale')
    expect(stale.length, 'reads that came too late').toBeGreaterThan(0)
    expect(report(await pipeline.compare())).toBe('')
  })
})
