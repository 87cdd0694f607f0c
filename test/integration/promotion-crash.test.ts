// A promotion that is killed with SIGKILL goes on where it stood: no row twice, none lost, shops closed until the end.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copiedTables } from '../../src/core/warehouse/promotion/decisions.ts'
import { promote } from '../../src/core/warehouse/promotion/promote.ts'
import { withClient } from '../../src/embedded/database.ts'
import type { WarehouseWorld } from '../sql/support/warehouse-world.ts'
import {
  createEmptyProject,
  createSource,
  optionsFor,
  rowsOf,
  valueOf,
  type Target,
} from '../support/promotion-world.ts'
import { promoteUntilKilled, type CrashPoint } from '../support/promotion-process.ts'

let source: WarehouseWorld
const projects: Target[] = []
beforeAll(async () => {
  source = await createSource()
})
afterAll(async () => {
  await source.close()
  for (const each of projects) await each.drop()
})

const project = async (): Promise<Target> => {
  const made = await createEmptyProject()
  projects.push(made)
  return made
}

const BATCH = 5
const killAt = async (target: Target, crash: CrashPoint): Promise<void> => {
  const { ended, output } = await promoteUntilKilled({
    sourceUrl: source.database.ownerUrl,
    targetUrl: target.ownerUrl,
    batchRows: BATCH,
    crash,
  })
  expect(ended, output).toBe('SIGKILL')
}

/** Waits until the server has noticed that the killed process is gone. */
const settled = async (target: Target): Promise<void> => {
  const others = `select count(*)::int from pg_stat_activity
                   where application_name = 'warehouse-promote' and datname = current_database()`
  await expect.poll(() => valueOf(target.ownerUrl, others), { timeout: 20_000 }).toBe(0)
}

interface Standing {
  readonly copied: number
  readonly present: number
  readonly open: number
}

/** What the record says, what is really there, and how many shops are open. */
const standing = async (target: Target): Promise<Standing> => {
  await settled(target)
  const copied = await valueOf<string>(target.ownerUrl, 'select sum(copied) from warehouse_promotions.tables')
  let present = 0
  for (const { name } of copiedTables()) present += (await rowsOf(target.ownerUrl, name)).length
  // What the target's own worker does when TM takes the shop's token.
  await valueOf(target.ownerUrl, 'select count(public.resume_shop(id)) from public.shops')
  const open = await valueOf<number>(
    target.ownerUrl,
    'select count(*)::int from public.shops where paused_at is null',
  )
  return { copied: Number(copied), present, open }
}

const expectEverything = async (target: Target): Promise<void> => {
  for (const { name } of copiedTables()) {
    const where = name === 'tm_raw_payloads' ? 'expires_at > now()' : 'true'
    expect(await rowsOf(target.ownerUrl, name), name).toEqual(
      await rowsOf(source.database.ownerUrl, name, where),
    )
  }
}

/** In the order of the work: each is reached by the run that follows the kill before it. */
const POINTS: readonly CrashPoint[] = [
  { phase: 'copying', table: 'employees', pass: 1, later: false },
  { phase: 'copying', table: 'repair_orders', pass: 2, later: true },
  { phase: 'copying', table: 'job_parts', pass: 4, later: true },
  { phase: 'copying', table: 'sync_run_items', pass: 3, later: false },
  { phase: 'checking', table: 'jobs', pass: 1, later: false },
]

describe('a promotion killed again and again', () => {
  test('before anything was copied leaves nothing that the next run trips over', async () => {
    const target = await project()
    await killAt(target, { phase: 'reading', table: 'jobs', pass: 1, later: false })
    await settled(target)
    const report = await promote(optionsFor(source, target))
    expect(report).toMatchObject({ resumed: false, equal: true })
    await expectEverything(target)
  })

  test('keeps record and rows together, goes on where it stood and ends with every row once', async () => {
    const target = await project()
    let before = 0
    for (const point of POINTS) {
      await killAt(target, point)
      const { copied, present, open } = await standing(target)
      expect(present, point.table).toBe(copied)
      expect(open, point.table).toBe(0)
      expect(copied).toBeGreaterThanOrEqual(before)
      before = copied
    }
    const report = await promote(optionsFor(source, target))
    const all = report.tables
      .filter(({ table }) => table !== 'user_shop_access')
      .reduce((sum, each) => sum + each.source.rows, 0)
    expect(report).toMatchObject({ resumed: true, equal: true, copied: all - before })
    expect((await standing(target)).open).toBe(2)
    await expectEverything(target)
  }, 120_000)
})

describe('when the source has changed since the kill', () => {
  test('the rest is not mixed in; a restart takes back what was copied, and only that', async () => {
    const target = await project()
    await killAt(target, { phase: 'copying', table: 'jobs', pass: 2, later: false })
    await source.query(`update public.jobs set note = 'edited meanwhile' where shop_id = $1`, [source.shopId])
    await expect(promote(optionsFor(source, target))).rejects.toThrow('has changed since')
    const report = await promote(optionsFor(source, target, { restart: true }))
    expect(report).toMatchObject({ resumed: false, equal: true })
    await expectEverything(target)
  })

  test('a restart removes nothing where somebody else has written into the shops', async () => {
    const target = await project()
    await killAt(target, { phase: 'copying', table: 'jobs', pass: 2, later: false })
    await withClient(target.ownerUrl, (client) =>
      client.query(
        `insert into public.employees (shop_id, tm_id, first_name) select id, 99, 'Foreign' from public.shops limit 1`,
      ),
    )
    const { present } = await standing(target)
    await expect(promote(optionsFor(source, target, { restart: true }))).rejects.toThrow(
      'something else works there, so nothing was removed',
    )
    expect((await standing(target)).present).toBe(present)
  })

  test('a row that somebody else put in the way is kept, and named', async () => {
    const target = await project()
    await killAt(target, { phase: 'copying', table: 'employees', pass: 1, later: false })
    await withClient(target.ownerUrl, (client) =>
      client.query(
        `insert into public.customers (shop_id, tm_id, first_name) select id, 55120388, 'Foreign' from public.shops`,
      ),
    )
    await expect(promote(optionsFor(source, target))).rejects.toThrow(
      /customers \(customers_shop_id_tm_id_key\): .* already has a row/,
    )
    const kept = `select count(*)::int from public.customers where first_name = 'Foreign'`
    expect(await valueOf(target.ownerUrl, kept)).toBe(2)
  })

  test('a finished promotion cannot be restarted', async () => {
    const target = await project()
    await promote(optionsFor(source, target))
    await expect(promote(optionsFor(source, target, { restart: true }))).rejects.toThrow(
      'no unfinished promotion',
    )
  })
})
