// docs/metric-contracts.md against the warehouse: every column and every name of a report's answer is in it, nothing in
// it is made up, and its examples run as a signed-in user and answer what they say.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestApi, apiBackends, type TestApi } from '../support/api.ts'
import { readDocument } from '../support/documents.ts'
import { supabaseClient } from '../support/supabase-client.ts'
import { createWarehouseWorld, type Row, type WarehouseWorld } from './support/warehouse-world.ts'
import { employWorkedTechnicians, workedExample } from './support/worked-example.ts'

const TABLES = [
  'ro_snapshots',
  'daily_shop_metrics',
  'tech_daily_metrics',
  'advisor_daily_metrics',
  'metric_restatements',
]
const ANNA = '11111111-1111-4111-8111-111111111111'
const DAY = '2026-03-04'
const text = readDocument('docs/metric-contracts.md')
const examples = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** The part of the document under a heading that names the table or function. */
const sectionOf = (name: string): string =>
  text.split(/^#{2,3} /m).find((section) => section.split('\n')[0]?.includes(`\`${name}`)) ?? ''
const namedIn = (section: string): string[] =>
  [...section.matchAll(/`([a-z][a-z_]*)`/g)].map(([, name = '']) => name)

let world: WarehouseWorld
let shopId: string
let otherShopId: string
beforeAll(async () => {
  world = await createWarehouseWorld()
  otherShopId = world.shopId
  shopId = await world.startShop()
  await employWorkedTechnicians(world.client, shopId)
  await world.apply(workedExample)
  await world.call('refresh_ro_snapshot', [shopId, workedExample.repair_order.tm_id, false])
  await world.call('refresh_daily_metrics', [shopId, DAY])
  await world.query('insert into public.user_shop_access (user_id, shop_id) values ($1, $2)', [ANNA, shopId])
})
afterAll(() => world.close())

describe('columns', () => {
  test.each(TABLES)('%s: each is told, and nothing else is told as one', async (table) => {
    const rows = await world.query(
      `select attname as name from pg_attribute where attrelid = ('public.' || $1)::regclass and attnum > 0 and not attisdropped`,
      [table],
    )
    const stored = rows.map((row) => String(row['name']))
    const told = [...sectionOf(table).matchAll(/^\|([^|]+)\|/gm)].flatMap(([, cell = '']) => namedIn(cell))
    expect(stored.length).toBeGreaterThan(7)
    expect(stored.filter((name) => !told.includes(name))).toEqual([])
    expect(told.filter((name) => !stored.includes(name))).toEqual([])
    expect(new Set(told).size).toBe(told.length)
  })
})

describe('answers of the reports', () => {
  const keysOf = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.flatMap(keysOf)
      : typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
        : []
  const columns = new Set(TABLES.flatMap((table) => namedIn(sectionOf(table))))

  test('every function for readers has its own part, and every name it answers is told', async () => {
    await world.query(
      `insert into public.metric_restatements (shop_id, metric_date, metric, ro_tm_ids) values ($1, $2, 'net_sales', '{1}')`,
      [shopId, DAY],
    )
    const open = { ...workedExample.repair_order, tm_id: 2, ro_number: 2, status: 'ESTIMATE', status_id: 1 }
    await world.apply({ ...workedExample, repair_order: open, jobs: [], content_hash: 'open' })
    const range = [shopId, DAY, DAY]
    const calls: [string, unknown[]][] = [
      ['report_period', [shopId, 'today']],
      ...[
        'summary',
        'daily',
        'technicians',
        'advisors',
        'repair_orders',
        'exceptions',
        'estimated_costs',
      ].map((name): [string, unknown[]] => [`report_${name}`, range]),
      ['report_restatements', [shopId, '2026-01-01Z']],
      ['report_work_in_progress', [shopId]],
    ]
    const functions = await world.query(
      `select distinct proname as name from pg_proc where pronamespace = 'public'::regnamespace and proname like 'report\\_%'
          and prorettype = 'jsonb'::regtype and proname not in ('report_freshness', 'report_estimates', 'report_field_drift') order by 1`,
    )
    expect(calls.map(([name]) => name).toSorted()).toEqual(functions.map((row) => row['name']))
    const general = namedIn(text.slice(text.indexOf('## The reports'), text.indexOf('### Periods')))
    for (const [name, args] of calls) {
      const answer = await world.call<Row>(name, args)
      const section =
        name === 'report_period'
          ? (text.split('### ').find((s) => s.startsWith('Periods')) ?? '')
          : sectionOf(name)
      const told = new Set([...namedIn(section), ...general, ...columns])
      const keys = keysOf(answer)
      expect(keys.length, name).toBeGreaterThan(4)
      expect(
        keys.filter((key) => !told.has(key)),
        name,
      ).toEqual([])
    }
  })
})

describe.each(apiBackends)('examples through %s', (backend) => {
  let api: TestApi
  let supabase: SupabaseClient
  beforeAll(async () => {
    api = await startTestApi(world.database, { backend })
    const token = await api.signToken({ sub: ANNA, role: 'authenticated' })
    supabase = supabaseClient({ url: api.url, key: api.anonKey, token })
  })
  afterAll(() => api.close())

  /** `expression // → value` becomes a comparison; the rest is run as it stands. */
  const runnable = (code: string): string =>
    code
      .replaceAll(/^(\S.*?) \/\/ → (.+)$/gm, 'told.push([$1, $2]);')
      .replaceAll(/^(?:told.*)$/gm, (line) => `;${line}`)
  type Run = (
    supabase: SupabaseClient,
    ids: { shopId: string; otherShopId: string },
  ) => Promise<[unknown, unknown][]>
  const compile = (code: string): Run => {
    // oxlint-disable-next-line no-implied-eval -- the document's code is this repository's own
    const make = new Function(
      `return async (supabase, { shopId, otherShopId }) => { const told = []; ${runnable(code)}\nreturn told }`,
    ) as () => Run
    return make()
  }

  test.each(examples.map((code, index) => [index + 1, code] as const))(
    'number %i answers what it says',
    async (_index, code) => {
      const told = await compile(code)(supabase, { shopId, otherShopId })
      expect(told.length).toBeGreaterThan(0)
      for (const [found, said] of told) expect(found).toEqual(said)
    },
  )
})
