// A preview says what a read would change and changes nothing.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 318_204_417
interface Preview {
  readonly outcome: string
  readonly before: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>
  readonly after: Preview['before']
  readonly days: {
    date: string
    before: Record<string, unknown> | null
    after: Record<string, unknown> | null
  }[]
}

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const preview = (bundle: ReturnType<typeof bundleWith>) =>
  world.call<Preview>('preview_repair_order', [{ ...bundle, shop_id: world.shopId, run_id: null }])

/** Every row of every table with the transaction that wrote it and where it lies. */
const wholeDatabase = async (): Promise<string> => {
  const tables = await world.query(
    "select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1",
  )
  const all = []
  for (const { name } of tables)
    all.push(
      name,
      await world.query(`select xmin::text, ctid::text, t.* from public.${String(name)} t order by ctid`),
    )
  return JSON.stringify(all)
}

test('the rows, the snapshot and the day are shown as they would be, and nothing moved', async () => {
  await world.apply(bundleWith())
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false])
  await world.call('refresh_daily_metrics', [world.shopId, '2026-03-04'])
  const before = await wholeDatabase()
  const shown = await preview(
    laterBundle(1, (bundle) => {
      const job = jobOf(bundle)
      job.parts = job.parts.slice(0, 1)
      bundle.repair_order.authorized_revenue = 10_000
    }),
  )
  expect(await wholeDatabase()).toBe(before)
  expect(shown.outcome).toBe('updated')
  expect(Object.keys(shown.before['job_parts'] ?? {})).toHaveLength(2)
  expect(Object.keys(shown.after['job_parts'] ?? {})).toHaveLength(1)
  expect(shown.after['ro_snapshots']).toMatchObject({ 'posted 2026-03-04': { authorized_revenue: 10_000 } })
  expect(shown.days).toMatchObject([
    { date: '2026-03-04', before: { authorized_revenue: 17_544 }, after: { authorized_revenue: 10_000 } },
  ])

  // What was shown is what then happens.
  await world.apply(
    laterBundle(1, (bundle) => {
      const job = jobOf(bundle)
      job.parts = job.parts.slice(0, 1)
      bundle.repair_order.authorized_revenue = 10_000
    }),
  )
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false])
  expect(await world.call('ro_picture', [world.shopId, RO])).toEqual(shown.after)
})

test('an RO the warehouse does not have is shown as new, with its day, and is not there afterwards', async () => {
  const before = await wholeDatabase()
  const shown = await preview(bundleWith())
  expect(await wholeDatabase()).toBe(before)
  expect(shown).toMatchObject({ outcome: 'created', before: {}, days: [{ before: null }] })
  await expect(world.ro()).rejects.toThrow(/not stored/)
})

test('an unchanged RO shows no difference and no day', async () => {
  await world.apply(bundleWith())
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false])
  const shown = await preview(bundleWith((bundle) => void (bundle.fetched_at = '2026-03-09T00:00:00Z')))
  expect(shown).toMatchObject({ outcome: 'unchanged', days: [] })
  expect(shown.after).toEqual(shown.before)
})

test('a bundle that the warehouse would refuse is refused, and leaves nothing', async () => {
  const before = await wholeDatabase()
  const bad = bundleWith((bundle) => void (bundle.repair_order.calculation_method = 'GUESS' as 'TRUE_GP'))
  await expect(preview(bad)).rejects.toMatchObject({ code: '23514' })
  expect(await wholeDatabase()).toBe(before)
})
