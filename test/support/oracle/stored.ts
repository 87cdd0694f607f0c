// What the warehouse holds, read table by table in pages of a stable order, in the same form as what is expected.
import pg from 'pg'
import * as columns from './columns.ts'
import type { Columns, Kind, Row, Value } from './columns.ts'
import { millionths } from './exact.ts'
import { personKey } from './expected-people.ts'
import { emptyTables, roKey, type Table, type Tables } from './tables.ts'

const PAGE = 5_000

export const COMPARED: Readonly<Record<Table, Columns>> = {
  repair_orders: columns.REPAIR_ORDER,
  jobs: columns.JOB,
  job_parts: columns.PART,
  job_labor: columns.LABOR,
  job_sublets: columns.SUBLET,
  job_fees: columns.FEE,
  ro_snapshots: columns.SNAPSHOT,
  daily_shop_metrics: columns.SHOP_DAY,
  tech_daily_metrics: columns.TECHNICIAN_DAY,
  advisor_daily_metrics: columns.ADVISOR_DAY,
  customers: columns.CUSTOMER,
  vehicles: columns.VEHICLE,
}

type Raw = Readonly<Record<string, string | null>>

const parse = (kind: Kind, raw: string | null): Value => {
  if (raw === null) return null
  switch (kind) {
    case 'int':
    case 'instant':
      return BigInt(raw)
    case 'decimal':
      return millionths(raw)
    case 'percent':
      return millionths(raw) / 10_000n
    case 'flag':
      return raw === 'true'
    case 'date':
      return raw
    case 'text':
    case 'texts':
      return raw.trim() === '' ? null : raw.trim()
  }
}

const textOf = (kind: Kind, source: string): string => {
  if (kind === 'instant') return `(extract(epoch from ${source}) * 1000000)::bigint`
  return kind === 'texts' ? `array_to_string(${source}, ' ')` : source
}

/** SQL that turns a column into the text `parse` expects. */
const selected = (name: string, kind: Kind): string => {
  const [column = '', member] = name.split('.')
  const source = member === undefined ? `t.${column}` : `t.${column} ->> '${member}'`
  return `(${textOf(kind, source)})::text as "${name}"`
}

const toRow = (table: Table, raw: Raw): Row =>
  Object.fromEntries(
    Object.entries(COMPARED[table]).map(([name, kind]) => [name, parse(kind, raw[name] ?? null)]),
  )

interface Reading {
  readonly client: pg.Client
  readonly table: Table
  readonly keys: readonly string[]
  readonly where?: string
}

/** Every row of a table, page by page by id. */
async function* rowsOf({ client, table, keys, where = 'true' }: Reading): AsyncGenerator<Raw> {
  const list = [
    't.id::text as "id"',
    ...keys.map((key) => `t.${key}::text as "${key}"`),
    ...Object.entries(COMPARED[table])
      .filter(([name]) => !keys.includes(name))
      .map(([name, kind]) => selected(name, kind)),
  ]
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const { rows } = await client.query<Raw>(
      `select ${list.join(', ')} from public.${table} t where t.id > $1 and ${where} order by t.id limit ${PAGE}`,
      [after],
    )
    yield* rows
    if (rows.length < PAGE) return
    after = rows.at(-1)?.['id'] ?? after
  }
}

export interface Stored {
  readonly tables: Tables
  /** Marks and snapshots that a quiet warehouse cannot have, as readable sentences. */
  readonly leftovers: readonly string[]
  /** Keys of ROs whose estimate left out its list of RO-level fees; their sum is then derived from TM's totals. */
  readonly feesNotListed: ReadonlySet<string>
}

/** @param url a role that may read every table (the superuser or the owner of the test database) */
export const readStored = async (url: string): Promise<Stored> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('set timezone to utc')
    // One picture of all tables, also while somebody writes.
    await client.query('begin isolation level repeatable read read only')
    return await read(client)
  } finally {
    await client.end()
  }
}

const read = async (client: pg.Client): Promise<Stored> => {
  const tables = emptyTables()
  const shops = new Map<string, string>()
  for (const row of (await client.query<Raw>('select id::text, tm_id::text from public.shops')).rows)
    shops.set(row['id'] ?? '', row['tm_id'] ?? '')
  const ros = new Map<string, string>()
  const jobs = new Map<string, string>()
  const feesNotListed = new Set<string>()
  const roKeys = ['shop_id', 'ro_number', 'ro_fees_known']
  for await (const raw of rowsOf({ client, table: 'repair_orders', keys: roKeys })) {
    const key = roKey(shops.get(raw['shop_id'] ?? '') ?? '?', raw['ro_number'] ?? '?')
    ros.set(raw['id'] ?? '', key)
    if (raw['ro_fees_known'] === 'false') feesNotListed.add(key)
    add(tables, 'repair_orders', key, raw)
  }
  for await (const raw of rowsOf({ client, table: 'jobs', keys: ['repair_order_id', 'tm_id'] })) {
    const key = `${ros.get(raw['repair_order_id'] ?? '') ?? '?'} job ${raw['tm_id']}`
    jobs.set(raw['id'] ?? '', key)
    add(tables, 'jobs', key, raw)
  }
  await readLines(client, tables, { ros, jobs })
  const where = 't.counted'
  const keys = ['repair_order_id', 'snapshot_trigger', 'snapshot_date']
  for await (const raw of rowsOf({ client, table: 'ro_snapshots', keys, where })) {
    const ro = ros.get(raw['repair_order_id'] ?? '') ?? '?'
    add(tables, 'ro_snapshots', `${ro} ${raw['snapshot_trigger']} on ${raw['snapshot_date']}`, raw)
  }
  await readDays(client, tables, shops)
  for (const table of ['customers', 'vehicles'] as const)
    for await (const raw of rowsOf({ client, table, keys: ['shop_id', 'tm_id'] }))
      add(tables, table, personKey(shops.get(raw['shop_id'] ?? '') ?? '?', raw['tm_id'] ?? '?'), raw)
  return { tables, leftovers: await leftovers(client), feesNotListed }
}

const add = (tables: Tables, table: Table, key: string, raw: Raw): void => {
  // Two rows of one key must both be seen: the second gets a name that nothing expects.
  const free = tables[table].has(key) ? `${key} again (${raw['id']})` : key
  tables[table].set(free, toRow(table, raw))
}

interface Parents {
  readonly ros: ReadonlyMap<string, string>
  readonly jobs: ReadonlyMap<string, string>
}

const readLines = async (client: pg.Client, tables: Tables, { ros, jobs }: Parents): Promise<void> => {
  const lineTables = ['job_parts', 'job_labor', 'job_sublets', 'job_fees'] as const
  for (const table of lineTables) {
    const keys = ['repair_order_id', 'job_id', 'line_no']
    for await (const raw of rowsOf({ client, table, keys })) {
      const ro = ros.get(raw['repair_order_id'] ?? '') ?? '?'
      const job = raw['job_id']
      const parent = job === null || job === undefined ? ro : (jobs.get(job) ?? `${ro} unknown job`)
      const misplaced = parent.startsWith(ro) ? parent : `${parent} but of ${ro}`
      add(tables, table, `${misplaced} line ${raw['line_no']}`, raw)
    }
  }
}

const readDays = async (
  client: pg.Client,
  tables: Tables,
  shops: ReadonlyMap<string, string>,
): Promise<void> => {
  const dayTables = [
    { table: 'daily_shop_metrics', person: null, word: '' },
    { table: 'tech_daily_metrics', person: 'technician_tm_id', word: 'technician' },
    { table: 'advisor_daily_metrics', person: 'service_advisor_tm_id', word: 'advisor' },
  ] as const
  for (const { table, person, word } of dayTables) {
    const keys = ['shop_id', 'metric_date', ...(person === null ? [] : [person])]
    for await (const raw of rowsOf({ client, table, keys })) {
      const day = `shop ${shops.get(raw['shop_id'] ?? '') ?? '?'} day ${raw['metric_date']}`
      add(tables, table, person === null ? day : `${day} ${word} ${raw[person] ?? 'none'}`, raw)
    }
  }
}

const LEFTOVERS: readonly (readonly [string, string])[] = [
  ['repair orders still marked snapshot_stale', 'select from public.repair_orders where snapshot_stale'],
  ['days still marked dirty', 'select from public.dirty_days'],
  ['run items still pending', `select from public.sync_run_items where outcome = 'pending'`],
  [
    'snapshots neither counted nor withdrawn nor made by hand',
    `select from public.ro_snapshots where not counted and superseded_at is null and snapshot_trigger <> 'manual'`,
  ],
  [
    'jobs or lines of a shop other than their RO',
    `select from (select shop_id, repair_order_id from public.jobs union all
       select shop_id, repair_order_id from public.job_parts union all
       select shop_id, repair_order_id from public.job_labor union all
       select shop_id, repair_order_id from public.job_sublets union all
       select shop_id, repair_order_id from public.job_fees) l
       join public.repair_orders r on r.id = l.repair_order_id and r.shop_id <> l.shop_id`,
  ],
  [
    'repair orders whose link to a customer, vehicle or advisor is missing or leads to somebody else',
    `select from public.repair_orders r
       left join public.customers c on c.id = r.customer_id
       left join public.vehicles v on v.id = r.vehicle_id
       left join public.employees e on e.id = r.service_advisor_id
      where (c.tm_id, v.tm_id, e.tm_id)
            is distinct from (r.customer_tm_id, r.vehicle_tm_id, r.service_advisor_tm_id)`,
  ],
  [
    'vehicles whose link to their owner is missing or leads to somebody else',
    `select from public.vehicles v left join public.customers c on c.id = v.customer_id
      where (c.tm_id, c.shop_id) is distinct from
            (v.customer_tm_id, case when v.customer_tm_id is not null then v.shop_id end)`,
  ],
]

const leftovers = async (client: pg.Client): Promise<string[]> => {
  const found: string[] = []
  for (const [what, sql] of LEFTOVERS) {
    const { rowCount } = await client.query(sql)
    if ((rowCount ?? 0) > 0) found.push(`${rowCount} ${what}`)
  }
  return found
}
