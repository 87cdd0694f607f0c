// The API returns at most 1,000 rows to a select. Every list the program needs whole comes whole at 999, 1,000, 1,001
// and 10,001 rows, through the embedded API and, where there is one, through a real PostgREST.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '@supabase/supabase-js'
import { createWarehouse, type Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { apiBackends, startTestApi, type TestApi } from '../support/api.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const SIZES = [999, 1_000, 1_001, 10_001]
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe.each(apiBackends)('through %s', (backend) => {
  let world: WarehouseWorld
  let api: TestApi
  let warehouse: Warehouse
  beforeAll(async () => {
    world = await createWarehouseWorld()
    api = await startTestApi(world.database, { backend })
    warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
  })
  afterAll(async () => {
    await api.close()
    await world.close()
  })

  /** `n` open ROs with TM ids 1…n, all marked; then `n` dirty days and `n` computed days. */
  const fill = async (n: number): Promise<string> => {
    const shopId = await world.startShop()
    await world.query(
      `with ro as (
         insert into public.repair_orders (shop_id, tm_id, ro_number, status, status_id, updated_date, fetched_at, snapshot_stale, stale_since)
         select $1, i, i, 'WORKINPROGRESS', 2, '2026-03-01Z', '2026-03-01Z', true, '2026-03-01Z' from generate_series(1, $2::int) i
         returning id, shop_id
       ) insert into public.repair_order_reads (repair_order_id, shop_id, fetched_at, read_at)
         select id, shop_id, '2026-03-01Z', '2026-03-01Z' from ro`,
      [shopId, n],
    )
    await world.query(
      `insert into public.dirty_days (shop_id, metric_date) select $1, date '2000-01-01' + i from generate_series(1, $2::int) i`,
      [shopId, n],
    )
    await world.query(
      `insert into public.daily_shop_metrics (shop_id, metric_date, ro_count, ro_posted_count, ro_completed_count, source_snapshot_count)
       select $1, date '2000-01-01' + i, 1, 1, 0, 1 from generate_series(1, $2::int) i`,
      [shopId, n],
    )
    return shopId
  }

  test.each(SIZES)(
    '%i ROs, days and marks come whole',
    async (n) => {
      const shopId = await fill(n)
      const seen = upTo(n).map((ro) => ({ ro, updated: '2026-03-02T00:00:00Z', posted: null }))
      expect(await warehouse.repairOrders.stale({ shopId, seen })).toEqual(upTo(n))
      const before = '2100-01-01T00:00:00Z'
      expect(await warehouse.repairOrders.unlisted({ shopId, scope: 'open', seen: [], before })).toEqual(
        upTo(n),
      )
      const range = { shopId, from: '2000-01-01', to: '2100-01-01' }
      expect(await warehouse.metrics.daily(range)).toHaveLength(n)
      expect(await warehouse.metrics.markDaysDirty(range)).toHaveLength(n)
      expect(await warehouse.operations.backlog({ shopId })).toMatchObject({ staleRos: n, dirtyDays: n })
      const marks = await warehouse.operations.dirtyMarks({ olderThanSeconds: 0, limit: 1_000_000 })
      expect(marks.staleRos).toHaveLength(n)
      expect(marks.dirtyDays).toHaveLength(n)
      await world.query('update public.repair_orders set snapshot_stale = false, stale_since = null')
      await world.query('delete from public.dirty_days')
    },
    60_000,
  )

  test.each(SIZES)(
    '%i items of a run are recorded and counted',
    async (n) => {
      const shopId = await world.startShop()
      const { runId } = await warehouse.runs.start({
        shopId,
        kind: 'repair-orders',
        trigger: 'cli',
        params: {},
      })
      const items = upTo(n).map((ro) => ({ ro, outcome: 'pending' as const }))
      expect(await warehouse.runs.recordItems({ runId, shopId, items })).toEqual({ pending: n, skipped: 0 })
      expect(await warehouse.runs.progress({ runId })).toMatchObject({ fetched: n, pending: n })
      await world.query('delete from public.sync_log')
    },
    60_000,
  )

  test.each(SIZES)(
    '%i shops are listed',
    async (n) => {
      await world.query(
        'delete from public.shops s where not exists (select from public.repair_orders r where r.shop_id = s.id) and not exists (select from public.daily_shop_metrics m where m.shop_id = s.id)',
      )
      const [{ count } = {}] = await world.query('select count(*) as count from public.shops')
      await world.query(
        `insert into public.shops (tm_id, name) select 1000000 + i, 'x' from generate_series(1, $1::int) i`,
        [n - Number(count)],
      )
      const shops = await warehouse.shops.list()
      expect(new Set(shops.map(({ tmId }) => tmId)).size).toBe(n)
      await world.query('delete from public.shops where tm_id > 1000000')
    },
    60_000,
  )

  test('a plain select is cut at 1,000 rows, which is why the above matters', async () => {
    await fill(1_001)
    class NoRealtime {}
    const client = createClient(api.url, api.serviceKey, {
      auth: { persistSession: false },
      realtime: { transport: NoRealtime as never },
    })
    const { data } = await client.from('repair_orders').select('tm_id').limit(5_000)
    expect(data).toHaveLength(1_000)
  })
})
