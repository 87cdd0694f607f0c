// `shops.features`: a part that is off for a shop does nothing by itself there, nowhere else changes anything, nothing is
// lost meanwhile, and what a person asks for by name is done.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PART_NAMES, partIsOn, type Part } from '../../src/core/features.ts'
import { discoverRepairOrders } from '../../src/workers/jobs/discover-repair-orders.ts'
import { CATALOG } from '../../src/workers/catalog.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const [OFF, ON] = [4321, 4322] as const

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    pipeline = await startPipeline({
      store,
      simulator: {
        shops: [
          { tmId: OFF, repairOrders: 14 },
          { tmId: ON, repairOrders: 14 },
        ],
        days: 5,
      },
    })
  })
  afterAll(() => pipeline.close())

  const set = async (features: Partial<Record<Part, boolean>>) => {
    await pipeline.services.warehouse.shops.set({ tmId: OFF, patch: { features } })
    pipeline.services.shops.forget()
  }
  const rows = async (table: 'ro_snapshots' | 'daily_shop_metrics', shop: number) =>
    (
      await pipeline.query(`select from ${table} t join shops s on s.id = t.shop_id where s.tm_id = $1`, [
        shop,
      ])
    ).length
  const backlog = () => pipeline.services.warehouse.operations.backlog({})

  test('snapshots and metrics off: the shop is synced, its marks wait, the other shop has its numbers', async () => {
    await set({ snapshots: false, metrics: false })
    for (const shop of [OFF, ON]) await pipeline.sync({ shop, source: 'all', daysBack: 8 })
    await pipeline.quiet()
    expect([await rows('ro_snapshots', OFF), await rows('daily_shop_metrics', OFF)]).toEqual([0, 0])
    expect(await rows('daily_shop_metrics', ON)).toBeGreaterThan(0)
    // Nobody is to do them, so they are not behind; and they are not forgotten.
    expect(await backlog()).toMatchObject({ staleRos: 0, dirtyDays: 0 })
    const stale = await pipeline.query('select from repair_orders where snapshot_stale')
    expect(stale.length).toBeGreaterThan(0)
  })

  test('on again, one after the other: what waited is done, and everything is as if it had never been off', async () => {
    await set({ metrics: false })
    await pipeline.quiet()
    expect(await rows('ro_snapshots', OFF)).toBeGreaterThan(0)
    expect(await rows('daily_shop_metrics', OFF)).toBe(0)
    await set({})
    await pipeline.quiet()
    expect(await rows('daily_shop_metrics', OFF)).toBeGreaterThan(0)
    expect(report(await pipeline.compare())).toBe('')
  })

  test('discovery off: the schedule lists nothing, a person does', async () => {
    await set({ discovery: false })
    const scheduled = { source: 'board', board: 'ALL', lane: 'incremental', trigger: 'schedule' } as const
    const listings = (shop: number) => pipeline.simulator.requests.count({ route: 'board', shop })
    const [before, beforeOther] = [listings(OFF), listings(ON)]
    await pipeline.queueJobs.request(discoverRepairOrders, { shop: OFF, ...scheduled })
    await pipeline.queueJobs.request(discoverRepairOrders, { shop: ON, ...scheduled })
    await pipeline.quiet()
    expect(listings(OFF)).toBe(before)
    expect(listings(ON)).toBeGreaterThan(beforeOther)
    expect(pipeline.finished.at(-1)).toBeDefined()
    expect(pipeline.finished.map(({ summary }) => summary['switchedOff'])).toContain('discovery')
    expect(await pipeline.sync({ shop: OFF, source: 'board' })).toMatchObject({ status: 'finished' })
    expect(listings(OFF)).toBeGreaterThan(before)
    await set({})
  })
})

test('every part is a part of some queue job', () => {
  const payloads = [
    { shop: 1, trigger: 'schedule', reason: 'webhook' },
    { shop: 1, trigger: 'cli', reason: 'requested', manual: true },
  ]
  const parts = new Set(
    CATALOG.flatMap((job) => payloads.map((payload) => job.part?.(payload) ?? null)).filter(
      (one) => one !== null,
    ),
  )
  expect([...parts].toSorted()).toEqual([...PART_NAMES].toSorted())
})

test('a part is on unless it is named false, and days that are not computed are not compared', () => {
  const on = (features: Record<string, unknown>) => PART_NAMES.filter((part) => partIsOn({ features }, part))
  const off = (features: Record<string, unknown>) => PART_NAMES.filter((part) => !on(features).includes(part))
  expect(off({})).toEqual([])
  expect(off({ metrics: true, unheard_of: false })).toEqual([])
  expect(off({ metrics: false })).toEqual(['metrics', 'reconcile'])
  expect(off({ lists: false })).toEqual(['lists'])
})
