// The command `warehouse promote` as an operator types it: where the address may come from, what is printed, when it
// refuses, and that the password of the target shows nowhere.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PromotionReport } from '../../src/core/warehouse/promotion/promote.ts'
import { withClient } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { acquireLock } from '../../src/embedded/postgres/lock.ts'
import { startEmbeddedStack } from '../../src/embedded/stack.ts'
import { createEmptyProject, rowsOf, type Target } from '../support/promotion-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'promotion-'))
const dataDir = join(folder, 'data')
const projects: Target[] = []
const PROGRAM = fileURLToPath(new URL('../../bin/warehouse.mjs', import.meta.url))

beforeAll(async () => {
  const stack = await startEmbeddedStack({ dataDir, log: silentLog })
  await withClient(stack.databaseUrl, (client) =>
    client.query(
      `insert into public.shops (tm_id, name) values (4321, 'Example Garage'), (17, 'Real Garage')`,
    ),
  )
  await stack.stop()
  // What the simulator leaves behind when it has filled a data directory.
  writeFileSync(join(dataDir, 'simulator.json'), JSON.stringify({ now: '2026-03-20T00:00:00.000Z' }))
})
afterAll(async () => {
  for (const each of projects) await each.drop()
  rmSync(folder, { recursive: true, force: true })
})

const project = async (): Promise<Target> => {
  const made = await createEmptyProject()
  projects.push(made)
  return made
}

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs in an empty folder, so that no `.env` of the developer's is read. */
const warehouse = async (
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<Outcome> => {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [PROGRAM, 'promote', ...args], {
    cwd: folder,
    env: { PATH, HOME, DATA_DIR: dataDir, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

describe('the address of the target', () => {
  test('is taken from the settings, or from standard input, and shows in no output', async () => {
    const target = await project()
    const first = await warehouse([], { env: { DATABASE_URL: target.ownerUrl } })
    expect(first, first.stderr).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/Promoted into .*: 17 \(Real Garage\)/)
    expect(first.stdout).toContain('Left behind, because made up by the simulator: 4321 (Example Garage)')
    expect(first.stdout).toMatch(/^shops +1 +1 .* equal$/m)

    const second = await warehouse(['--to', '-', '--json'], { input: `${target.ownerUrl}\n` })
    expect(second, second.stderr).toMatchObject({ code: 0, stderr: '' })
    const report = JSON.parse(second.stdout) as PromotionReport
    expect(report).toMatchObject({ copied: 0, equal: true, users: [] })
    const { password } = new URL(target.ownerUrl)
    for (const { stdout, stderr } of [first, second]) expect(stdout + stderr).not.toContain(password)
  })

  test('given as --to is wiped from the list of processes', async () => {
    // Somebody who takes the connection and never answers: the command stays where the address is in use.
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const connected = new Promise<void>((resolve) => silent.once('connection', () => resolve()))
    const child = spawn(
      process.execPath,
      [PROGRAM, 'promote', '--to', `postgresql://owner:very-secret@127.0.0.1:${port}/project`],
      { cwd: folder, env: { PATH: process.env['PATH'], DATA_DIR: dataDir }, stdio: 'ignore' },
    )
    const ended = new Promise((resolve) => child.once('exit', resolve))
    try {
      await connected
      const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(child.pid)])
      expect(stdout).toContain('warehouse promote')
      expect(stdout).not.toContain('secret')
    } finally {
      child.kill('SIGTERM')
      await ended
      silent.close()
    }
  })

  test('that is none is refused without being repeated', async () => {
    for (const [given, words] of [
      ['mysql://me:very-secret@example.com/db', 'is not an address like postgresql://'],
      ['postgresql://me:very-secret@pooler.example.com:6543/postgres', 'transaction pooler'],
      ['', 'no target'],
    ] as const) {
      const { code, stderr } = await warehouse([], { input: given })
      expect(code, stderr).toBe(2)
      expect(stderr).toContain(words)
      expect(stderr).not.toContain('secret')
    }
  })
})

describe('the source', () => {
  test('that is not there is not made', async () => {
    const { ownerUrl } = await project()
    const { code, stderr } = await warehouse([], { input: ownerUrl, env: { DATA_DIR: join(folder, 'none') } })
    expect(code).toBe(2)
    expect(stderr).toContain('there is no embedded warehouse in')
  })

  test('that another process works on is refused, and the target stays empty', async () => {
    const target = await project()
    const unlock = await acquireLock(join(dataDir, 'runtime.lock'), { waitMs: 0 })
    const stack = {
      databaseUrl: 'postgres://x',
      queueDatabaseUrl: 'postgres://x',
      supabaseUrl: 'http://127.0.0.1:1',
      anonKey: 'x',
      serviceKey: 'x',
      jwtSecret: 'x',
    }
    const runtime = join(dataDir, 'runtime.json')
    writeFileSync(runtime, JSON.stringify({ pid: process.pid, stack, simulatorUrl: null, demoUser: null }))
    try {
      const { code, stderr } = await warehouse([], { input: target.ownerUrl })
      expect(code).toBe(2)
      expect(stderr).toContain('stop it first')
    } finally {
      rmSync(runtime)
      unlock()
    }
    await expect(rowsOf(target.ownerUrl, 'shops')).rejects.toThrow('does not exist')
  })
})

test('a difference ends with exit code 1 and names the table', async () => {
  const target = await project()
  expect((await warehouse([], { input: target.ownerUrl })).code).toBe(0)
  await withClient(target.ownerUrl, (client) => client.query(`update public.shops set name = 'Renamed'`))
  const { code, stdout } = await warehouse([], { input: target.ownerUrl })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^shops .* DIFFERENT$/m)
  expect(stdout).toContain('source or target has changed since')
})
