// Nothing embedded: the command itself, as processes, against servers that the settings name (TM, Supabase, Redis), the way
// production runs it. What an operator types goes through the real terminal interface: arguments, JSON, exit codes.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { createSimulator, type Simulator } from '../../src/embedded/simulator/simulator.ts'
import { apiBackends, startTestApi, type TestApi } from '../support/api.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { queueStores } from '../support/queue-store.ts'

const BIN = fileURLToPath(new URL('../../bin/warehouse.mjs', import.meta.url))
const SHOP = 4321
const LONG = 120_000
const redis = queueStores().find(({ kind }) => kind === 'redis')

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The only settings a child gets: what this machine happens to have set must not decide. */
const settings = (api: TestApi, database: TestDatabase, tekmetric: { url: string; token: string }) => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  TM_BASE_URL: tekmetric.url,
  TM_AUTH_TOKEN: tekmetric.token,
  TM_SHOP_ID: String(SHOP),
  TM_REQUESTS_PER_MINUTE: '60000',
  SUPABASE_URL: api.url,
  SUPABASE_SERVICE_KEY: api.serviceKey,
  DATABASE_URL: database.ownerUrl,
  STORE_RAW_PAYLOADS: 'all',
  // A database of Redis of its own: the program's key prefix is fixed.
  REDIS_URL: `${redis?.url ?? ''}/7`,
})

const collect = (child: ChildProcess): Promise<Ended> => {
  const said = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => void (said.out += String(chunk)))
  child.stderr?.on('data', (chunk) => void (said.err += String(chunk)))
  return once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }))
}

// The global setup has said loudly when there is no Redis; with CI=true that is a failure there.
// Behind what production has, where this machine has it.
describe.skipIf(redis === undefined).each(apiBackends.slice(-1).map((backend) => ({ backend })))(
  'hosted, behind $backend',
  ({ backend }) => {
    let simulator: Simulator
    let database: TestDatabase
    let api: TestApi
    let env: Record<string, string | undefined>
    let folder: string
    let worker: ChildProcess | undefined
    let workerEnded: Promise<Ended> | undefined

    const start = (args: readonly string[]): ChildProcess =>
      spawn(process.execPath, [BIN, ...args], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const warehouse = (...args: string[]): Promise<Ended> => collect(start(args))
    /** @returns what the command printed with --json, once it has ended with `code` */
    const json = async (code: number, ...args: string[]): Promise<Record<string, unknown>> => {
      const ended = await warehouse('--json', ...args)
      expect({ args, code: ended.code, err: ended.err }).toEqual({ args, code, err: ended.err })
      return JSON.parse(ended.out) as Record<string, unknown>
    }

    beforeAll(async () => {
      simulator = createSimulator({
        now: new Date().toISOString(),
        days: 8,
        shops: [{ tmId: SHOP, repairOrders: 40 }],
      })
      const [{ url }, made] = await Promise.all([simulator.listen(), createTestDatabase()])
      database = made
      api = await startTestApi(database, { backend })
      folder = await mkdtemp(join(tmpdir(), 'warehouse-hosted-'))
      env = {
        ...settings(api, database, { url, token: simulator.tokens.for(SHOP) }),
        DATA_DIR: join(folder, 'data'),
      }
    }, LONG)
    afterAll(async () => {
      worker?.kill('SIGKILL')
      await workerEnded
      await Promise.all([simulator.close(), api.close()])
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    })

    it('a dry run writes nothing: a shop that the warehouse lacks is not enrolled', async () => {
      const { id: ro } = simulator.truth().repairOrders[0] ?? { id: 0 }
      const ended = await warehouse('resync', String(ro), '--shop', String(SHOP), '--dry-run')
      expect(ended).toMatchObject({ code: 2, out: '' })
      const shops = await withClient(database.adminUrl, (client) => client.query('select from shops'))
      expect(shops.rows).toEqual([])
    })

    it(
      'migrates, works in one process and syncs from another, to the last RO',
      { timeout: LONG },
      async () => {
        expect((await warehouse('migrate')).code).toBe(0)
        worker = start(['start', '--roles', 'worker,scheduler'])
        workerEnded = collect(worker)
        const wanted = ['sync', 'repair-orders', '--shop', String(SHOP), '--days-back', '30']
        const run = await json(0, ...wanted, '--board', 'ALL', '--wait')
        expect(run).toMatchObject({ status: 'finished', failed: 0, pending: 0 })
        expect(run['fetched']).toBe(
          ['created', 'updated', 'unchanged', 'stale', 'deleted', 'skipped', 'failed'].reduce(
            (sum, outcome) => sum + Number(run[outcome]),
            0,
          ),
        )
        const posted = simulator.truth().repairOrders.filter(({ statusId }) => statusId === 5)
        expect(posted.length).toBeGreaterThan(10)
        expect(Number(run['fetched'])).toBeGreaterThanOrEqual(posted.length)
      },
    )

    it(
      'shows a refused RO, keeps it failed while TM is wrong and repairs it by a retry',
      { timeout: LONG },
      async () => {
        const { id: ro } = simulator.truth().repairOrders.find(({ statusId }) => statusId === 5) ?? { id: 0 }
        const fault = simulator.faults.add({
          kind: 'malform',
          route: 'estimate',
          ro,
          path: 'jobs.*.parts.*.retail',
          value: 'a lot',
        })
        const refused = await warehouse('resync', String(ro), '--shop', String(SHOP), '--wait')
        expect(refused.code).toBe(1)
        const listed = await json(0, 'failed', 'list', '--shop', String(SHOP))
        expect(listed['failed']).toEqual([expect.objectContaining({ ro, failureClass: 'data' })])
        const preview = await json(0, 'failed', 'retry', '--ro', String(ro))
        expect(preview).toMatchObject({ preview: true, matched: 1, byClass: { data: 1 } })
        simulator.faults.remove(fault)
        expect(await json(0, 'failed', 'retry', '--ro', String(ro), '--yes')).toMatchObject({ retried: 1 })
        await expect
          .poll(async () => (await json(0, 'failed', 'list'))['failed'], { timeout: 60_000, interval: 500 })
          .toEqual([])
      },
    )

    it('answers the other questions an operator asks', { timeout: LONG }, async () => {
      const shop = ['--shop', String(SHOP)]
      expect((await warehouse('deletions', 'list', ...shop)).code).toBe(0)
      expect((await warehouse('drift', 'list', ...shop)).code).toBe(0)
      expect((await warehouse('replay', '--from-raw', ...shop, '--since', '1h')).code).toBe(0)
      expect((await warehouse('metrics', 'daily', ...shop)).code).toBe(0)
      expect(await json(0, 'ops-summary')).toHaveProperty('backlog')
      const { id: ro } = simulator.truth().repairOrders.find(({ statusId }) => statusId === 5) ?? { id: 0 }
      expect((await warehouse('resync', String(ro), ...shop, '--dry-run')).code).toBe(0)
      const wrong = await warehouse('--json', 'resync', 'abc', ...shop)
      expect(wrong.code).toBe(2)
      expect(JSON.parse(wrong.err)).toMatchObject({ error: { code: 'USAGE' } })
    })

    it('ends in order on SIGTERM and never made a data directory', { timeout: LONG }, async () => {
      worker?.kill('SIGTERM')
      expect((await workerEnded)?.code).toBe(0)
      expect(existsSync(join(folder, 'data'))).toBe(false)
    })
  },
)
