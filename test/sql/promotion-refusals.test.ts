// What promote refuses, and that nothing in the target is touched then: neither what it refuses for nor its neighbours.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copiedTables } from '../../src/core/warehouse/promotion/decisions.ts'
import { promote, type PromoteOptions } from '../../src/core/warehouse/promotion/promote.ts'
import { withClient } from '../../src/embedded/database.ts'
import {
  createEmptyProject,
  createSource,
  fillShop,
  optionsFor,
  rowsOf,
  valueOf,
  versionsOf,
  type Target,
} from '../support/promotion-world.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let source: WarehouseWorld
const opened: { drop: () => Promise<void> }[] = []
beforeAll(async () => {
  source = await createSource()
})
afterAll(async () => {
  await source.close()
  for (const each of opened) await each.drop()
})

const emptyProject = async (): Promise<Target> => {
  const project = await createEmptyProject()
  opened.push(project)
  return project
}

/** A project that is at work already, with the shop of this TM number. */
const projectWithShop = async (tmId: number): Promise<WarehouseWorld> => {
  const world = await createWarehouseWorld()
  opened.push({ drop: () => world.close() })
  await fillShop(world, 400_000_000)
  await world.query('update public.shops set tm_id = $1', [tmId])
  return world
}

const refusal = async (
  target: { ownerUrl: string },
  change: Partial<PromoteOptions> = {},
): Promise<string> => {
  const options = { ...optionsFor(source, target as Target), ...change }
  const error = await promote(options).then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'PromotionRefused', code: 'PROMOTE_REFUSED' })
  return error instanceof Error ? error.message : ''
}

const TABLES = copiedTables().map(({ name }) => name)

describe('a target with rows of others', () => {
  test('keeps them untouched while other shops are promoted beside them', async () => {
    const world = await projectWithShop(9_000)
    const before = await versionsOf(world.database.ownerUrl, TABLES, world.shopId)
    const report = await promote(optionsFor(source, world.database))
    expect(report.equal).toBe(true)
    expect(await versionsOf(world.database.ownerUrl, TABLES, world.shopId)).toBe(before)
    expect(await rowsOf(world.database.ownerUrl, 'shops')).toHaveLength(3)
  })

  test('is refused when it has the same shop from elsewhere, and keeps that', async () => {
    const world = await projectWithShop(2)
    const before = await versionsOf(world.database.ownerUrl, TABLES, world.shopId)
    expect(await refusal(world.database)).toContain('already has shop 2 (12 ROs) from elsewhere')
    expect(await versionsOf(world.database.ownerUrl, TABLES, world.shopId)).toBe(before)
    expect(await rowsOf(world.database.ownerUrl, 'shops')).toHaveLength(1)
  })

  test('is refused when tables of our names are not ours', async () => {
    const project = await emptyProject()
    await withClient(project.ownerUrl, (client) => client.query('create table public.jobs (title text)'))
    expect(await refusal(project)).toContain('are not ours: jobs')
    expect(await valueOf(project.ownerUrl, `to_regclass('public.shops')::text`)).toBeNull()
  })
})

describe('a target that cannot take it', () => {
  test('is refused when it is the source itself, whatever its address', async () => {
    const address = new URL(source.database.ownerUrl)
    address.hostname = 'localhost'
    expect(await refusal({ ownerUrl: address.href })).toContain('the same database')
  })

  test('is refused when its migrations are newer, and is not migrated', async () => {
    const world = await createWarehouseWorld()
    opened.push({ drop: () => world.close() })
    await withClient(world.database.ownerUrl, async (client) => {
      await client.query('delete from public.shops')
      await client.query(
        `insert into warehouse_migrations.versions (name, run_on) values ('999_from_tomorrow', now())`,
      )
    })
    expect(await refusal(world.database)).toContain('newer release (999_from_tomorrow)')
  })

  test('is refused when it is no Supabase project', async () => {
    const project = await emptyProject()
    await withClient(project.adminUrl, (client) => client.query('drop schema auth cascade'))
    expect(await refusal(project)).toContain('it lacks auth.uid(), auth.users')
  })

  test('is refused for a role that may not create anything', async () => {
    const project = await emptyProject()
    expect(await refusal({ ownerUrl: project.apiUrl })).toContain(
      'connect as the role that owns the database',
    )
  })
})

describe('made-up data', () => {
  const madeUp = { isMadeUp: () => true }

  test('stays here unless somebody asks for it', async () => {
    const project = await emptyProject()
    expect(await refusal(project, madeUp)).toContain('--allow-simulated')
    expect(await valueOf(project.ownerUrl, `to_regclass('public.shops')::text`)).toBeNull()
  })

  test('stays here when the source also holds real shops, which go alone', async () => {
    const project = await emptyProject()
    const onlyFirst = { isMadeUp: (tmId: number) => tmId === 1 }
    expect(await refusal(project, { ...onlyFirst, allowSimulated: true })).toContain('real shops (2)')
    const report = await promote(optionsFor(source, project, onlyFirst))
    expect(report.shops.map(({ tmId }) => tmId)).toEqual([2])
    expect(report.leftBehind.map(({ tmId }) => tmId)).toEqual([1])
    expect(await rowsOf(project.ownerUrl, 'shops')).toHaveLength(1)
  })

  test('goes into a project of its own, where real shops are refused from then on', async () => {
    const project = await emptyProject()
    const report = await promote(optionsFor(source, project, { ...madeUp, allowSimulated: true }))
    expect(report.equal).toBe(true)
    const real = await createWarehouseWorld()
    opened.push({ drop: () => real.close() })
    await real.query('update public.shops set tm_id = 77')
    const attempt = promote(optionsFor(real, project))
    await expect(attempt).rejects.toThrow('holds made-up shops (1, 2)')
  })

  test('is refused beside real shops even when asked for', async () => {
    const world = await projectWithShop(9_001)
    expect(await refusal(world.database, { ...madeUp, allowSimulated: true })).toContain('real shops (9001)')
  })
})
