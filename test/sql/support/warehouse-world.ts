// A migrated database of its own with one shop, spoken to as the service role, with the write path as short calls.
import pg from 'pg'
import type { RepairOrderBundle } from '../../../src/core/warehouse/bundle.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

export type Row = Record<string, unknown>

export interface Applied {
  readonly outcome: string
  readonly repair_order_id: string | null
  readonly snapshot_stale: boolean
  readonly counts: Readonly<Record<string, number>>
}

/** bigint and numeric as numbers (small here), dates as text, timestamps as Postgres prints them. */
const parsers: Record<number, (text: string) => unknown> = {
  20: Number,
  1700: Number,
  1082: String,
  1184: String,
}
const types = {
  getTypeParser: (oid: number): unknown => parsers[oid] ?? pg.types.getTypeParser(oid),
} as pg.CustomTypesConfig

export interface WarehouseWorld {
  readonly database: TestDatabase
  readonly client: pg.Client
  readonly shopId: string
  readonly connect: () => Promise<pg.Client>
  /** Makes a new shop the current one: tests of a file share a database and no rows. */
  readonly startShop: (timezone?: string) => Promise<string>
  readonly apply: (bundle: RepairOrderBundle, runId?: string | null, client?: pg.Client) => Promise<Applied>
  /** Calls a function and gives its only value. */
  readonly call: <T>(name: string, args: readonly unknown[], client?: pg.Client) => Promise<T>
  readonly query: (text: string, values?: readonly unknown[]) => Promise<Row[]>
  /** The stored RO of the current shop. */
  readonly ro: (tmId?: number) => Promise<Row>
  /** Every row of the shop with its version: equal means that nothing was written. The bookkeeping of reads is left out. */
  readonly everything: () => Promise<string>
  readonly close: () => Promise<void>
}

const BUSINESS_TABLES = [
  'customers',
  'vehicles',
  'employees',
  'repair_orders',
  'jobs',
  'job_parts',
  'job_labor',
  'job_sublets',
  'job_fees',
  'dirty_days',
  'ro_snapshots',
]

export const createWarehouseWorld = async (): Promise<WarehouseWorld> => {
  const database = await createTestDatabase()
  const clients: pg.Client[] = []
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.adminUrl, types })
    client.on('error', () => undefined)
    await client.connect()
    await client.query('set role service_role')
    clients.push(client)
    return client
  }
  const client = await connect()
  const query = async (text: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await client.query<Row>(text, [...values])).rows
  const call = async <T>(name: string, args: readonly unknown[], on: pg.Client = client): Promise<T> => {
    const places = args.map((_, i) => `$${i + 1}`).join(', ')
    const values = args.map((arg) => (typeof arg === 'object' && arg !== null ? JSON.stringify(arg) : arg))
    const { rows } = await on.query<{ answer: T }>(`select public.${name}(${places}) as answer`, values)
    const row = rows[0]
    if (row === undefined) throw new Error(`${name} answered nothing`)
    return row.answer
  }
  let shops = 0
  let shopId = ''
  const startShop = async (timezone = 'America/New_York'): Promise<string> => {
    shops += 1
    shopId = (await call<{ shop_id: string }>('ensure_shop', [shops, `Shop ${shops}`, timezone])).shop_id
    return shopId
  }
  await startShop()
  return {
    database,
    client,
    get shopId() {
      return shopId
    },
    connect,
    startShop,
    apply: (bundle, runId = null, on = client) =>
      call<Applied>('apply_repair_order', [{ ...bundle, shop_id: shopId, run_id: runId }], on),
    call,
    query,
    ro: async (tmId = 318_204_417) => {
      const [row] = await query('select * from public.repair_orders where shop_id = $1 and tm_id = $2', [
        shopId,
        tmId,
      ])
      if (row === undefined) throw new Error(`RO ${tmId} is not stored`)
      return row
    },
    everything: async () => {
      const all = []
      for (const table of BUSINESS_TABLES)
        all.push(
          await query(
            `select xmin::text, ctid::text, t.* from public.${table} t where shop_id = $1 order by t.*::text`,
            [shopId],
          ),
        )
      return JSON.stringify(all)
    },
    close: async () => {
      for (const each of clients) await each.end()
      await database.drop()
    },
  }
}
