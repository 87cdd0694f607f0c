// A warehouse promoted into an empty project: every row arrives as it was, once, and the shops open only then.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copiedTables } from '../../src/core/warehouse/promotion/decisions.ts'
import { promote, type PromotionReport } from '../../src/core/warehouse/promotion/promote.ts'
import { withClient } from '../../src/embedded/database.ts'
import {
  createEmptyProject,
  createSource,
  optionsFor,
  rowsOf,
  valueOf,
  type Target,
} from '../support/promotion-world.ts'
import type { WarehouseWorld } from './support/warehouse-world.ts'

let source: WarehouseWorld
let target: Target
let report: PromotionReport
const phases = new Set<string>()
const messages: string[] = []
const note = (fields: Record<string, unknown>, message: string): void =>
  void messages.push(JSON.stringify(fields) + message)

beforeAll(async () => {
  source = await createSource()
  target = await createEmptyProject()
  report = await promote(
    optionsFor(source, target, {
      onProgress: (phase, _table, done, total) => {
        if (done <= total) phases.add(phase)
      },
      log: { info: note, debug: note },
    }),
  )
})
afterAll(async () => {
  await source.close()
  await target.drop()
})

const same = (table: string): string => (table === 'tm_raw_payloads' ? 'expires_at > now()' : 'true')

describe('the first run', () => {
  test('copies every row of every table as it was', async () => {
    for (const { name } of copiedTables()) {
      const before = await rowsOf(source.database.ownerUrl, name, same(name))
      expect(before.length, name).toBeGreaterThan(0)
      expect(await rowsOf(target.ownerUrl, name), name).toEqual(before)
    }
  })

  test('reports equal counts and checksums for each table', () => {
    expect(report.equal).toBe(true)
    expect(report.tables.map(({ table }) => table)).toEqual([
      ...copiedTables().map(({ name }) => name),
      'user_shop_access',
    ])
    for (const { table, source: here, target: there } of report.tables) expect(there, table).toEqual(here)
    const rows = report.tables.reduce((sum, each) => sum + each.source.rows, 0)
    expect(report.copied).toBe(rows)
    expect(phases).toEqual(new Set(['reading', 'copying', 'checking']))
  })

  test('keeps what a JSON or array value says about nothing', async () => {
    const nulls = `select count(*)::int from public.tm_raw_payloads where payload = 'null'::jsonb`
    expect(await valueOf(target.ownerUrl, nulls)).toBe(2)
    const holes = `select count(*)::int from public.customers where email[3] is null and email[4] = ''`
    expect(await valueOf(target.ownerUrl, holes)).toBe(2)
  })

  test('leaves expired answers, tokens and the numbers of queue jobs behind', async () => {
    expect(await valueOf(target.ownerUrl, 'select count(*)::int from public.tm_raw_payloads')).toBe(4)
    expect(await valueOf(target.ownerUrl, 'select count(*)::int from public.tm_tokens')).toBe(0)
    expect(await valueOf(target.ownerUrl, 'select count(request_key)::int from public.sync_log')).toBe(0)
    expect(report.tokensToSet).toEqual([1, 2])
  })

  test('moves sequences past the numbers that the rows brought', async () => {
    const highest = await valueOf<string>(target.ownerUrl, 'select max(generation) from public.dirty_days')
    const next = await valueOf<string>(target.ownerUrl, "select nextval('public.dirty_days_generation_seq')")
    expect(Number(next)).toBeGreaterThan(Number(highest))
  })

  test('opens the shops, and the write path goes on where the source stood', async () => {
    expect(await valueOf(target.ownerUrl, 'select count(paused_at)::int from public.shops')).toBe(0)
    await withClient(target.adminUrl, async (client) => {
      await client.query('begin')
      await client.query('set local role service_role')
      const { rows } = await client.query<{ done: { changed: boolean } }>(
        `select public.refresh_daily_metrics($1, '2026-03-04') as done`,
        [source.shopId],
      )
      expect(rows[0]?.done.changed).toBe(false)
      await client.query('rollback')
    })
  })

  test('logs neither addresses nor passwords', () => {
    expect(messages.length).toBeGreaterThan(0)
    for (const url of [source.database.ownerUrl, target.ownerUrl])
      expect(messages.join('\n')).not.toContain(new URL(url).password)
    expect(JSON.stringify(report)).not.toContain(new URL(target.ownerUrl).password)
  })
})

test('of two runs at once one copies, and the other waits and finds nothing to do', async () => {
  const project = await createEmptyProject()
  try {
    const both = await Promise.all([1, 2].map(() => promote(optionsFor(source, project))))
    expect(both.map(({ equal }) => equal)).toEqual([true, true])
    expect(both.map(({ copied }) => copied).toSorted((a, b) => a - b)).toEqual([0, report.copied])
  } finally {
    await project.drop()
  }
})

test('a source that is written meanwhile is promoted as it was at the beginning', async () => {
  const project = await createEmptyProject()
  try {
    const writes: Promise<unknown>[] = []
    const onProgress = (): void => {
      if (writes.length === 0) writes.push(source.query(`update public.jobs set note = 'written meanwhile'`))
    }
    const snapshot = await promote(optionsFor(source, project, { onProgress }))
    await Promise.all(writes)
    expect(snapshot.equal).toBe(true)
    const late = `select count(*)::int from public.jobs where note = 'written meanwhile'`
    expect(await valueOf(source.database.ownerUrl, late)).toBeGreaterThan(0)
    expect(await valueOf(project.ownerUrl, late)).toBe(0)
    const again = await promote(optionsFor(source, project))
    expect(again.tables.filter(({ equal }) => !equal).map(({ table }) => table)).toEqual(['jobs'])
  } finally {
    await project.drop()
    await source.query('update public.jobs set note = null')
  }
})

describe('a second run', () => {
  test('copies nothing, compares again and says when the work was done', async () => {
    const again = await promote(optionsFor(source, target))
    expect(again).toMatchObject({ copied: 0, equal: true, resumed: false, shops: [] })
    expect(again.finishedBefore).not.toBeNull()
    expect(again.alreadyThere.map(({ tmId }) => tmId)).toEqual([1, 2])
  })

  test('tells a difference that came afterwards, and repairs nothing', async () => {
    await withClient(target.ownerUrl, async (client) => {
      await client.query('begin')
      await client.query('update public.jobs set note = $1', ['changed in the target'])
      await client.query('commit')
    })
    const again = await promote(optionsFor(source, target))
    expect(again.equal).toBe(false)
    expect(again.tables.filter(({ equal }) => !equal).map(({ table }) => table)).toEqual(['jobs'])
    const kept = `select count(*)::int from public.jobs where note = 'changed in the target'`
    expect(await valueOf(target.ownerUrl, kept)).toBe(24)
  })

  test('promotes only the shop that has come since', async () => {
    await source.startShop()
    await source.query('select public.ensure_employees($1, $2)', [
      source.shopId,
      JSON.stringify([{ tm_id: 7, first_name: 'New', last_name: 'Shop' }]),
    ])
    const again = await promote(optionsFor(source, target))
    expect(again).toMatchObject({ copied: 2, equal: true, finishedBefore: null })
    expect(again.shops.map(({ tmId }) => tmId)).toEqual([3])
  })
})
