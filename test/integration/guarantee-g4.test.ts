// G4: an unchanged RO writes no business row and triggers no snapshot and no metric work.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { changedRows, writtenRows } from '../support/pipeline-rows.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 40 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 8 } })
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 10 })
    await pipeline.quiet()
  })
  afterAll(() => pipeline.close())

  /** What ran since `from`, by name. */
  const ran = (from: number, name: string) =>
    pipeline.finished.slice(from).filter((job) => job.name === name && job.outcome === 'done')
  const syncAgain = async (ros: readonly number[]) => {
    for (const ro of ros) await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
  }

  test('reading every RO again writes no business row and triggers no snapshot and no metric work', async () => {
    const stored = await pipeline.query<{ ro: string }>('select tm_id as ro from repair_orders')
    const before = await writtenRows(pipeline)
    const from = pipeline.finished.length
    await syncAgain(stored.map(({ ro }) => Number(ro)))
    const reads = ran(from, 'sync-repair-order')
    expect(reads.map(({ summary }) => summary['outcome'])).toEqual(stored.map(() => 'unchanged'))
    expect([...ran(from, 'build-snapshot'), ...ran(from, 'rebuild-day')]).toEqual([])
    expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
  })

  test('a posted-window sweep that forces every read writes no business row either', async () => {
    const before = await writtenRows(pipeline)
    const from = pipeline.finished.length
    const run = await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 10 })
    await pipeline.quiet()
    expect(run.unchanged).toBeGreaterThan(0)
    expect(run.created + run.updated + run.deleted + run.stale + run.failed).toBe(0)
    expect([...ran(from, 'build-snapshot'), ...ran(from, 'rebuild-day')]).toEqual([])
    expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
  })

  test('a change that no metric depends on is stored and triggers no snapshot and no metric work', async () => {
    const posted = pipeline.simulator.truth().repairOrders.find(({ statusId }) => statusId === 5)
    const ro = posted?.id ?? 0
    const from = pipeline.finished.length
    pipeline.simulator.edit.update(ro, (order) => void (order.notes = 'Call before noon'))
    await syncAgain([ro])
    expect(ran(from, 'sync-repair-order').map(({ summary }) => summary['outcome'])).toEqual(['updated'])
    expect([...ran(from, 'build-snapshot'), ...ran(from, 'rebuild-day')]).toEqual([])
    expect(report(await pipeline.compare())).toBe('')
  })
})
