// A shop in a database of its own, with the metric functions as short calls. Everything runs as service_role, the
// only role that may. Figures come back as numbers, dates as `YYYY-MM-DD`, money in cents.
import pg from 'pg'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insert, putRepairOrder, type RepairOrderSpec, type Row } from './ro-writer.ts'

export interface SnapshotOutcome {
  readonly outcome: string
  readonly affected_dates: string[]
}

export interface DayOutcome {
  readonly row: Row | null
  readonly changed: boolean
  readonly deleted: boolean
  readonly restated: number
}

const parsers: Record<number, (text: string) => unknown> = {
  20: Number, // bigint
  1700: Number, // numeric
  1082: String, // date
  1016: (text) => text.slice(1, -1).split(',').filter(Boolean).map(Number), // bigint[]
}

/** The figures of these tests are small enough for numbers. */
const types = {
  getTypeParser: (oid: number): unknown => parsers[oid] ?? pg.types.getTypeParser(oid),
} as pg.CustomTypesConfig

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, types })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('set role service_role')
  return client
}

const orderOf: Record<string, string> = {
  ro_snapshots: 'ro_tm_id, snapshot_date, snapshot_trigger',
  daily_shop_metrics: 'metric_date',
  tech_daily_metrics: 'metric_date, technician_id',
  advisor_daily_metrics: 'metric_date, service_advisor_id nulls last',
  dirty_days: 'metric_date',
  metric_restatements: 'metric_date, restated_at, metric',
}

export interface MetricsWorld {
  readonly database: TestDatabase
  readonly client: pg.Client
  /** The shop that all of the below speaks of. */
  readonly shopId: string
  readonly connect: () => Promise<pg.Client>
  /** Opens a new shop and makes it the current one, so that tests of a file share a database and no rows. */
  readonly startShop: (timezone?: string) => Promise<string>
  readonly addEmployee: (tmId: number, name: string) => Promise<string>
  /** Writes or rewrites an RO with all its lines; answers its UUID. */
  readonly put: (spec: RepairOrderSpec) => Promise<string>
  /** `ro_metrics` of the RO as it stands. */
  readonly figures: (spec: RepairOrderSpec) => Promise<Row>
  readonly refresh: (ro: number, options?: { manual?: boolean }) => Promise<SnapshotOutcome>
  readonly refreshDay: (date: string) => Promise<DayOutcome>
  /** Refreshes every dirty day, oldest first. */
  readonly settle: () => Promise<string[]>
  /** All rows of a table of this shop in a stable order. */
  readonly rows: (table: string) => Promise<Row[]>
  readonly close: () => Promise<void>
}

export const createMetricsWorld = async (): Promise<MetricsWorld> => {
  const database = await createTestDatabase()
  const clients: pg.Client[] = []
  const open = async (): Promise<pg.Client> => {
    const client = await connect(database.adminUrl)
    clients.push(client)
    return client
  }
  const client = await open()
  let shops = 0
  let shopId = ''
  const startShop = async (timezone = 'America/New_York'): Promise<string> => {
    shops += 1
    shopId = await insert(client, 'shops', { tm_id: shops, name: `Shop ${shops}`, timezone })
    return shopId
  }
  await startShop()

  const put = (spec: RepairOrderSpec): Promise<string> => putRepairOrder(client, shopId, spec)
  const rows = async (table: string): Promise<Row[]> =>
    (
      await client.query<Row>(`select * from public.${table} where shop_id = $1 order by ${orderOf[table]}`, [
        shopId,
      ])
    ).rows
  const call = async <T>(text: string, values: readonly unknown[]): Promise<T> => {
    const result = await client.query<{ answer: T }>(`select ${text} as answer`, [...values])
    const row = result.rows[0]
    if (row === undefined) throw new Error('a function call answers one row')
    return row.answer
  }
  const refreshDay = (date: string): Promise<DayOutcome> =>
    call('public.refresh_daily_metrics($1, $2)', [shopId, date])

  return {
    database,
    client,
    get shopId() {
      return shopId
    },
    connect: open,
    startShop,
    addEmployee: (tmId, name) =>
      insert(client, 'employees', { shop_id: shopId, tm_id: tmId, first_name: name, last_name: 'Sample' }),
    put,
    figures: async (spec) => {
      const id = await put(spec)
      const result = await client.query<Row>('select * from public.ro_metrics($1)', [id])
      return result.rows[0] ?? {}
    },
    refresh: (ro, { manual = false } = {}) =>
      call('public.refresh_ro_snapshot($1, $2, $3)', [shopId, ro, manual]),
    refreshDay,
    settle: async () => {
      const dates = (await rows('dirty_days')).map((row) => String(row['metric_date']))
      for (const date of dates) await refreshDay(date)
      return dates
    },
    rows,
    close: async () => {
      for (const each of clients) await each.end()
      await database.drop()
    },
  }
}
