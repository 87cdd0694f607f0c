// Two databases for promotions: a source with a row in every table, and targets as a Supabase project gives them.
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { inject } from 'vitest'
import type { PromoteOptions } from '../../src/core/warehouse/promotion/promote.ts'
import { prepareDatabase, withClient, type PreparedDatabase } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { bundleWith } from '../sql/support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from '../sql/support/warehouse-world.ts'

export type Target = PreparedDatabase & { readonly drop: () => Promise<void> }

/** An empty project: roles, schema auth, no table of ours. */
export const createEmptyProject = async (): Promise<Target> => {
  const { adminUrl } = inject('testServers')
  const database = `project_${randomBytes(6).toString('hex')}`
  const urls = await prepareDatabase({ adminUrl, database })
  const drop = () =>
    withClient(adminUrl, async (client) => {
      await client.query(`drop database if exists ${database} with (force)`)
    })
  return { ...urls, drop }
}

/** Text, arrays and JSON that a careless copy would change. */
const AWKWARD = {
  notes: `a "quoted", \\backslashed\\ {note}\nwith 'two' lines, NULL and ünïcödé 🚗`,
  email: ['a,b@example.com', '"quoted"@example.com', null, ''],
}

const REPAIR_ORDERS = 12

const fillRepairOrders = async (world: WarehouseWorld, runId: string, from: number): Promise<void> => {
  for (let i = 0; i < REPAIR_ORDERS; i += 1) {
    const tmId = from + i
    const applied = await world.apply(
      bundleWith((bundle) => {
        bundle.repair_order.tm_id = tmId
        bundle.repair_order.ro_number = i + 1
        for (const [n, job] of bundle.jobs.entries()) job.tm_id = tmId * 100 + n
      }),
      runId,
    )
    if (applied.outcome !== 'created') throw new Error(`RO ${tmId} was not created`)
    if (i % 2 === 0) await world.call('refresh_ro_snapshot', [world.shopId, tmId, false])
  }
}

/** At least a row in every table for the current shop of the world. */
export const fillShop = async (world: WarehouseWorld, from: number): Promise<void> => {
  const shop = world.shopId
  const insert = (table: string, columns: string, values: string): Promise<unknown> =>
    world.query(`insert into public.${table} (shop_id, ${columns}) values ($1, ${values})`, [shop])
  const run = await world.call<{ run_id: string }>('start_run', [
    shop,
    'repair-orders',
    'cli',
    {},
    `queue-job.${from}`,
  ])
  const items = Array.from({ length: REPAIR_ORDERS + 3 }, (_, i) => ({ ro: from + i, outcome: 'pending' }))
  await world.call('record_run_items', [run.run_id, shop, items])
  await fillRepairOrders(world, run.run_id, from)
  await world.call('refresh_daily_metrics', [shop, '2026-03-04'])
  await world.call('advance_cursor', [shop, 'employees', null, '2026-03-04T00:00:00.123456Z', { page: 1 }])
  await insert('metric_restatements', 'metric_date, metric, old_value', "'2026-03-04', 'net_sales', 1.500")
  await insert('reconciliations', 'metric_date, state, listed_at', "'2026-03-04', 'proven', now()")
  await insert('dirty_days', 'metric_date', "'2026-03-09'")
  await world.call('open_backfill', [shop, '2026-03-01', '2026-03-04', 1, 'cli', {}])
  await insert('tm_tokens', 'token', "'secret-token-of-the-source'")
  await insert('tm_field_drift', 'kind, path', "'unknown', 'header.x'")
  await insert(
    'ro_quarantine',
    'ro_tm_id, fetched_at, reason, cause',
    "1, now(), 'UPSTREAM_CHANGED: x', '{}'",
  )
  await insert(
    'repair_order_deletions',
    'ro_tm_id, cause, state, counted, observed_at',
    "1, 'absent', 'held', true, now()",
  )
  await insert('tm_raw_payloads', 'entity_type, payload', `'estimate', '{"kept": [1, 2.50, null]}'`)
  await insert('tm_raw_payloads', 'entity_type, payload', `'estimate', 'null'`)
  await insert(
    'tm_raw_payloads',
    'entity_type, payload, expires_at',
    `'estimate', '{}', now() - interval '1 hour'`,
  )
  await world.query('update public.customers set notes = $2, email = $3 where shop_id = $1', [
    shop,
    AWKWARD.notes,
    AWKWARD.email,
  ])
}

/** A source with two shops, each with a row in every table. */
export const createSource = async (): Promise<WarehouseWorld> => {
  const world = await createWarehouseWorld()
  await fillShop(world, 318_000_000)
  await world.startShop('America/Chicago')
  await fillShop(world, 319_000_000)
  return world
}

/** What a test says of a promotion; batches are small, so that there are many. */
export const optionsFor = (
  world: WarehouseWorld,
  target: PreparedDatabase,
  change: Partial<PromoteOptions> = {},
): PromoteOptions => ({
  sourceUrl: world.database.ownerUrl,
  targetUrl: target.ownerUrl,
  isMadeUp: () => false,
  allowSimulated: false,
  restart: false,
  usersLeftBehind: [],
  log: silentLog,
  batchRows: 5,
  ...change,
})

/** All rows of a table as text, in an order of their own: nothing of the product's comparison. */
export const rowsOf = (url: string, table: string, where = 'true'): Promise<string[]> =>
  withClient(url, async (client) => {
    await client.query("set timezone to 'UTC'")
    const { rows } = await client.query<{ line: string }>(
      `select (to_jsonb(t) - 'request_key')::text as line from public.${table} t where ${where} order by 1`,
    )
    return rows.map(({ line }) => line)
  })

/** Rows with their versions: equal means that nobody touched them. */
export const versionsOf = (url: string, tables: readonly string[], shopId: string): Promise<string> =>
  withClient(url, async (client) => {
    const all: unknown[] = []
    for (const table of tables) {
      const column = table === 'shops' ? 'id' : 'shop_id'
      const { rows } = await client.query(
        `select xmin::text, ctid::text, t::text from public.${table} t where ${column} = $1 order by ctid`,
        [shopId],
      )
      all.push([table, rows])
    }
    return JSON.stringify(all)
  })

export const valueOf = async <T>(url: string, text: string, values: readonly unknown[] = []): Promise<T> =>
  withClient(url, async (client: pg.Client) => {
    const { rows } = await client.query<{ value: T }>(`select (${text}) as value`, [...values])
    const [row] = rows
    if (row === undefined) throw new Error(`nothing from: ${text}`)
    return row.value
  })
