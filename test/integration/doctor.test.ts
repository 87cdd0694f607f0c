// `warehouse doctor` on real servers: healthy, and with each part broken in turn. It looks at everything that is left, says
// what to do, and never repeats a secret.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { createSimulator, type Simulator } from '../../src/embedded/simulator/simulator.ts'
import { examine } from '../../src/cli/doctor/doctor.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { freePort } from '../support/free-port.ts'
import { startRedis, type PrivateRedis } from '../support/redis-server.ts'

const SHOP = 4321
let simulator: Simulator
let database: TestDatabase
let api: TestApi
let redis: PrivateRedis
let env: Record<string, string>

beforeAll(async () => {
  simulator = createSimulator({ shops: [{ tmId: SHOP, repairOrders: 1 }], days: 2 })
  const [{ url }, made, server] = await Promise.all([
    simulator.listen(),
    createTestDatabase(),
    startRedis(inject('testServers').folder),
  ])
  database = made
  redis = server
  api = await startTestApi(database)
  env = {
    TM_BASE_URL: url,
    TM_AUTH_TOKEN: simulator.tokens.for(SHOP),
    SUPABASE_URL: api.url,
    SUPABASE_ANON_KEY: api.anonKey,
    SUPABASE_SERVICE_KEY: api.serviceKey,
    REDIS_URL: redis.url,
  }
  await sql(`select ensure_shop(${SHOP}, 'A garage', 'America/New_York')`)
})
afterAll(async () => {
  await Promise.all([api.close(), simulator.close(), redis.stop()])
  await database.drop()
})

const sql = (text: string) => withClient(database.adminUrl, (client) => client.query(text))

const look = async (overrides: Record<string, string> = {}) => {
  const findings = await examine({ ...env, ...overrides }, silentLogger())
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]))
}

/** Runs the command as a person does. */
const command = async (overrides: Record<string, string>, ...flags: string[]) => {
  const bin = fileURLToPath(new URL('../../bin/warehouse.mjs', import.meta.url))
  const child = spawn(process.execPath, [bin, 'doctor', ...flags], {
    cwd: inject('testServers').folder,
    env: { PATH: process.env['PATH'], ...env, ...overrides },
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, printed }
}

test('a healthy installation has nothing that fails, and exits 0', async () => {
  const { code, printed } = await command({}, '--json')
  const { healthy, findings } = JSON.parse(printed) as { healthy: boolean; findings: { check: string }[] }
  expect([code, healthy]).toEqual([0, true])
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      'queue store',
      'eviction',
      'warehouse',
      'migrations',
      'row-level security',
      `shop ${SHOP}`,
    ]),
  )
})

test('what cannot start is said by name, exits 1 and repeats no secret', async () => {
  const { code, printed } = await command({ SUPABASE_SERVICE_KEY: '', PORT: 'canary-port' })
  expect(code).toBe(1)
  expect(printed).toMatch(/^fail {2}SUPABASE_SERVICE_KEY +missing although SUPABASE_URL is set/m)
  expect(printed).toMatch(/^fail {2}PORT +must be a whole number/m)
  expect(printed).toMatch(/→ correct PORT/)
  for (const secret of ['canary', ...Object.values(env).filter((value) => !value.startsWith('http'))])
    expect(printed).not.toContain(secret)
})

test('with Redis away everything else is looked at all the same', async () => {
  const found = await look({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` })
  expect(found['queue store']).toMatchObject({ health: 'fail', advice: 'start it, or correct REDIS_URL' })
  expect(found['migrations']).toMatchObject({ health: 'ok' })
  expect(found['shops']).toMatchObject({ health: 'warn', says: '1 to sync; tokens not tried' })
})

test('a wrong key, a wrong address and a refused token each say what to do', async () => {
  const key = await look({ SUPABASE_SERVICE_KEY: 'sb_secret_of-another-project' })
  expect(key['warehouse']).toMatchObject({ health: 'fail' })
  expect(key['queue store']).toMatchObject({ health: 'ok' })
  const address = await look({ SUPABASE_URL: `http://127.0.0.1:${await freePort()}` })
  expect(address['warehouse']).toMatchObject({
    health: 'fail',
    advice: expect.stringContaining('SUPABASE_URL'),
  })
  const token = await look({ TM_AUTH_TOKEN: 'refused-token' })
  expect(token[`shop ${SHOP}`]).toMatchObject({
    health: 'fail',
    advice: `TM_AUTH_TOKEN, or warehouse tokens set --shop ${SHOP}`,
  })
})

test('a table without row-level security and a migration that differs are found in the database itself', async () => {
  await sql('alter table jobs disable row level security')
  await sql(`update warehouse_migrations.checksums set checksum = 'x' where name = 'functions/run_counts'`)
  await sql(`delete from warehouse_migrations.checksums where name = '025_report_figures'`)
  const found = await look()
  expect(found['row-level security']).toMatchObject({ health: 'fail', says: 'missing on jobs' })
  expect(found['migrations']).toMatchObject({
    health: 'fail',
    says: expect.stringContaining('1 missing, 1 different'),
  })
})
