// Who may read and write what, asked of the catalog so that a new table or function cannot slip through: nobody
// signed out reads anything, signed-in users read their shops and write nothing, functions belong to the service role.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type Row, type WarehouseWorld } from './support/warehouse-world.ts'

/** Tables that no signed-in user reads, whatever the shop. */
const SERVICE_ONLY = new Set([
  'api_requests',
  'audit_log',
  'canary_passes',
  'machine_keys',
  'schedule_pauses',
  'tm_raw_payloads',
  'tm_tokens',
])
/** Tables of the installation, without a shop, and a column of each. */
const WITHOUT_SHOP: Readonly<Record<string, string>> = {
  api_requests: 'claim',
  canary_passes: 'queue',
  machine_keys: 'id',
  schedule_pauses: 'schedule',
}
/** Functions that signed-in users may execute: the reports, what they are made of, the figures of one RO, and proofs. */
const READ_API =
  /^(report_\w+|explain_\w+|check_(page|preset)|(sales|labor)_ratios|shop_(day|period)_figures|daily_metrics|ro_metrics|figure_differences|snapshot_report_row|complete_through|reconciliation_days)\(/

const ANNA = '11111111-1111-4111-8111-111111111111'
const BERT = '22222222-2222-4222-8222-222222222222'

let world: WarehouseWorld
let tables: string[]
let views: string[]
const shopOf: Record<string, string> = {}

/** At least one row in every table for the current shop. */
const fill = async (): Promise<void> => {
  const shop = world.shopId
  const insert = (table: string, columns: string, values: string): Promise<Row[]> =>
    world.query(`insert into public.${table} (shop_id, ${columns}) values ($1, ${values})`, [shop])
  const { run_id } = await world.call<{ run_id: string }>('start_run', [
    shop,
    'repair-orders',
    'cli',
    {},
    null,
  ])
  await world.apply(bundleWith(), run_id)
  await world.call('refresh_ro_snapshot', [shop, 318_204_417, false])
  await world.call('refresh_daily_metrics', [shop, '2026-03-04'])
  await world.call('advance_cursor', [shop, 'employees', null, '2026-03-04T00:00:00Z', {}])
  await insert('dirty_days', 'metric_date', "'2026-03-04'")
  await insert('metric_restatements', 'metric_date, metric', "'2026-03-04', 'net_sales'")
  await world.call('open_backfill', [shop, '2026-03-04', '2026-03-04', 1, 'cli', {}])
  await world.call('record_canary', ['maintenance'])
  await insert('tm_tokens', 'token', "'secret'")
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
  await insert('reconciliations', 'metric_date, state, listed_at', "'2026-03-04', 'proven', now()")
  await insert(
    'audit_log',
    'at, actor_kind, actor_id, act, status, request_id',
    "now(), 'user', 'u', 'POST /', 202, 'r'",
  )
  await insert('tm_raw_payloads', 'entity_type, payload', "'estimate', '{}'")
}

beforeAll(async () => {
  world = await createWarehouseWorld()
  for (const user of [ANNA, BERT]) {
    shopOf[user] = await world.startShop()
    await fill()
    await world.query('insert into public.user_shop_access (user_id, shop_id) values ($1, $2)', [
      user,
      world.shopId,
    ])
  }
  const relations = await world.query(
    `select c.relname as name, c.relkind as kind from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') order by 1`,
  )
  tables = relations.filter((row) => row['kind'] === 'r').map((row) => String(row['name']))
  views = relations.filter((row) => row['kind'] !== 'r').map((row) => String(row['name']))
})
afterAll(() => world.close())

/** Runs as a role of the API, with a user's claims as PostgREST sets them; nothing stays. */
const as = async <T>(
  role: string,
  user: string | null,
  run: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const { client } = world
  await client.query('begin')
  try {
    const claims = JSON.stringify({ role, ...(user === null ? {} : { sub: user }) })
    await client.query(
      "select set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true)",
      [claims, user ?? ''],
    )
    await client.query(`set local role ${role}`)
    return await run(client)
  } finally {
    await client.query('rollback')
  }
}

const failsWith = async (client: pg.Client, text: string): Promise<string> => {
  await client.query('savepoint attempt')
  try {
    await client.query(text)
    return 'allowed'
  } catch (error) {
    await client.query('rollback to savepoint attempt')
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}

const shopColumn = (table: string): string => WITHOUT_SHOP[table] ?? (table === 'shops' ? 'id' : 'shop_id')
const shopsSeen = async (client: pg.Client, table: string): Promise<string[]> => {
  const { rows } = await client.query<{ shop: string }>(
    `select distinct ${shopColumn(table)} as shop from public.${table}`,
  )
  return rows.map((row) => row.shop)
}

describe('tables', () => {
  test('there are all of them, and the fixture fills each for both shops', async () => {
    expect(tables).toHaveLength(34)
    for (const table of tables.filter((name) => WITHOUT_SHOP[name] === undefined))
      expect(await as('service_role', null, (client) => shopsSeen(client, table)), table).toEqual(
        expect.arrayContaining(Object.values(shopOf)),
      )
  })

  test('all have row-level security and at least one policy', async () => {
    const without = await world.query(
      `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and (not c.relrowsecurity or not exists (select from pg_policy p where p.polrelid = c.oid))`,
    )
    expect(without).toEqual([])
  })

  test('nobody signed out reads or writes any of them', async () => {
    await as('anon', null, async (client) => {
      for (const name of [...tables, ...views])
        expect(await failsWith(client, `select * from public.${name}`), name).toBe('42501')
      for (const name of tables)
        expect(await failsWith(client, `delete from public.${name}`), name).toBe('42501')
    })
  })

  test('nobody signed out sees a row even where the API hands out all table rights', async () => {
    await world.client.query('begin')
    try {
      await world.client.query('reset role')
      await world.client.query('grant all on all tables in schema public to anon')
      await world.client.query('set local role anon')
      for (const table of tables) {
        expect((await world.client.query(`select from public.${table}`)).rowCount, table).toBe(0)
        expect(await failsWith(world.client, `insert into public.${table} select`), table).not.toBe('allowed')
        expect((await world.client.query(`delete from public.${table}`)).rowCount, table).toBe(0)
      }
    } finally {
      await world.client.query('rollback')
      await world.client.query('set role service_role')
    }
  })

  test.each([ANNA, BERT])('user %s reads the own shop only, in every table and view', async (user) => {
    await as('authenticated', user, async (client) => {
      for (const name of tables.filter((table) => !SERVICE_ONLY.has(table)))
        expect(await shopsSeen(client, name), name).toEqual([shopOf[user]])
      for (const name of views) expect(await shopsSeen(client, name), name).toEqual([shopOf[user]])
      for (const name of SERVICE_ONLY)
        expect(await failsWith(client, `select * from public.${name}`), name).toBe('42501')
    })
  })

  test('a user without a shop reads nothing', async () => {
    await as('authenticated', '33333333-3333-4333-8333-333333333333', async (client) => {
      for (const table of tables.filter((name) => !SERVICE_ONLY.has(name)))
        expect(await shopsSeen(client, table), table).toEqual([])
    })
  })

  test('no signed-in user writes any table, not even the list of own shops', async () => {
    await as('authenticated', ANNA, async (client) => {
      for (const table of tables) {
        expect(
          await failsWith(client, `update public.${table} set ${shopColumn(table)} = ${shopColumn(table)}`),
          table,
        ).toBe('42501')
        expect(await failsWith(client, `delete from public.${table}`), table).toBe('42501')
      }
      expect(
        await failsWith(client, `insert into public.user_shop_access values ('${ANNA}', '${shopOf[BERT]}')`),
      ).toBe('42501')
    })
  })

  test('nobody but the service role uses a sequence', async () => {
    const open = await world.query(
      `select c.relname, r.role from pg_class c, (values ('anon'), ('authenticated')) r(role)
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'
          and has_sequence_privilege(r.role, c.oid, 'usage, select, update')`,
    )
    expect(open).toEqual([])
  })

  test('a policy asks for the shops of a user once per statement, not once per row', async () => {
    await as('authenticated', ANNA, async (client) => {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        'explain select * from public.repair_orders',
      )
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      expect(plan).toMatch(/InitPlan/)
      expect(plan).not.toMatch(/\(SubPlan/)
    })
  })
})

describe('functions', () => {
  const executableBy = async (role: string): Promise<string[]> =>
    (
      await world.query(
        `select p.oid::regprocedure::text as name from pg_proc p
          where p.pronamespace = 'public'::regnamespace and has_function_privilege($1, p.oid, 'execute') order by 1`,
        [role],
      )
    ).map((row) => String(row['name']))

  test('nobody signed out executes any', async () => {
    expect(await executableBy('anon')).toEqual([])
  })

  test('signed-in users execute the read API and nothing else', async () => {
    const open = await executableBy('authenticated')
    expect(open.filter((name) => !READ_API.test(name))).toEqual([])
    expect(open.length).toBeGreaterThan(20)
  })

  test('what signed-in users may execute cannot write', async () => {
    const writers = await world.query(
      `select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v'
          and has_function_privilege('authenticated', p.oid, 'execute')`,
    )
    expect(writers).toEqual([])
  })

  test('all run with the rights of the caller, a fixed search path and a comment, and serve the service role', async () => {
    const wrong = await world.query(
      `select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace = 'public'::regnamespace
          and (p.prosecdef
            or not coalesce(p.proconfig @> array['search_path=""'], false)
            or obj_description(p.oid, 'pg_proc') is null
            or not has_function_privilege('service_role', p.oid, 'execute'))`,
    )
    expect(wrong).toEqual([])
  })

  test('views run with the rights of the reader', async () => {
    const wrong = await world.query(
      `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
          and not coalesce(c.reloptions @> array['security_invoker=true'], false)`,
    )
    expect(wrong).toEqual([])
  })

  test('the analysts view of customers names no person', async () => {
    const columns = await world.query(
      "select attname as name from pg_attribute where attrelid = 'public.customers_analytics'::regclass and attnum > 0",
    )
    const names = columns.map((row) => String(row['name']))
    expect(names.filter((name) => /name$|^phone|^email|address|zip|notes|extra/.test(name))).toEqual([])
  })
})
