// Every question of a dashboard, and every look-up of the write path, has an index to answer it: with sequential
// scans discouraged the planner must not fall back on one. Sizes do not matter then, so empty tables will do.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
  await world.query('set enable_seqscan = off')
})
afterAll(() => world.close())

const SHOP = "'00000000-0000-4000-8000-000000000000'"

test.each([
  [
    'days of a range',
    `daily_shop_metrics where shop_id = ${SHOP} and metric_date between '2026-01-01' and '2026-01-31'`,
  ],
  [
    'technicians of a range',
    `tech_daily_metrics where shop_id = ${SHOP} and metric_date between '2026-01-01' and '2026-01-31'`,
  ],
  ['days of a technician', `tech_daily_metrics where technician_id = ${SHOP}`],
  [
    'advisors of a range',
    `advisor_daily_metrics where shop_id = ${SHOP} and metric_date between '2026-01-01' and '2026-01-31'`,
  ],
  ['ROs behind a day', `ro_snapshots where shop_id = ${SHOP} and snapshot_date = '2026-01-01' and counted`],
  [
    'a page of ROs behind a range',
    `ro_snapshots where shop_id = ${SHOP} and counted and snapshot_date >= '2026-01-01'
       and (snapshot_date, ro_tm_id) < ('2026-01-31', 1) order by snapshot_date desc, ro_tm_id desc limit 101`,
  ],
  [
    'ROs with estimated cost',
    `ro_snapshots where shop_id = ${SHOP} and snapshot_date >= '2026-01-01' and counted and estimated_labor_cost > 0`,
  ],
  [
    'ROs that deserve a look',
    `ro_snapshots where shop_id = ${SHOP} and snapshot_date >= '2026-01-01' and counted
       and (variance_reason is not null or authorized_profit < 0)`,
  ],
  ['snapshots of an RO', `ro_snapshots where repair_order_id = ${SHOP}`],
  ['an RO by TM id', `repair_orders where shop_id = ${SHOP} and tm_id = 1`],
  ['an RO by its number', `repair_orders where shop_id = ${SHOP} and ro_number = 1`],
  [
    'ROs posted in a range',
    `repair_orders where shop_id = ${SHOP} and posted_date between '2026-01-01' and '2026-01-31'`,
  ],
  ['ROs last changed', `repair_orders where shop_id = ${SHOP} order by updated_date desc limit 50`],
  ['open ROs', `repair_orders where shop_id = ${SHOP} and status_id not in (5, 6, 7)`],
  ['marked ROs, oldest first', 'repair_orders where snapshot_stale order by stale_since limit 100'],
  ['ROs of a customer', `repair_orders where customer_id = ${SHOP}`],
  ['ROs of a vehicle', `repair_orders where vehicle_id = ${SHOP}`],
  ['jobs of an RO', `jobs where repair_order_id = ${SHOP}`],
  ['parts of an RO', `job_parts where repair_order_id = ${SHOP}`],
  ['labor of an RO', `job_labor where repair_order_id = ${SHOP}`],
  ['labor of a technician', `job_labor where technician_id = ${SHOP}`],
  ['sublets of an RO', `job_sublets where repair_order_id = ${SHOP}`],
  ['fees of an RO', `job_fees where repair_order_id = ${SHOP}`],
  ['what waits for an RO', `sync_run_items where shop_id = ${SHOP} and ro_tm_id = 1 and outcome = 'pending'`],
  ['what waits longest', "sync_run_items where outcome = 'pending' order by requested_at limit 100"],
  ['items of a run', `sync_run_items where run_id = ${SHOP}`],
  ['open runs', "sync_log where status in ('listing', 'syncing')"],
  ['dirty days, oldest first', 'dirty_days order by marked_at limit 100'],
  [
    'restatements of a range',
    `metric_restatements where shop_id = ${SHOP} and metric_date between '2026-01-01' and '2026-01-31'`,
  ],
  ['restatements since a moment', `metric_restatements where shop_id = ${SHOP} and restated_at >= now()`],
  [
    'stored answers of an RO',
    `tm_raw_payloads where shop_id = ${SHOP} and entity_type = 'repair-order' and entity_tm_id = 1`,
  ],
  ['days not proven', `reconciliations where shop_id = ${SHOP} and state <> 'proven'`],
  ['days of a reconcile', `reconciliations where run_id = ${SHOP}`],
  ['missing ROs', 'repair_orders where missing_since is not null and status_id <> 7'],
  [
    'held deletions of a shop',
    `repair_order_deletions where shop_id = ${SHOP} and state in ('held', 'confirmed')`,
  ],
  ['quarantine of a shop', `quarantined_repair_orders where shop_id = ${SHOP}`],
  [
    'newest reads',
    "repair_order_reads where read_at > now() - interval '5 seconds' order by read_at limit 100",
  ],
  ['expired payloads', 'tm_raw_payloads where expires_at < now()'],
  ['shops of a user', `user_shop_access where user_id = ${SHOP}`],
])('%s', async (_question, from) => {
  const plan = await world.query(`explain select * from public.${from}`)
  const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n')
  expect(text).toMatch(/Index/)
  expect(text).not.toMatch(/Seq Scan/)
})
