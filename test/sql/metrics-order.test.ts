// Any order of changes, snapshots and day refreshes ends in the same rows as a rebuild from nothing.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import type { RepairOrderSpec, Row } from './support/ro-writer.ts'

const days = ['2026-02-28', '2026-03-01', '2026-03-02']
let world: MetricsWorld

beforeAll(async () => {
  world = await createMetricsWorld()
})
afterAll(() => world.close())

/** An RO with its people as indexes, so that it can be written into any shop. */
interface Draft {
  readonly ro: number
  readonly statusId: number
  readonly posted: string
  readonly completed: string
  readonly advisor: number | null
  readonly deleted: boolean
  readonly jobs: readonly {
    authorized: boolean | null
    archived: boolean
    total: number
    hours: number
    technician: number | null
    sublet: number
  }[]
}

type Step =
  | { readonly kind: 'write'; readonly draft: Draft }
  | { readonly kind: 'snapshot'; readonly ro: number }
  | { readonly kind: 'day'; readonly date: string }

const person = fc.option(fc.integer({ min: 0, max: 2 }), { nil: null })
const ro = fc.integer({ min: 1, max: 4 })
const date = fc.constantFrom(...days)

const draft: fc.Arbitrary<Draft> = fc.record({
  ro,
  statusId: fc.constantFrom(2, 3, 5, 5, 5, 6, 7),
  posted: date,
  completed: date,
  advisor: person,
  deleted: fc.constantFrom(false, false, false, true),
  jobs: fc.array(
    fc.record({
      authorized: fc.constantFrom(true, true, false, null),
      archived: fc.boolean(),
      total: fc.integer({ min: -500, max: 90_000 }),
      hours: fc.integer({ min: 0, max: 16 }).map((quarters) => quarters / 4),
      technician: person,
      sublet: fc.integer({ min: 0, max: 900 }),
    }),
    { maxLength: 3 },
  ),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: draft.map((value): Step => ({ kind: 'write', draft: value })) },
  { weight: 3, arbitrary: ro.map((value): Step => ({ kind: 'snapshot', ro: value })) },
  { weight: 3, arbitrary: date.map((value): Step => ({ kind: 'day', date: value })) },
)

const specOf = (value: Draft, people: readonly string[]): RepairOrderSpec => {
  const who = (index: number | null): string | null => (index === null ? null : (people[index] ?? null))
  const posts = value.statusId === 5 || value.statusId === 6
  return {
    ro: value.ro,
    statusId: value.statusId,
    posted: posts ? value.posted : null,
    completed: posts || value.statusId === 3 ? value.completed : null,
    deleted: value.deleted,
    advisor: who(value.advisor),
    jobs: value.jobs.map((job) => ({
      authorized: job.authorized,
      archived: job.archived,
      labor: [{ hours: job.hours, total: job.total, cost: 100, technician: who(job.technician) }],
      sublets: [{ retail: job.sublet, cost: 1 }],
    })),
  }
}

/** A new shop with three people; answers their ids. */
const openShop = async (): Promise<string[]> => {
  await world.startShop()
  const people: string[] = []
  for (const tmId of [1, 2, 3]) people.push(await world.addEmployee(tmId, `Person ${tmId}`))
  return people
}

const own = new Set(['id', 'shop_id', 'technician_id', 'service_advisor_id', 'created_at', 'updated_at'])

/** Everything a day says, without what differs from shop to shop. */
const daysAsTold = async (): Promise<Row[][]> => {
  const tables: Row[][] = []
  for (const table of ['daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics']) {
    const rows = (await world.rows(table)).map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !own.has(name))),
    )
    tables.push(rows.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))))
  }
  return tables
}

const sum = (rows: readonly Row[], name: string): number =>
  rows.reduce((total, row) => total + Number(row[name]), 0)

const expectSharesToMakeTheShop = async (): Promise<void> => {
  const [shop, technicians, advisors] = await daysAsTold()
  for (const day of shop ?? []) {
    const ofDay = (rows: Row[] | undefined) =>
      (rows ?? []).filter((row) => row['metric_date'] === day['metric_date'])
    expect(sum(ofDay(technicians), 'hours_billed') + Number(day['unassigned_labor_hours'])).toBe(
      day['labor_hours'],
    )
    for (const name of ['ro_count', 'authorized_revenue', 'authorized_profit', 'labor_hours'])
      expect(sum(ofDay(advisors), name)).toBe(day[name])
  }
}

test('any order of writes, snapshots and day refreshes ends as a rebuild from nothing would', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24 }), async (steps) => {
      const people = await openShop()
      const last = new Map<number, Draft>()
      for (const each of steps) {
        if (each.kind === 'write') {
          last.set(each.draft.ro, each.draft)
          await world.put(specOf(each.draft, people))
        } else if (each.kind === 'snapshot') await world.refresh(each.ro)
        else await world.refreshDay(each.date)
      }
      for (const stale of last.keys()) await world.refresh(stale)
      await world.settle()
      await expectSharesToMakeTheShop()
      const incremental = await daysAsTold()
      for (const day of days) expect(await world.refreshDay(day)).toMatchObject({ changed: false })

      const newcomers = await openShop()
      for (const each of last.values()) {
        await world.put(specOf(each, newcomers))
        await world.refresh(each.ro)
      }
      for (const day of days) await world.refreshDay(day)
      expect(incremental).toEqual(await daysAsTold())
    }),
    { numRuns: 25 },
  )
}, 60_000)
