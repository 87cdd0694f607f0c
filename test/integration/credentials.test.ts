// Tokens of shops in the assembled program: read from `tm_tokens`, each for its own shop only, a pause with one alert when
// TM refuses one, and an end of the pause by itself when a new one works. And the commands that store them.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir, userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connections } from '../../src/connections.ts'
import { readConfig } from '../../src/core/config.ts'
import { withClient } from '../../src/embedded/database.ts'
import { createSimulator, type Simulator } from '../../src/embedded/simulator/simulator.ts'
import { openProgram, type Program } from '../../src/program.ts'
import { checkCredentials } from '../../src/workers/jobs/check-credentials.ts'
import { discoverRepairOrders } from '../../src/workers/jobs/discover-repair-orders.ts'
import type { FinishedQueueJob } from '../../src/workers/runtime.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { requestSync } from '../support/pipeline.ts'
import { syncList } from '../support/pipeline-lists.ts'
import { collectLog } from '../support/pipeline-log.ts'
import { queueStores } from '../support/queue-store.ts'

const LONG = 120_000
const [NORTH, SOUTH] = [4321, 4322]
const WARE = fileURLToPath(new URL('../../bin/warehouse.mjs', import.meta.url))

const startSimulator = async (): Promise<{ simulator: Simulator; url: string }> => {
  const simulator = createSimulator({
    shops: [
      { tmId: NORTH, repairOrders: 8 },
      { tmId: SOUTH, repairOrders: 8 },
    ],
    days: 4,
    quirks: { allShopsToken: false },
  })
  return { simulator, url: (await simulator.listen()).url }
}

describe.each(queueStores())('on $kind', (store) => {
  let simulator: Simulator
  let database: TestDatabase
  let api: TestApi
  let program: Program
  const { log, lines } = collectLog('trace')
  const finished: FinishedQueueJob[] = []
  const issued: string[] = []
  const name = `credentials_${randomBytes(5).toString('hex')}`

  const giveToken = async (shop: number): Promise<void> => {
    const { shops, tokens } = program.services.warehouse
    const token = simulator.tokens.issue(shop)
    issued.push(token)
    const known = (await shops.list()).find(({ tmId }) => tmId === shop)
    await tokens.set({ shopId: known?.id ?? '', token, expiresAt: null })
  }
  const pausedShops = async () =>
    (await program.services.warehouse.shops.list())
      .filter(({ pausedAt }) => pausedAt !== null)
      .map(({ tmId }) => tmId)
  const probe = async (): Promise<void> => {
    const done = () => finished.filter((job) => job.name === 'check-credentials').length
    const before = done()
    // A probe that is just ending would take the request for its own.
    const active = () => program.queueJobs.queue('maintenance').getActiveCount()
    await expect.poll(active, { timeout: 20_000 }).toBe(0)
    await program.queueJobs.request(checkCredentials, {})
    await expect.poll(done, { timeout: 20_000 }).toBe(before + 1)
  }

  beforeAll(async () => {
    const started = await startSimulator()
    simulator = started.simulator
    database = await createTestDatabase()
    api = await startTestApi(database)
    const queue = { ...store, prefix: name, schema: name }
    const connections: Connections = {
      queue,
      warehouse: { ...api, databaseUrl: null },
      tekmetric: {
        baseUrl: started.url,
        authToken: null,
        shopTokens: new Map(),
        requestsPerMinute: 60_000,
        shops: [],
      },
      clock: async () => simulator.clock.now(),
      embedded: null,
      alone: false,
      close: async () => undefined,
    }
    program = await openProgram({ config: readConfig({}), connections, log })
    for (const { tmId, name: title, timeZone } of simulator.shops)
      await program.services.warehouse.shops.ensure({ tmId, name: title, timezone: timeZone })
    for (const shop of [NORTH, SOUTH]) await giveToken(shop)
    await program.start(['worker'], { onFinished: (job) => void finished.push(job) })
  })
  afterAll(async () => {
    await program.close()
    await Promise.all([simulator.close(), api.close()])
    if (store.kind === 'postgres')
      await withClient(store.url, (client) =>
        client.query(`drop schema if exists ${pg.escapeIdentifier(name)} cascade`),
      )
    await database.drop()
  })

  test(
    'a shop whose token is refused pauses alone, with one alert, and goes on by itself with a new one',
    { timeout: LONG },
    async () => {
      const runs = []
      for (const shop of [NORTH, SOUTH])
        runs.push(await requestSync(program, { shop, source: 'all', daysBack: 6 }))
      const status = async (runId = '') => (await program.services.warehouse.runs.finish({ runId })).status
      for (const runId of runs) await expect.poll(() => status(runId), { timeout: LONG / 2 }).toBe('finished')

      simulator.tokens.expire(NORTH)
      const waiting = await requestSync(program, { shop: NORTH, source: 'sweep', daysBack: 6 })
      await expect.poll(pausedShops, { timeout: 20_000 }).toEqual([NORTH])
      expect(await syncList(program, { shop: SOUTH, kind: 'employees' })).toMatchObject({
        status: 'finished',
        failed: 0,
      })
      await probe()
      expect(await pausedShops()).toEqual([NORTH])

      await giveToken(NORTH)
      await probe()
      expect(await pausedShops()).toEqual([])
      await program.queueJobs.queue('discovery').promoteJobs()
      await expect.poll(() => status(waiting), { timeout: LONG / 2 }).toBe('finished')
      expect(lines.filter(({ event }) => event === 'shop.paused')).toMatchObject([
        { shop: NORTH, level: 'error' },
      ])
      expect(lines.filter(({ event }) => event === 'shop.resumed')).toMatchObject([{ shop: NORTH }])
      expect(finished.filter(({ outcome }) => outcome === 'failed' || outcome === 'retry')).toEqual([])
    },
  )

  test('a paused shop costs one cheap call a probe, and none of its queue jobs runs', async () => {
    simulator.tokens.expire(NORTH)
    await expect
      .poll(
        async () => {
          await program.queueJobs.queue('discovery').promoteJobs()
          await requestSync(program, { shop: NORTH, source: 'board' })
          return pausedShops()
        },
        { timeout: 20_000 },
      )
      .toEqual([NORTH])
    const active = () => program.queueJobs.queue('discovery').getActiveCount()
    await expect.poll(active, { timeout: 20_000 }).toBe(0)
    const before = simulator.requests.count({ shop: NORTH })
    await requestSync(program, { shop: NORTH, source: 'report' })
    await probe()
    await expect.poll(active, { timeout: 20_000 }).toBe(0)
    // The call, and its repetition after the token was read again.
    const made = simulator.requests.list({ shop: NORTH }).slice(before)
    expect(made.length).toBeLessThanOrEqual(2)
    expect(new Set(made.map(({ route }) => route))).toEqual(new Set(['employees-lite']))
  })

  test('what its schedules ask for meanwhile ends at once: nothing piles up for the moment it resumes', async () => {
    const queue = program.queueJobs.queue('discovery')
    const data = { shop: NORTH, source: 'board', board: 'ALL', lane: 'incremental', trigger: 'schedule' }
    const waitingBefore = await queue.getDelayedCount()
    const ended = () => finished.filter(({ summary }) => summary['skipped'] === 'the shop is paused').length
    await queue.upsertJobScheduler('often', { every: 300 }, { name: discoverRepairOrders.name, data })
    await expect.poll(ended, { timeout: 20_000 }).toBeGreaterThanOrEqual(3)
    await queue.removeJobScheduler('often')
    expect(await queue.getDelayedCount()).toBe(waitingBefore)
    expect(await pausedShops()).toEqual([NORTH])
  })

  test('the listing during which TM refused the token ends with the pause, and says why', async () => {
    const { runs } = program.services.warehouse
    const queue = program.queueJobs.queue('discovery')
    const scheduled = async () => {
      const found = await runs.list({ shopIds: null, limit: 50 })
      return found
        .filter(({ trigger }) => trigger === 'schedule')
        .map(({ status, error }) => ({ status, error }))
    }
    await giveToken(NORTH)
    await probe()
    expect(await pausedShops()).toEqual([])
    simulator.tokens.expire(NORTH)
    const data = { shop: NORTH, source: 'board', board: 'ALL', lane: 'incremental', trigger: 'schedule' }
    await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: discoverRepairOrders.name, data })
    await expect.poll(pausedShops, { timeout: 20_000 }).toEqual([NORTH])
    expect(await scheduled()).toMatchObject([{ status: 'listing' }])
    await expect
      .poll(
        async () => {
          await queue.promoteJobs()
          return scheduled()
        },
        { timeout: 20_000 },
      )
      .toMatchObject([{ status: 'failed', error: { class: 'credential' } }])
    await queue.removeJobScheduler('hourly')
  })

  test('no call for one shop was made with a token of the other, and no line holds a token', () => {
    const shopOfRo = new Map(simulator.truth().repairOrders.map(({ id, shopTmId }) => [id, shopTmId]))
    const calls = simulator.requests.list().filter(({ token }) => token !== null)
    expect(calls.length).toBeGreaterThan(40)
    const strangers = calls.filter(
      ({ token, shop, ro }) => token !== (shop ?? shopOfRo.get(ro ?? 0) ?? token),
    )
    expect(strangers).toEqual([])
    const text = JSON.stringify([lines, finished])
    for (const token of issued) expect(text).not.toContain(token)
  })
})

describe.each(queueStores().filter(({ kind }) => kind === 'redis'))('the commands', (store) => {
  let simulator: Simulator
  let database: TestDatabase
  let api: TestApi
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    const started = await startSimulator()
    simulator = started.simulator
    database = await createTestDatabase()
    api = await startTestApi(database)
    env = {
      PATH: process.env['PATH'],
      REDIS_URL: store.url,
      SUPABASE_URL: api.url,
      SUPABASE_SERVICE_KEY: api.serviceKey,
      TM_BASE_URL: started.url,
      // Named and unknown to the warehouse: the first token must be storable all the same.
      TM_SHOP_ID: String(NORTH),
    }
  })
  afterAll(async () => {
    await Promise.all([simulator.close(), api.close()])
    await database.drop()
  })

  const run = async (args: readonly string[], input = '') => {
    const child = spawn(process.execPath, [WARE, ...args, '--json'], { env, cwd: tmpdir() })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.stdin.end(input)
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, out, err, json: (): unknown => JSON.parse(out) }
  }

  test(
    'a token is taken from standard input, tried, and listed without its value',
    { timeout: LONG },
    async () => {
      const token = simulator.tokens.issue(NORTH, { expiresAt: '2040-01-01T00:00:00Z' })
      const set = await run(['tokens', 'set', '--shop', String(NORTH)], ` Bearer ${token}\n`)
      expect(set.code, set.err).toBe(0)
      expect(set.json()).toEqual({
        shop: NORTH,
        replaced: false,
        expiresAt: '2040-01-01T00:00:00.000Z',
        accepted: true,
        resumed: false,
      })
      await withClient(database.adminUrl, (client) => client.query(`update shops set paused_at = now()`))
      const again = await run(['tokens', 'set', '--shop', String(NORTH)], JSON.stringify({ token }))
      expect(again.json()).toMatchObject({ replaced: true, accepted: true, resumed: true })
      const list = await run(['tokens', 'list'])
      expect(list.json()).toMatchObject([{ shopTmId: NORTH, expiresAt: '2040-01-01T00:00:00+00:00' }])
      for (const { out, err } of [set, again, list]) expect(out + err).not.toContain(token)
    },
  )

  test('a token that TM refuses is stored and said to be refused', { timeout: LONG }, async () => {
    const set = await run(['tokens', 'set', '--shop', String(NORTH)], 'nobody-issued-this-token')
    expect(set.code, set.err).toBe(1)
    expect(set.json()).toMatchObject({ accepted: false, resumed: false })
  })

  test('a token on the command line, none or a whole file is wrong usage', { timeout: LONG }, async () => {
    const onLine = await run(['tokens', 'set', '--shop', String(NORTH), 'secret-on-the-line'])
    const none = await run(['tokens', 'set', '--shop', String(NORTH)], '\n')
    const typo = await run(['tokens', 'set', '--shop', '9999'], 'a-token')
    const wrongFile = await run(['tokens', 'set', '--shop', String(NORTH)], 'x'.repeat(100_000))
    expect([onLine.code, none.code, typo.code, wrongFile.code]).toEqual([2, 2, 2, 2])
    expect(typo.err).toContain('warehouse shops add')
    expect(onLine.out + onLine.err).not.toContain('secret-on-the-line')
  })

  test(
    'acts are in the audit log with who and what, refused ones too; looking is none',
    { timeout: LONG },
    async () => {
      const made = await run(['keys', 'create', '--name', 'an example', '--role', 'manager', '--all-shops'])
      const { key } = made.json() as { key: string }
      const mistaken = await run(['keys', 'revoke', key])
      expect([made.code, mistaken.code]).toEqual([0, 2])
      const { rows } = await withClient(database.adminUrl, (client) =>
        client.query<Record<string, unknown>>(
          `select a.actor_kind, a.actor_id, a.act, s.tm_id::int as shop, a.target, a.status
           from audit_log a left join shops s on s.id = a.shop_id order by a.id`,
        ),
      )
      const who = { actor_kind: 'cli', actor_id: userInfo().username, shop: null }
      const set = { ...who, act: 'warehouse tokens set', shop: NORTH, target: {}, status: 200 }
      const create = { name: 'an example', role: 'manager', all_shops: true }
      expect(rows).toEqual([
        ...Array.from({ length: 3 }, () => set),
        { ...set, status: 400 },
        { ...set, shop: null, target: { shop: 9999 }, status: 400 },
        { ...set, status: 400 },
        { ...who, act: 'warehouse keys create', target: create, status: 200 },
        { ...who, act: 'warehouse keys revoke', target: { id: '[secret]' }, status: 400 },
      ])
      expect(JSON.stringify(rows)).not.toContain(key)
    },
  )
})
