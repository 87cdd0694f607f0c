// `npm run bench -- metrics [--ros 20000] [--full]`: what rebuilds and report functions cost while the warehouse grows
// around one shop: at 1,000 and 100,000 ROs, with --full also at 1,000,000; with --ros at 1,000 and that many.
// The measured shop has up to 6,000 ROs of the last year, all with lines; the others have three years of 18,000 ROs each
// without lines, which no function that is timed here reads of them (see generate-ros.ts). Each size is a database of its own.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { rebuildMetrics, type Rebuilt } from '../src/core/rebuild-metrics.ts'
import { migrate } from '../src/core/warehouse/migrate.ts'
import { createWarehouse, type Warehouse } from '../src/core/warehouse/warehouse.ts'
import { prepareDatabase } from '../src/embedded/database.ts'
import { silentLog } from '../src/embedded/log.ts'
import { startPostgres } from '../src/embedded/postgres/launcher.ts'
import { startSupabaseApi } from '../src/embedded/supabase-api/server.ts'
import { generateShop } from './generate-ros.ts'
import { quantile } from './quantile.ts'
import { admitUser, timeReports, type Timing } from './report-functions.ts'
import { option, row } from './sandbox.ts'

const SHOP_YEAR = 6_000
const OTHER_SHOP = 18_000
const BASE = 1_000
const DAY_CALLS = 60

const sizes = (): number[] => {
  if (process.argv.includes('--ros')) return [...new Set([BASE, option('ros', BASE)])]
  return process.argv.includes('--full') ? [BASE, 100_000, 1_000_000] : [BASE, 100_000]
}

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

/** Postgres' generic plans of a session are those of a real one: a pool keeps its connections. */
const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

export const benchMetrics = async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'warehouse-bench-'))
  const postgres = await startPostgres({ dataDir, durable: false, log: silentLog })
  try {
    const bySize = new Map<number, Timing[]>()
    for (const size of sizes()) bySize.set(size, await measure(postgres.url, size))
    printReports(bySize)
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const measure = async (adminUrl: string, size: number): Promise<Timing[]> => {
  const database = await prepareDatabase({ adminUrl, database: `ros_${size}` })
  await migrate({ databaseUrl: database.ownerUrl, log: silentLog })
  const client = await connect(database.adminUrl)
  const jwtSecret = randomBytes(32).toString('base64url')
  const api = await startSupabaseApi({ databaseUrl: database.apiUrl, jwtSecret, log: silentLog })
  try {
    const startedAt = performance.now()
    const shops = await generate(client, size)
    console.log(`${size.toLocaleString('en')} ROs, generated in ${seconds(startedAt)}`)
    const warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
    await timeRebuilds(warehouse, client, shops[0] ?? '')
    await fillOtherDays(client, shops.slice(1))
    await client.query('vacuum analyze')
    const userId = await admitUser(client, shops.slice(0, 3))
    return await timeReports(client, { shopId: shops[0] ?? '', userId, today: daysAgo(0) })
  } finally {
    await api.close()
    await client.end()
  }
}

/** @returns the shops, the measured one first */
const generate = async (client: pg.Client, size: number): Promise<string[]> => {
  const measured = Math.min(size, SHOP_YEAR)
  const to = daysAgo(0)
  const from = daysAgo(Math.ceil((measured / SHOP_YEAR) * 365) - 1)
  const shops = [await generateShop(client, { tmId: 1, repairOrders: measured, from, to, lines: true })]
  for (let left = size - measured; left > 0; left -= OTHER_SHOP) {
    const repairOrders = Math.min(left, OTHER_SHOP)
    shops.push(
      await generateShop(client, {
        tmId: shops.length + 1,
        repairOrders,
        from: daysAgo(Math.ceil((repairOrders / OTHER_SHOP) * 1_095) - 1),
        to,
        lines: false,
      }),
    )
  }
  await client.query('analyze')
  return shops
}

const seconds = (startedAt: number): string => `${((performance.now() - startedAt) / 1000).toFixed(2)} s`

const timeRebuilds = async (warehouse: Warehouse, client: pg.Client, shopId: string): Promise<void> => {
  const range = { warehouse, shopId, from: daysAgo(400), to: daysAgo(0) }
  const timed = async (label: string, work: () => Promise<Rebuilt>): Promise<void> => {
    const startedAt = performance.now()
    const { repairOrders, days } = await work()
    row(label, `${seconds(startedAt)} (${repairOrders > 0 ? `${repairOrders} ROs, ` : ''}${days} days)`)
  }
  await timed('first build from lines', () => rebuildMetrics({ ...range, fromLines: true }))
  await client.query('analyze')
  await timed('rebuild from lines, nothing to change', () => rebuildMetrics({ ...range, fromLines: true }))
  await client.query('update ro_snapshots set fees_total = fees_total + 1 where shop_id = $1', [shopId])
  await timed('rebuild from snapshots, every day changes', () =>
    rebuildMetrics({ ...range, fromLines: false }),
  )
  await timed('rebuild from snapshots, nothing to change', () =>
    rebuildMetrics({ ...range, fromLines: false }),
  )
  await timeDay(client, shopId)
}

/** One day, each time with a figure to correct. */
const timeDay = async (client: pg.Client, shopId: string): Promise<void> => {
  const times: number[] = []
  for (let turn = 0; turn < DAY_CALLS; turn += 1) {
    const day = [shopId, daysAgo(4 + (turn % 30))]
    await client.query(
      'update ro_snapshots set fees_total = fees_total + 1 where shop_id = $1 and snapshot_date = $2',
      day,
    )
    const startedAt = performance.now()
    await client.query('select refresh_daily_metrics($1, $2)', day)
    times.push(performance.now() - startedAt)
  }
  row("a day's rebuild, p50 / p95", `${ms(quantile(times, 0.5))} / ${ms(quantile(times, 0.95))}`)
}

const fillOtherDays = async (client: pg.Client, shopIds: readonly string[]): Promise<void> => {
  const startedAt = performance.now()
  for (const shopId of shopIds)
    await client.query(
      `select count(refresh_daily_metrics($1, day::date)) from jsonb_array_elements_text(metric_days($1, $2, $3)) day`,
      [shopId, daysAgo(1_200), daysAgo(0)],
    )
  if (shopIds.length > 0) row(`days of ${shopIds.length} other shops`, seconds(startedAt))
}

const ms = (value: number): string => `${value.toFixed(1)} ms`

/** A row a function: p50 / p95 at each size, and the p50 of the largest against that of the smallest. */
const printReports = (bySize: ReadonlyMap<number, readonly Timing[]>): void => {
  const [[, base] = [0, []], ...rest] = [...bySize]
  const last = rest.at(-1)?.[1] ?? base
  console.log(
    `report functions, p50 / p95 at ${[...bySize.keys()].join(', ')} ROs; last / first at p50 and p95`,
  )
  for (const { label, p50, p95 } of base) {
    const all = [...bySize.values()].map((timings) => timings.find((timing) => timing.label === label))
    const cells = all.map((timing) => (timing ? `${ms(timing.p50)} / ${ms(timing.p95)}` : '–'))
    const grown = last.find((timing) => timing.label === label)
    const ratio = grown ? `${(grown.p50 / p50).toFixed(2)} ×, ${(grown.p95 / p95).toFixed(2)} ×` : ''
    row(label, `${cells.join('   ')}   ${ratio}`)
  }
}
