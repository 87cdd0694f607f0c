// The demo as a visitor types it, in a data directory of its own against a small simulator: it ends well, shows what the
// tables hold, and a second run finds nothing to do. Wrong settings end the same command with their names and 78.
// On the embedded queue store only: that is what the demo of a laptop runs on.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createQueueJobs } from '../../src/core/enqueue.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createQueueStore } from '../../src/core/queue-store.ts'
import { withClient } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { createSimulator } from '../../src/embedded/simulator/simulator.ts'
import { startEmbeddedStack } from '../../src/embedded/stack.ts'
import { eventually } from '../support/eventually.ts'
import { changedRows, writtenRows } from '../support/pipeline-rows.ts'
import { navigate } from './http-world.ts'

const BIN = fileURLToPath(new URL('../../bin/warehouse.mjs', import.meta.url))
const LONG = 120_000
const SHOPS = [4321, 4322]

const folder = mkdtempSync(join(tmpdir(), 'warehouse-demo-'))
const dataDir = join(folder, 'data')
const simulator = createSimulator({
  now: new Date().toISOString(),
  days: 8,
  shops: SHOPS.map((tmId) => ({ tmId, repairOrders: 40 })),
})
let url: string
beforeAll(async () => void ({ url } = await simulator.listen()))
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Settings = Readonly<Record<string, string>>

/** The command with these settings and no others. `said` grows while it runs. */
const start = (args: readonly string[], settings: Settings) => {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], DATA_DIR: dataDir, ...settings }
  const child = spawn(process.execPath, [BIN, ...args], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => void (said.out += String(chunk)))
  child.stderr.on('data', (chunk) => void (said.err += String(chunk)))
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...said }))
  return { child, said, ended }
}

const warehouse = (args: readonly string[], settings: Settings): Promise<Ended> => start(args, settings).ended

const settingsOfDemo = (): Settings => ({
  TM_BASE_URL: url,
  TM_AUTH_TOKEN: simulator.tokens.allShops,
  TM_SHOP_ID: SHOPS.join(','),
  TM_REQUESTS_PER_MINUTE: '60000',
  PORT: '0',
})

const demo = () => warehouse(['demo', '--once'], settingsOfDemo())

/** Shop, date, ROs, sales and profit in cents, hours in hundredths. */
type Day = readonly [shop: number, date: string, ros: number, sales: number, profit: number, hours: number]

const hundredths = (text: string): number => Math.round(Number(text.replaceAll(',', '')) * 100)

const printedDays = (out: string): Day[] => {
  const days: Day[] = []
  let shop = 0
  for (const line of out.split('\n')) {
    shop = Number(/^Shop (\d+) /.exec(line)?.[1] ?? shop)
    const [, date, ros, sales, profit, hours] =
      /^(\d{4}-\d\d-\d\d) +(\d+) +(\S+) +(\S+) +(?:–|\S+ %) +(\S+)$/.exec(line) ?? []
    if (date === undefined) continue
    days.push([
      shop,
      date,
      Number(ros),
      hundredths(sales ?? ''),
      hundredths(profit ?? ''),
      hundredths(hours ?? ''),
    ])
  }
  return days.toSorted(byShopAndDate)
}

const byShopAndDate = (a: Day, b: Day): number => a[0] - b[0] || a[1].localeCompare(b[1])

const STATES = ['waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed'] as const

type Query = Parameters<typeof writtenRows>[0]['query']

const daysHeld = async (query: Query): Promise<Day[]> => {
  const rows = await query<Record<string, string>>(
    `select s.tm_id, to_char(d.metric_date, 'YYYY-MM-DD') as date, d.ro_count, d.authorized_revenue, d.authorized_profit,
            d.labor_hours
       from daily_shop_metrics d join shops s on s.id = d.shop_id`,
  )
  const days = rows.map((row): Day => [
    Number(row['tm_id']),
    row['date'] ?? '',
    Number(row['ro_count']),
    Number(row['authorized_revenue']),
    Number(row['authorized_profit']),
    hundredths(row['labor_hours'] ?? ''),
  ])
  return days.toSorted(byShopAndDate)
}

/** Queue jobs that wait or ended, by queue. */
const workDone = async (url: string): Promise<Record<string, number>> => {
  const store = createQueueStore({ kind: 'postgres', url, log: silentLogger() })
  const queueJobs = createQueueJobs(store)
  try {
    const done: Record<string, number> = {}
    for (const name of ['snapshots', 'metrics'] as const)
      done[name] = await queueJobs.queue(name).getJobCountByTypes(...STATES)
    return done
  } finally {
    await queueJobs.close()
    await store.close()
  }
}

/** What the demo left behind, read after its end. */
const look = async () => {
  const stack = await startEmbeddedStack({ dataDir, log: silentLog })
  try {
    const work = await workDone(stack.queueDatabaseUrl)
    return await withClient(stack.databaseUrl, async (client) => {
      const query: Query = async <R extends pg.QueryResultRow>(
        text: string,
        values: readonly unknown[] = [],
      ) => (await client.query<R>(text, [...values])).rows
      const marks = await query(
        `select from repair_orders where snapshot_stale union all select from dirty_days
          union all select from customers where is_placeholder and looked_up_at is null`,
      )
      return { work, marks, days: await daysHeld(query), written: await writtenRows({ query }) }
    })
  } finally {
    await stack.stop()
  }
}

describe('warehouse demo --once', () => {
  test(
    'prints the days that the tables hold; a second run writes no row and builds nothing',
    async () => {
      // Customers are asked for again, seconds later: the demo ends when all is quiet, not when its table is shown.
      simulator.faults.add({ route: 'customers', kind: 'status', status: 503, times: 2 })
      const first = await demo()
      expect(first, first.err).toMatchObject({ code: 0, err: expect.not.stringContaining('Error') as string })
      const before = await look()
      expect(before.marks).toEqual([])
      expect(before.days.length).toBeGreaterThan(8)
      expect(new Set(before.days.map(([shop]) => shop))).toEqual(new Set(SHOPS))
      expect(printedDays(first.out)).toEqual(before.days)
      expect(before.work['snapshots']).toBeGreaterThan(20)
      expect(before.work['metrics']).toBeGreaterThan(5)
      // Fewer than are kept, so that one more would show.
      expect(before.work['snapshots']).toBeLessThan(200)

      const second = await demo()
      expect(second, second.err).toMatchObject({ code: 0 })
      expect(printedDays(second.out)).toEqual(before.days)
      const after = await look()
      expect(after.marks).toEqual([])
      expect(after.work).toEqual(before.work)
      expect(changedRows(before.written, after.written)).toEqual([])
    },
    LONG,
  )
})

/** What the demo prints where people look for it: addresses of its pages, and the login. */
const addressesIn = (out: string): string[] =>
  out.split('\n').filter((line) => /^ {2}(operators|Bull Board|API docs|login) /.test(line))

describe('beside a running demo', () => {
  let running: ReturnType<typeof start>
  beforeAll(async () => {
    running = start(['demo'], settingsOfDemo())
    await eventually('the demo is up', LONG, async () => running.said.out.includes('Ctrl-C'))
  }, LONG)
  const join = (...args: string[]): Promise<Ended> => warehouse(args, settingsOfDemo())

  test('every address that it prints for people has its page', async () => {
    const [operators, board, docs] = addressesIn(running.said.out).map((line) => /http\S+/.exec(line)?.[0])
    // 303: whoever is not signed in signs in first.
    for (const page of [operators, board]) expect(await navigate(page ?? '')).toMatchObject({ status: 303 })
    expect(await navigate(docs ?? '')).toMatchObject({
      status: 200,
      text: expect.stringContaining('swagger'),
    })
  })

  test('a second one says that it joins, shows the same days and where the first one is, and ends', async () => {
    const { code, out, err } = await join('demo')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`joins process ${running.child.pid}`)
    expect(printedDays(out)).toEqual(printedDays(running.said.out))
    expect(addressesIn(out)).toHaveLength(4)
    expect(addressesIn(out)).toEqual(addressesIn(running.said.out))
  })

  test('a day that is yet to come is not explained: the flag is wrong', async () => {
    const { code, out, err } = await join('explain', '--shop', String(SHOPS[0]), '--date', '2099-01-01')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(
      /^warehouse: --date 2099-01-01 is yet to come: the shop's today is \d{4}-\d\d-\d\d\n$/,
    )
  })

  test('the schedules are those of the demo, not those that the settings of the command would make', async () => {
    const { code, out } = await join('schedules', 'list')
    expect(code).toBe(0)
    expect(out).toMatch(/^discover-board\.4321 +every 1 min +\S.* +every 5 min$/m)
    expect(out).toMatch(/^discover-report\.4321 +every 60 min +in \d+ minutes?$/m)
  })

  test('the first one goes on, and ends well when it is told to', async () => {
    expect(running.child.exitCode).toBeNull()
    running.child.kill('SIGTERM')
    const { code, err } = await running.ended
    expect(code, err).toBe(0)
  })
})

test('told to stop while it works, it stops, and does not call that a success', async () => {
  simulator.faults.add({ route: 'report', kind: 'status', status: 503 })
  const { child, said, ended } = start(['demo', '--once'], settingsOfDemo())
  await eventually('the demo works', LONG, async () => said.out.includes('queue store'))
  child.kill('SIGTERM')
  const { code, out, err } = await ended
  simulator.faults.clear()
  expect(err).not.toMatch(/ERROR|^warehouse:/m)
  expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/stopping …\n$/) as string })
})

describe('settings that cannot be used', () => {
  test('end the command with 78, every problem by name and no value', async () => {
    const wrong = {
      TM_BASE_URL: 'gopher://canary-one',
      SUPABASE_URL: 'https://canary-two.example.com',
      REDIS_URL: 'canary-three',
      PORT: '70000',
      SYNC_ENABLED: 'canary-four',
      STORE_RAW_PAYLOADS: 'canary-five',
    }
    for (const args of [['demo', '--once'], ['start'], ['ops-summary']]) {
      const { code, out, err } = await warehouse(args, wrong)
      expect({ args, code, out }).toEqual({ args, code: 78, out: '' })
      const { SUPABASE_URL: _fine, ...malformed } = wrong
      for (const name of [...Object.keys(malformed), 'SUPABASE_SERVICE_KEY'])
        expect(err).toContain(`${name}: `)
      expect(err).not.toMatch(/canary|70000|node_modules/)
    }
  })
})
