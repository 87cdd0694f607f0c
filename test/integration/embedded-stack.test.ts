// The whole embedded stack in one temporary data directory: up, used through supabase-js, down, and up again.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { serversOf } from '../../src/embedded/postgres/processes.ts'
import { startEmbeddedStack, type EmbeddedStack } from '../../src/embedded/stack.ts'
import { supabaseClient } from '../support/supabase-client.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'embedded-stack-'))
const lines: string[] = []
const noted = (fields: object, message: string): void => void lines.push(JSON.stringify([fields, message]))
const log = { ...silentLog, info: noted, warn: noted, error: noted }
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const shopNames = async (stack: EmbeddedStack): Promise<unknown> => {
  const client = supabaseClient({ url: stack.supabaseUrl, key: stack.serviceKey })
  return (await client.from('shops').select('name')).data
}

test('a stack keeps its data, keys and secrets between two runs and logs none of them', async () => {
  const first = await startEmbeddedStack({ dataDir, log })
  const client = supabaseClient({ url: first.supabaseUrl, key: first.serviceKey })
  expect((await client.from('shops').insert({ tm_id: 1, name: 'Kept' })).error).toBeNull()
  await withClient(first.queueDatabaseUrl, (queue) => queue.query('create schema bullmq'))
  await first.stop()
  await first.stop()
  expect(serversOf(join(dataDir, 'postgres', 'data'))).toEqual([])

  const second = await startEmbeddedStack({ dataDir, log })
  expect(await shopNames(second)).toEqual([{ name: 'Kept' }])
  expect([second.anonKey, second.serviceKey, second.jwtSecret]).toEqual([
    first.anonKey,
    first.serviceKey,
    first.jwtSecret,
  ])
  await second.stop()

  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600)
  const password = readFileSync(join(dataDir, 'postgres', 'superuser-password'), 'utf8')
  const secrets = [password, first.jwtSecret, first.serviceKey, new URL(first.databaseUrl).password]
  expect(secrets.filter((secret) => lines.join('\n').includes(secret))).toEqual([])
})

test('the queue role reaches its own database only', async () => {
  const stack = await startEmbeddedStack({ dataDir, log })
  const other = new URL(stack.queueDatabaseUrl)
  other.pathname = '/warehouse'
  const attempt = withClient(other.href, (client) => client.query('select * from shops'))
  await expect(attempt).rejects.toThrow('permission denied')
  await stack.stop()
})
