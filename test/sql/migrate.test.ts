// The migration runner: as an owner without superuser rights, twice, by two processes at once, and when it must refuse.
import { cpSync, mkdtempSync, rmSync, writeFileSync, appendFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { migrate } from '../../src/core/warehouse/migrate.ts'
import {
  migrationsFolder,
  repeatableFiles,
  versionedFiles,
} from '../../src/core/warehouse/migration-files.ts'
import { prepareDatabase, withClient } from '../../src/embedded/database.ts'

const log = { info: () => undefined, debug: () => undefined }
let databaseUrl: string
let drop: () => Promise<unknown>
let folder: string

beforeEach(async () => {
  const { adminUrl } = inject('testServers')
  const database = `m_${randomBytes(6).toString('hex')}`
  ;({ ownerUrl: databaseUrl } = await prepareDatabase({ adminUrl, database }))
  drop = () => withClient(adminUrl, (client) => client.query(`drop database ${database} with (force)`))
  folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  cpSync(migrationsFolder(), folder, { recursive: true })
})
afterEach(async () => {
  await drop()
  rmSync(folder, { recursive: true })
})

const ask = (text: string): Promise<Record<string, unknown>[]> =>
  withClient(databaseUrl, async (client) => (await client.query<Record<string, unknown>>(text)).rows)
/** Every object of the schema with its version. */
const catalog = (): Promise<Record<string, unknown>[]> =>
  ask(`select oid::regclass::text as name, xmin::text from pg_class where relnamespace = 'public'::regnamespace
       union all select oid::regprocedure::text, xmin::text from pg_proc where pronamespace = 'public'::regnamespace
       union all select polname, xmin::text from pg_policy order by 1`)

test('the first files are those of the contract, numbered without gap or double', () => {
  const names = versionedFiles(migrationsFolder()).map(({ name }) => name)
  expect(names.slice(0, 15)).toEqual([
    '001_shops',
    '002_employees',
    '003_customers',
    '004_vehicles',
    '005_repair_orders',
    '006_jobs',
    '007_job_parts',
    '008_job_labor',
    '009_job_sublets',
    '010_job_fees',
    '011_ro_snapshots',
    '012_daily_shop_metrics',
    '013_tech_daily_metrics',
    '014_sync_tables',
    '015_views_and_rls',
  ])
  expect(names.map((name) => Number(name.slice(0, 3)))).toEqual(names.map((_, i) => i + 1))
})

test('a repeatable file holds the function or view it is named after', () => {
  for (const { name, text } of repeatableFiles(migrationsFolder())) {
    const object = name.split('/')[1]
    expect(text, name).toMatch(new RegExp(`create or replace (function|view) public\\.${object}\\b`))
  }
})

test('the owner who runs it is no superuser', async () => {
  expect(await ask('select rolsuper from pg_roles where rolname = current_user')).toEqual([
    { rolsuper: false },
  ])
  await expect(migrate({ databaseUrl, log })).resolves.toBeDefined()
})

test('run again it changes nothing', async () => {
  const first = await migrate({ databaseUrl, log })
  expect(first.versioned.length).toBeGreaterThanOrEqual(20)
  const before = await catalog()
  expect(await migrate({ databaseUrl, log })).toEqual({ versioned: [], repeatable: [] })
  expect(await catalog()).toEqual(before)
})

test('two processes at once do it once', async () => {
  const done = await Promise.all([migrate({ databaseUrl, log }), migrate({ databaseUrl, log })])
  expect(done.filter(({ versioned }) => versioned.length > 0)).toHaveLength(1)
})

test('a changed function is applied again, and only that', async () => {
  await migrate({ databaseUrl, log, folder })
  appendFileSync(join(folder, 'functions', 'pause_shop.sql'), '\n-- changed\n')
  expect(await migrate({ databaseUrl, log, folder })).toEqual({
    versioned: [],
    repeatable: ['functions/pause_shop'],
  })
})

test('an edited versioned file is refused by name and nothing runs', async () => {
  await migrate({ databaseUrl, log, folder })
  appendFileSync(join(folder, '003_customers.sql'), '\n-- edited\n')
  writeFileSync(join(folder, '099_later.sql'), 'create table public.later (id int);')
  await expect(migrate({ databaseUrl, log, folder })).rejects.toMatchObject({
    code: 'MIGRATION_EDITED',
    details: { names: ['003_customers'] },
  })
  expect(await ask("select to_regclass('public.later') as later")).toEqual([{ later: null }])
})

test('a failing file leaves nothing of its run behind', async () => {
  await migrate({ databaseUrl, log, folder })
  writeFileSync(join(folder, '098_good.sql'), 'create table public.good (id int);')
  writeFileSync(join(folder, '099_bad.sql'), 'create table public.bad (id nonsense);')
  await expect(migrate({ databaseUrl, log, folder })).rejects.toThrow('nonsense')
  expect(await ask("select to_regclass('public.good') as good")).toEqual([{ good: null }])
})

test('a failing function leaves the others as they were', async () => {
  await migrate({ databaseUrl, log, folder })
  const before = await catalog()
  appendFileSync(join(folder, 'functions', 'dirty_marks.sql'), '\n-- changed\n')
  writeFileSync(join(folder, 'functions', 'zzz.sql'), 'create or replace function public.zzz() nonsense')
  await expect(migrate({ databaseUrl, log, folder })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' })
  expect(await catalog()).toEqual(before)
})

test('a database without the realtime publication is migrated too', async () => {
  const { adminUrl } = inject('testServers')
  const database = new URL(databaseUrl).pathname.slice(1)
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  await withClient(url.href, (client) => client.query('drop publication if exists supabase_realtime'))
  await expect(migrate({ databaseUrl, log })).resolves.toBeDefined()
})
