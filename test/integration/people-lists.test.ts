// The lists of people when TM is difficult: other wrappers, shifted and failing pages, records that do not parse. The run's
// counts are exact whatever happened, and the cursor never passes a page that failed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultInput } from '../../src/embedded/simulator/faults.ts'
import { report } from '../support/oracle/compare.ts'
import { syncList } from '../support/pipeline-lists.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 120_000
const PAGE = 15

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  const list = (kind: 'customers' | 'vehicles' | 'employees') =>
    syncList(pipeline, { shop: SHOP, kind, withinMs: LONG })
  const total = (kind: 'customers' | 'vehicles') => pipeline.simulator.truth()[kind].length
  const cursor = async (kind: string) =>
    (
      await pipeline.query<{ at: string }>(
        'select cursor_at::text as at from sync_cursors where entity_type = $1',
        [kind],
      )
    )[0]?.at
  const withFault = async <T>(fault: FaultInput, work: () => Promise<T>): Promise<T> => {
    const id = pipeline.simulator.faults.add(fault)
    try {
      return await work()
    } finally {
      pipeline.simulator.faults.remove(id)
    }
  }

  beforeAll(async () => {
    pipeline = await startPipeline({
      store,
      simulator: {
        shops: [{ tmId: SHOP, repairOrders: 60 }],
        days: 10,
        quirks: { listPageSizeMax: PAGE, quotedNumbers: true },
      },
    })
  })
  afterAll(() => pipeline.close())

  test('a page that fails for good fails the run with its reason, and the cursor stays', async () => {
    const run = await withFault({ route: 'customers', skip: 1, kind: 'status', status: 422 }, () =>
      list('customers'),
    )
    expect(run).toMatchObject({ status: 'failed', created: PAGE, failed: 0 })
    expect(JSON.stringify(run.error)).toContain('UPSTREAM_CHANGED')
    expect(await cursor('customers')).toBeUndefined()
  })

  test(
    'a page that fails once is read again, and the run counts each customer once',
    { timeout: LONG },
    async () => {
      const before =
        (await pipeline.query<{ n: number }>('select count(*)::int as n from customers'))[0]?.n ?? 0
      const run = await withFault(
        { route: 'customers', skip: 2, times: 1, kind: 'status', status: 502 },
        () => list('customers'),
      )
      expect(
        pipeline.finished.filter(({ name, outcome }) => name === 'sync-customers' && outcome === 'retry'),
      ).toHaveLength(1)
      expect(run).toMatchObject({
        status: 'finished',
        fetched: total('customers'),
        created: total('customers') - before,
        unchanged: before,
        updated: 0,
        failed: 0,
        truncated: false,
      })
      expect(await cursor('customers')).toBeDefined()
    },
  )

  test.each([-4, 4])('a list whose pages shift by %d rows is still read whole', async (by) => {
    const run = await withFault({ route: 'vehicles', kind: 'shift', by, times: 2 }, () => list('vehicles'))
    expect(run).toMatchObject({ status: 'finished', fetched: total('vehicles'), failed: 0, truncated: false })
    expect(
      report(
        await pipeline
          .compare({ people: true })
          .then((all) => all.filter(({ table }) => table === 'vehicles')),
      ),
    ).toBe('')
  })

  test('a list that never shows all it counts is marked truncated, and its cursor stays', async () => {
    const before = await cursor('vehicles')
    const run = await withFault({ route: 'vehicles', kind: 'shift', by: -4 }, () => list('vehicles'))
    expect(run).toMatchObject({ status: 'finished', truncated: true, failed: 0 })
    expect(pipeline.lines.some(({ event }) => event === 'listing.truncated')).toBe(true)
    expect(await cursor('vehicles')).toBe(before)
  })

  test('bare arrays are read to their end', async () => {
    pipeline.simulator.setQuirks({ listWrapper: 'array' })
    try {
      for (const kind of ['customers', 'vehicles'] as const)
        expect(await list(kind)).toMatchObject({
          fetched: total(kind),
          unchanged: total(kind),
          truncated: false,
        })
    } finally {
      pipeline.simulator.setQuirks({ listWrapper: 'page' })
    }
  })

  test('a record that does not parse is refused with its path while the others are written', async () => {
    const [victim] = pipeline.simulator.truth().customers.toSorted((a, b) => a.id - b.id)
    for (const { id } of pipeline.simulator.truth().customers)
      pipeline.simulator.edit.updateCustomer(id, { notes: 'new notes' })
    const fault: FaultInput = {
      route: 'customers',
      kind: 'malform',
      path: 'taxExempt',
      value: 'perhaps',
      times: 1,
    }
    const run = await withFault(fault, () => list('customers'))
    expect(run).toMatchObject({
      status: 'finished',
      fetched: total('customers'),
      updated: total('customers') - 1,
      failed: 1,
      refused: [{ id: victim?.id, reason: 'taxExempt is neither true nor false' }],
    })
    expect(await list('customers')).toMatchObject({ updated: 1, failed: 0, refused: [] })
    await list('vehicles')
    const found = (await pipeline.compare({ people: true })).filter(
      ({ table }) => table === 'customers' || table === 'vehicles',
    )
    expect(report(found)).toBe('')
  })

  test('people whom only ROs name are placeholders with a name until the list shows them, and stay when it stops', async () => {
    const unlisted = pipeline.simulator.truth().employees.filter(({ listed }) => !listed)
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 12 })
    await pipeline.quiet({ withinMs: LONG })
    const stored = (id: number) =>
      pipeline.query('select first_name, status, is_placeholder from employees where tm_id = $1', [id])
    const named = []
    for (const person of unlisted) if ((await stored(person.id)).length > 0) named.push(person)
    const [person] = named
    if (person === undefined) throw new Error('no RO of this world names an unlisted person')
    expect(await stored(person.id)).toMatchObject([{ first_name: person.firstName, is_placeholder: true }])
    const technicians = `select count(*)::int as n from job_labor l left join employees e on e.id = l.technician_id
                          where l.technician_tm_id is not null and e.tm_id is distinct from l.technician_tm_id`
    expect(await pipeline.query(technicians)).toEqual([{ n: 0 }])

    pipeline.simulator.edit.updateEmployee(person.id, { listed: true, firstName: 'Found' })
    expect(await list('employees')).toMatchObject({ status: 'finished', updated: 1, failed: 0 })
    const found = [{ first_name: 'Found', status: 'INACTIVE', is_placeholder: false }]
    expect(await stored(person.id)).toEqual(found)

    pipeline.simulator.edit.updateEmployee(person.id, { listed: false })
    const run = await list('employees')
    expect(run.fetched).toBe(pipeline.simulator.truth().employees.filter(({ listed }) => listed).length)
    expect(await stored(person.id)).toEqual(found)
  })
})
