// scripts/bootstrap.mjs with stand-ins for vitest and the demo: exit codes, the last line, signals, and that nothing
// outlives a kill -9. The checkout's path has a space in it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAlive } from '../../src/embedded/postgres/processes.ts'

// Each test starts processes, which takes long where much else runs.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let checkout: string
let started: ChildProcess[]

const put = (file: string, text: string): void => {
  mkdirSync(join(checkout, file, '..'), { recursive: true })
  writeFileSync(join(checkout, file), text, { mode: 0o755 })
}

beforeEach(() => {
  started = []
  checkout = mkdtempSync(join(tmpdir(), 'check out '))
  cpSync(join(process.cwd(), 'scripts'), join(checkout, 'scripts'), { recursive: true })
  put('package-lock.json', '{"packages": {"": {}}}')
  put('node_modules/.package-lock.json', '{"packages": {}}')
  // Found before any real one, so that no test ever installs a package.
  put('tools/redis-server', '#!/bin/sh\nexit 0\n')
})

afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  // What was killed may still be ending.
  rmSync(checkout, { recursive: true, maxRetries: 20, retryDelay: 100 })
})

const bootstrap = (args: readonly string[], nodeArgs: readonly string[] = []) => {
  const { npm_lifecycle_event: _none, ...env } = process.env
  const child = spawn(process.execPath, [...nodeArgs, join(checkout, 'scripts', 'bootstrap.mjs'), ...args], {
    cwd: tmpdir(),
    env: { ...env, PATH: `${join(checkout, 'tools')}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, ended }
}

const vitestStandIn = (results: object, code: number): string => `
  import { writeFileSync } from 'node:fs'
  const flag = process.argv.find((one) => one.startsWith('--outputFile.json='))
  writeFileSync(flag.slice('--outputFile.json='.length), ${JSON.stringify(JSON.stringify(results))})
  process.exitCode = ${code}`

/** Notes its number and each signal, and ends half a second after the first one. */
const waitingProgram = `
  import { appendFileSync, writeFileSync } from 'node:fs'
  const alive = setInterval(() => {}, 1000)
  for (const name of ['SIGINT', 'SIGTERM'])
    process.on(name, () => { appendFileSync('signals', name + ' '); setTimeout(() => clearInterval(alive), 500) })
  writeFileSync('pid', String(process.pid))`

const signals = (): string => {
  const file = join(checkout, 'signals')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

const pidOfProgram = async (): Promise<number> => {
  const file = join(checkout, 'pid')
  // A file that is just being written is there, and empty.
  const pid = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)
  await expect.poll(pid, { timeout: 10_000 }).toBeGreaterThan(0)
  return pid()
}

test('npm test ends with the plain count and the exit code of vitest', async () => {
  put('node_modules/vitest/vitest.mjs', vitestStandIn({ numPassedTests: 7, numFailedTests: 1 }, 1))
  const { code, output } = await bootstrap(['test']).ended
  expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '7 passed, 1 failed'])
  put('node_modules/vitest/vitest.mjs', vitestStandIn({ numPassedTests: 8 }, 0))
  const again = await bootstrap(['test']).ended
  expect([again.code, again.output.trim().split('\n').at(-1)]).toEqual([0, '8 passed, 0 failed'])
})

test('the demo gets its arguments and hands its exit code back', async () => {
  put('bin/warehouse.mjs', `console.log(process.argv.slice(2).join('|')); process.exitCode = 5`)
  const { code, output } = await bootstrap(['demo', '--once', 'a b']).ended
  expect([code, output.trim()]).toEqual([5, 'demo|--once|a b'])
})

test('a signal reaches the demo exactly once, also when npm passes the same one on', async () => {
  put('bin/warehouse.mjs', waitingProgram)
  const { child, ended } = bootstrap(['demo'])
  await pidOfProgram()
  child.kill('SIGINT')
  await expect.poll(signals, { timeout: 10_000 }).toBe('SIGINT ')
  child.kill('SIGINT')
  const { code } = await ended
  expect([code, signals()]).toEqual([0, 'SIGINT '])
})

test('a kill -9 of the bootstrap stops the demo in order', async () => {
  put('bin/warehouse.mjs', waitingProgram)
  const { child } = bootstrap(['demo'])
  const pid = await pidOfProgram()
  child.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  expect(signals()).toBe('SIGTERM ')
})

test('a kill -9 of the bootstrap ends the tests', async () => {
  put(
    'node_modules/vitest/vitest.mjs',
    `import { writeFileSync } from 'node:fs'
    setInterval(() => {}, 1000); writeFileSync('pid', String(process.pid))`,
  )
  const { child } = bootstrap(['test'])
  const pid = await pidOfProgram()
  child.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
})

test('an old Node is told which one is needed', async () => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.4'})`
  const { code, output } = await bootstrap(['demo'], ['--import', pretend]).ended
  expect([code, output.trim()]).toEqual([
    1,
    'Node 20.19 or later is needed, this is 18.20.4: https://nodejs.org',
  ])
})

test('an unknown command is a usage error', async () => {
  expect(await bootstrap(['destroy']).ended).toMatchObject({ code: 2 })
})
