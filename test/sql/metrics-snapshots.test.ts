// Snapshots (`refresh_ro_snapshot`): when an RO qualifies, on which day it counts, and what a move leaves behind.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import type { RepairOrderSpec } from './support/ro-writer.ts'

let world: MetricsWorld

beforeAll(async () => {
  world = await createMetricsWorld()
})
beforeEach(async () => {
  await world.startShop()
})
afterAll(() => world.close())

const sold: RepairOrderSpec = {
  ro: 1,
  statusId: 5,
  posted: '2026-03-04',
  completed: '2026-03-03',
  jobs: [{ authorized: true, parts: [{ total: 10_000, cost: 4000 }] }],
}

/** Each snapshot as `date trigger`, marked `counted` or `withdrawn` (neither: a picture by hand). */
const snapshots = async (): Promise<string[]> =>
  (await world.rows('ro_snapshots')).map((row) =>
    [
      row['snapshot_date'],
      row['snapshot_trigger'],
      row['counted'] === true ? 'counted' : '',
      row['superseded_at'] === null ? '' : 'withdrawn',
    ]
      .filter((word) => word !== '')
      .join(' '),
  )

const dirtyDays = async (): Promise<unknown[]> =>
  (await world.rows('dirty_days')).map((row) => row['metric_date'])

const cleanDays = () => world.client.query('delete from public.dirty_days where shop_id = $1', [world.shopId])

const putAndRefresh = async (spec: RepairOrderSpec) => {
  await world.put(spec)
  return world.refresh(spec.ro)
}

test.each([
  { statusId: 1, expected: [] },
  { statusId: 2, expected: [] },
  { statusId: 3, completed: '2026-03-03', expected: ['2026-03-03 completed counted'] },
  { statusId: 3, expected: [] },
  { statusId: 4, expected: [] },
  { statusId: 5, posted: '2026-03-04', completed: '2026-03-03', expected: ['2026-03-04 posted counted'] },
  { statusId: 5, completed: '2026-03-03', expected: ['2026-03-03 completed counted'] },
  { statusId: 5, expected: [] },
  { statusId: 6, posted: '2026-03-04', completed: '2026-03-03', expected: ['2026-03-04 posted counted'] },
  { statusId: 6, completed: '2026-03-03', expected: ['2026-03-03 completed counted'] },
  { statusId: 7, expected: [] },
])(
  'status $statusId, posted $posted, completed $completed counts as $expected',
  async ({ expected, ...state }) => {
    const { posted = null, completed = null } = state
    const answer = await putAndRefresh({ ...sold, statusId: state.statusId, posted, completed })
    expect(await snapshots()).toEqual(expected)
    expect(answer.outcome).toBe(expected.length === 0 ? 'none' : 'written')
    expect(await dirtyDays()).toEqual(answer.affected_dates)
  },
)

test.each([1, 2, 4, 7])(
  'residual dates count for nothing under status %i, even where a row kept them',
  async (id) => {
    await world.client.query(
      'reset role; alter table public.repair_orders drop constraint if exists repair_orders_check',
    )
    await world.client.query(
      'alter table public.repair_orders drop constraint if exists repair_orders_check1',
    )
    await world.client.query('set role service_role')
    expect(await putAndRefresh({ ...sold, statusId: id })).toEqual({ outcome: 'none', affected_dates: [] })
  },
)

test('an unknown RO, or one of another shop, is answered as unknown', async () => {
  await world.put(sold)
  await world.startShop()
  expect(await world.refresh(1)).toEqual({ outcome: 'unknown', affected_dates: [] })
  expect(await snapshots()).toEqual([])
})

test('a snapshot carries the RO’s number, status, names and figures', async () => {
  const advisor = await world.addEmployee(7, 'Writer')
  await putAndRefresh({ ...sold, statusId: 6, advisor, authorizedTotal: 10_500, potentialTotal: 11_000 })
  expect((await world.rows('ro_snapshots'))[0]).toMatchObject({
    ro_tm_id: 1,
    ro_number: 1,
    ro_status: 'ACCRECV',
    customer_name: 'Sample Customer',
    vehicle_description: '2018 Honda CR-V',
    service_advisor_id: advisor,
    authorized_revenue: 10_000,
    authorized_gp_percent: 60,
    authorized_total: 10_500,
    potential_total: 11_000,
    calculation_method: 'TRUE_GP',
  })
})

test('a second run on an unchanged RO writes nothing and dirties nothing', async () => {
  await putAndRefresh(sold)
  await cleanDays()
  const before = await world.rows('ro_snapshots')
  expect(await world.refresh(1)).toEqual({ outcome: 'unchanged', affected_dates: [] })
  expect(await world.rows('ro_snapshots')).toEqual(before)
  expect(await dirtyDays()).toEqual([])
})

test('the stale mark goes with the refresh, whatever the refresh found', async () => {
  for (const spec of [sold, { ...sold, ro: 2, statusId: 1, posted: null, completed: null }]) {
    await putAndRefresh(spec)
    const { rows } = await world.client.query(
      'select snapshot_stale, stale_since from public.repair_orders where shop_id = $1 and tm_id = $2',
      [world.shopId, spec.ro],
    )
    expect(rows).toEqual([{ snapshot_stale: false, stale_since: null }])
  }
})

test('a changed figure rewrites the snapshot under its key and dirties its day', async () => {
  await putAndRefresh(sold)
  const [before] = await world.rows('ro_snapshots')
  await cleanDays()
  const parts = [{ total: 10_001, cost: 4000 }]
  const answer = await putAndRefresh({ ...sold, jobs: [{ authorized: true, parts }] })
  expect(answer).toEqual({ outcome: 'written', affected_dates: ['2026-03-04'] })
  const after = await world.rows('ro_snapshots')
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({ id: before?.['id'], created_at: before?.['created_at'] })
  expect(after[0]?.['updated_at']).not.toEqual(before?.['updated_at'])
})

test('a new name or an A/R settlement rewrites the snapshot and dirties no day', async () => {
  await putAndRefresh({ ...sold, statusId: 6 })
  await cleanDays()
  const renamed = { ...sold, statusId: 5, customerName: 'Other Customer' }
  expect(await putAndRefresh(renamed)).toEqual({ outcome: 'written', affected_dates: [] })
  expect(await dirtyDays()).toEqual([])
  expect((await world.rows('ro_snapshots'))[0]).toMatchObject({
    ro_status: 'POSTED',
    customer_name: 'Other Customer',
  })
})

test('labor given to another technician dirties the day although the RO’s sums stand', async () => {
  const [alpha, beta] = [await world.addEmployee(1, 'Alpha'), await world.addEmployee(2, 'Beta')]
  const by = (technician: string) => ({
    ...sold,
    jobs: [{ authorized: true, labor: [{ hours: 1, total: 5000, cost: 2000, technician }] }],
  })
  await putAndRefresh(by(alpha))
  await cleanDays()
  expect((await putAndRefresh(by(beta))).affected_dates).toEqual(['2026-03-04'])
})

test('another advisor dirties the day', async () => {
  await putAndRefresh(sold)
  await cleanDays()
  const advisor = await world.addEmployee(7, 'Writer')
  expect((await putAndRefresh({ ...sold, advisor })).affected_dates).toEqual(['2026-03-04'])
})

test('posting after completion moves the count to the posted day and dirties both days', async () => {
  await putAndRefresh({ ...sold, statusId: 3, posted: null })
  await cleanDays()
  const answer = await putAndRefresh(sold)
  expect(answer).toEqual({ outcome: 'written', affected_dates: ['2026-03-03', '2026-03-04'] })
  expect(await snapshots()).toEqual(['2026-03-03 completed withdrawn', '2026-03-04 posted counted'])
  expect(await dirtyDays()).toEqual(['2026-03-03', '2026-03-04'])
})

test('posting on the day of completion still counts once', async () => {
  await putAndRefresh({ ...sold, statusId: 3, posted: null })
  await putAndRefresh({ ...sold, posted: '2026-03-03' })
  expect(await snapshots()).toEqual(['2026-03-03 completed withdrawn', '2026-03-03 posted counted'])
  expect(await dirtyDays()).toEqual(['2026-03-03'])
})

test('un-posting withdraws, re-posting in another month counts there, and every day concerned is dirty', async () => {
  await putAndRefresh(sold)
  await cleanDays()
  expect(await putAndRefresh({ ...sold, statusId: 2, posted: null, completed: null })).toEqual({
    outcome: 'withdrawn',
    affected_dates: ['2026-03-04'],
  })
  expect(await snapshots()).toEqual(['2026-03-04 posted withdrawn'])
  expect((await putAndRefresh({ ...sold, posted: '2026-04-02' })).affected_dates).toEqual(['2026-04-02'])
  expect(await snapshots()).toEqual(['2026-03-04 posted withdrawn', '2026-04-02 posted counted'])
})

test('un-posting to complete falls back to the completed day', async () => {
  await putAndRefresh(sold)
  const answer = await putAndRefresh({ ...sold, statusId: 3, posted: null })
  expect(answer.affected_dates).toEqual(['2026-03-03', '2026-03-04'])
  expect(await snapshots()).toEqual(['2026-03-03 completed counted', '2026-03-04 posted withdrawn'])
})

test('back-dating a posting counts on the new day only', async () => {
  await putAndRefresh(sold)
  const answer = await putAndRefresh({ ...sold, posted: '2026-02-27' })
  expect(answer.affected_dates).toEqual(['2026-02-27', '2026-03-04'])
  expect(await snapshots()).toEqual(['2026-02-27 posted counted', '2026-03-04 posted withdrawn'])
})

test('posting again on an earlier day revives the withdrawn snapshot instead of adding one', async () => {
  await putAndRefresh(sold)
  const [first] = await world.rows('ro_snapshots')
  await putAndRefresh({ ...sold, posted: '2026-03-09' })
  await cleanDays()
  const answer = await putAndRefresh(sold)
  expect(answer).toEqual({ outcome: 'written', affected_dates: ['2026-03-04', '2026-03-09'] })
  expect(await snapshots()).toEqual(['2026-03-04 posted counted', '2026-03-09 posted withdrawn'])
  expect((await world.rows('ro_snapshots'))[0]).toMatchObject({ id: first?.['id'], superseded_at: null })
})

test('a deleted RO leaves every count, and a second look at it does nothing', async () => {
  await putAndRefresh(sold)
  await cleanDays()
  const gone = { ...sold, statusId: 7, posted: null, completed: null, deleted: true }
  expect(await putAndRefresh(gone)).toEqual({ outcome: 'withdrawn', affected_dates: ['2026-03-04'] })
  expect(await snapshots()).toEqual(['2026-03-04 posted withdrawn'])
  expect(await world.refresh(1)).toEqual({ outcome: 'none', affected_dates: [] })
})

test('a tombstone withdraws even while the row still says posted', async () => {
  await putAndRefresh(sold)
  expect((await putAndRefresh({ ...sold, deleted: true })).outcome).toBe('withdrawn')
  expect(await snapshots()).toEqual(['2026-03-04 posted withdrawn'])
})

test('a snapshot by hand pictures an open RO on the shop’s today, uncounted, and dirties no day', async () => {
  const open = { ...sold, statusId: 2, posted: null, completed: null }
  await world.put(open)
  const { rows } = await world.client.query<{ today: string }>(
    `select ((now() at time zone 'America/New_York')::date)::text as today`,
  )
  const today = rows[0]?.today ?? ''
  expect(await world.refresh(1, { manual: true })).toEqual({ outcome: 'written', affected_dates: [] })
  expect(await world.refresh(1, { manual: true })).toEqual({ outcome: 'unchanged', affected_dates: [] })
  expect(await world.refresh(1)).toEqual({ outcome: 'none', affected_dates: [] })
  expect(await snapshots()).toEqual([`${today} manual`])
  expect((await putAndRefresh(sold)).affected_dates).toEqual(['2026-03-04'])
  expect(await snapshots()).toEqual(['2026-03-04 posted counted', `${today} manual withdrawn`])
})

test('a snapshot by hand is withdrawn when the RO is deleted', async () => {
  const open = { ...sold, statusId: 1, posted: null, completed: null }
  await world.put(open)
  await world.refresh(1, { manual: true })
  expect(await putAndRefresh({ ...open, statusId: 7, deleted: true })).toEqual({
    outcome: 'withdrawn',
    affected_dates: [],
  })
  expect((await world.rows('ro_snapshots'))[0]?.['superseded_at']).not.toBeNull()
})

test('asking by hand for an RO that qualifies builds its ordinary snapshot', async () => {
  await world.put(sold)
  expect(await world.refresh(1, { manual: true })).toEqual({
    outcome: 'written',
    affected_dates: ['2026-03-04'],
  })
  expect(await snapshots()).toEqual(['2026-03-04 posted counted'])
})

test('a mark that stands is raised, keeps its age and collects the ROs that caused it', async () => {
  await putAndRefresh(sold)
  const [first] = await world.rows('dirty_days')
  await putAndRefresh({ ...sold, ro: 2 })
  await putAndRefresh({ ...sold, jobs: [] })
  const [second] = await world.rows('dirty_days')
  expect(second).toMatchObject({ ro_tm_ids: [1, 2], marked_at: first?.['marked_at'] })
  expect(Number(second?.['generation'])).toBeGreaterThan(Number(first?.['generation']))
})

test('no column that a day sums up is taken for a mere description', async () => {
  await putAndRefresh(sold)
  const { rows } = await world.client.query<{ column_name: string }>(
    `select d.column_name
       from information_schema.columns d
       join information_schema.columns s using (table_schema, column_name)
      where table_schema = 'public' and d.table_name = 'daily_shop_metrics' and s.table_name = 'ro_snapshots'
        and column_name not in ('id', 'created_at', 'updated_at', 'authorized_gp_percent')
        and not exists (
          select from public.ro_snapshots r, jsonb_object_keys(public.snapshot_day_figures(r)) figure(name)
           where figure.name = d.column_name)`,
  )
  expect(rows).toEqual([])
})
