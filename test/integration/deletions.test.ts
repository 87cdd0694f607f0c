// Deletions through the whole pipeline: at once when TM says so, in two passes when it says nothing, with a brake when
// it suddenly knows nothing any more, and back when it was a mistake.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Difference } from '../support/oracle/compare.ts'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let posted: number[]
  const syncAll = async () => {
    const run = await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 8 })
    await pipeline.quiet()
    return run
  }
  const statusOf = async (ro: number) =>
    (await pipeline.query<{ status: string }>('select status from repair_orders where tm_id = $1', [ro]))[0]
      ?.status
  const countedOf = async (ro: number) =>
    (await pipeline.query('select from ro_snapshots where ro_tm_id = $1 and counted', [ro])).length
  /** Lets the five minutes between two passes go by. */
  const laterOn = () =>
    pipeline.query(
      "update repair_orders set missing_since = missing_since - interval '6 minutes' where missing_since is not null",
    )
  /** The every-minute sweep, and what follows from it. */
  const sweep = async () => {
    await pipeline.queueJobs.request(sweepDirty, {})
    await pipeline.quiet()
  }
  /** All differences but those of ROs that TM has no more. */
  const differences = async (gone: readonly number[]): Promise<Difference[]> => {
    const rows = await pipeline.query<{ number: string }>(
      'select ro_number as number from repair_orders where tm_id = any ($1)',
      [gone],
    )
    const numbers = new Set(rows.map(({ number }) => `RO ${number}`))
    return (await pipeline.compare()).filter(({ where }) => !numbers.has(/RO \d+/.exec(where)?.[0] ?? ''))
  }

  beforeEach(async () => {
    const shop = { tmId: SHOP, repairOrders: 30 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 6 } })
    posted = pipeline.simulator
      .truth()
      .repairOrders.filter(
        ({ statusId, jobs }) => statusId === 5 && jobs.some(({ authorized }) => authorized === true),
      )
      .map(({ id }) => id)
    await syncAll()
  })
  afterEach(() => pipeline.close())

  test('status 7 deletes at once, also when TM has no estimate of a deleted RO any more', async () => {
    const [first = 0, second = 0] = posted
    pipeline.simulator.edit.delete(first)
    pipeline.simulator.edit.delete(second)
    pipeline.simulator.faults.add({ route: 'estimate', ro: second, kind: 'status', status: 404 })
    for (const ro of [first, second]) await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    for (const ro of [first, second]) {
      expect(await statusOf(ro)).toBe('DELETED')
      expect(await countedOf(ro)).toBe(0)
    }
    expect(
      await pipeline.query(
        'select from jobs j join repair_orders r on r.id = j.repair_order_id where r.tm_id = $1',
        [second],
      ),
    ).not.toEqual([])
    expect(await differences([])).toEqual([])
  })

  test('one 404 deletes nothing; the sweep makes the second pass after five minutes, and not before', async () => {
    const [ro = 0] = posted
    pipeline.simulator.edit.forget(ro)
    expect(await syncAll()).toMatchObject({ deleted: 0 })
    await sweep()
    await syncAll()
    expect(await statusOf(ro)).toBe('POSTED')
    expect(await countedOf(ro)).toBe(1)

    await laterOn()
    await sweep()
    expect(await statusOf(ro)).toBe('DELETED')
    expect(await countedOf(ro)).toBe(0)
    expect(await differences([ro])).toEqual([])
  })

  test('a 404 of a moment deletes nothing: the next look finds the RO', async () => {
    const [ro = 0] = posted
    pipeline.simulator.faults.add({ route: 'header', ro, kind: 'status', status: 404, times: 1 })
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    expect(await pipeline.query('select from repair_orders where missing_since is not null')).toHaveLength(1)
    await laterOn()
    await sweep()
    expect(await pipeline.query('select from repair_orders where missing_since is not null')).toEqual([])
    expect(await differences([])).toEqual([])
  })

  test('when TM suddenly knows no RO any more, nothing is deleted, one line alerts, and all is well when it is back', async () => {
    pipeline.simulator.faults.add({ id: 'amnesia', route: 'header', kind: 'status', status: 404 })
    await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 8 })
    await pipeline.quiet()
    await laterOn()
    const run = await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 8 })
    await pipeline.quiet()
    expect(run.deleted).toBe(0)
    expect(run.deletionsHeld).toBeGreaterThan(5)
    expect(pipeline.lines.filter(({ event }) => event === 'deletions.held')).toHaveLength(1)
    expect(await pipeline.query("select from repair_order_deletions where state = 'held'")).toHaveLength(
      run.deletionsHeld,
    )
    await sweep()
    expect(
      await pipeline.query(
        'select from repair_orders where deleted_at is not null and missing_since is not null',
      ),
    ).toEqual([])

    pipeline.simulator.faults.remove('amnesia')
    await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 8 })
    await pipeline.quiet()
    expect(await pipeline.query("select from repair_order_deletions where state = 'held'")).toEqual([])
    expect(await differences([])).toEqual([])
  })

  test('confirmed by a person, the held ROs go with one more look at TM', async () => {
    const gone = posted.slice(0, 7)
    for (const ro of gone) pipeline.simulator.edit.forget(ro)
    await syncAll()
    await laterOn()
    await sweep()
    expect(await pipeline.query("select from repair_order_deletions where state = 'held'")).toHaveLength(7)
    for (const ro of gone) expect(await statusOf(ro)).toBe('POSTED')

    const { id: shopId } = await pipeline.services.shops.byTmId(SHOP)
    const confirmed = await pipeline.services.warehouse.deletions.confirm({ shopId, runId: null })
    expect(new Set(confirmed)).toEqual(new Set(gone))
    await sweep()
    for (const ro of gone) expect(await statusOf(ro)).toBe('DELETED')
    expect(await differences(gone)).toEqual([])
  })

  test('what a run deleted by mistake is brought back with its money, and a read that finds it settles it', async () => {
    const [ro = 0] = posted
    pipeline.simulator.faults.add({ id: 'amnesia', route: 'header', ro, kind: 'status', status: 404 })
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    await laterOn()
    await sweep()
    expect(await statusOf(ro)).toBe('DELETED')

    const { id: shopId } = await pipeline.services.shops.byTmId(SHOP)
    const undone = await pipeline.services.warehouse.deletions.undo({ shopId, runId: null, roTmId: ro })
    expect(undone).toEqual({ dropped: [], restored: [ro] })
    await pipeline.quiet()
    expect(await statusOf(ro)).toBe('POSTED')
    expect(await differences([])).toEqual([])

    // TM still has it not: this time a person is asked.
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    await laterOn()
    await pipeline.queueJobs.request(syncRepairOrder, {
      shop: SHOP,
      ro,
      lane: 'interactive',
      reason: 'recheck',
    })
    await pipeline.quiet()
    expect(await statusOf(ro)).toBe('POSTED')
    expect(await pipeline.query("select from repair_order_deletions where state = 'held'")).toHaveLength(1)

    pipeline.simulator.faults.remove('amnesia')
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    expect(await pipeline.query('select state from repair_order_deletions')).toEqual([{ state: 'restored' }])
    expect(await differences([])).toEqual([])
  })
})
