// Customers, vehicles and employees of a shop through the whole pipeline: complete after their lists, never frozen, fetched
// when an RO names somebody new, at the least number of calls.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { syncList } from '../support/pipeline-lists.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { changedRows, writtenRows } from '../support/pipeline-rows.ts'
import { fetchUnknownParties } from '../../src/workers/jobs/fetch-unknown-parties.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 120_000
const ROUTES = ['customers', 'vehicles', 'customer', 'vehicle'] as const

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let calls: () => Record<(typeof ROUTES)[number], number>
  /** Calls by route since the last time it was asked. */
  const countCalls = () => {
    const before = calls()
    return () => {
      const now = calls()
      return Object.fromEntries(ROUTES.map((route) => [route, now[route] - before[route]]))
    }
  }
  const sync = async (source: 'all' | 'sweep' = 'all') => {
    const run = await pipeline.sync({ shop: SHOP, source, daysBack: 12 })
    await pipeline.quiet({ withinMs: LONG })
    return run
  }
  const lists = async () => [
    await syncList(pipeline, { shop: SHOP, kind: 'customers' }),
    await syncList(pipeline, { shop: SHOP, kind: 'vehicles' }),
  ]
  const compare = async () => report(await pipeline.compare({ people: true }))

  beforeAll(async () => {
    const shops = [{ tmId: SHOP, repairOrders: 60 }]
    pipeline = await startPipeline({
      store,
      simulator: { shops, days: 10, quirks: { listPageSizeMax: 20 } },
    })
    const { requests } = pipeline.simulator
    calls = () =>
      Object.fromEntries(ROUTES.map((route) => [route, requests.count({ route })])) as ReturnType<
        typeof calls
      >
  })
  afterAll(() => pipeline.close())

  test(
    'a first backfill reads two lists instead of every customer and vehicle by id, and all equals',
    { timeout: LONG },
    async () => {
      const { customers, vehicles } = pipeline.simulator.truth()
      const used = countCalls()
      const run = await sync()
      expect(run).toMatchObject({ status: 'finished', failed: 0 })
      const { customer = 0, vehicle = 0, ...listed } = used()
      expect(listed).toEqual({
        customers: Math.ceil(customers.length / 20),
        vehicles: Math.ceil(vehicles.length / 20),
      })
      // Whoever was named before the first of them: few.
      expect(customer + vehicle).toBeLessThanOrEqual(40)
      expect(await compare()).toBe('')
    },
  )

  test('a list read again writes nothing, and its run says how many it saw', { timeout: LONG }, async () => {
    const before = await writtenRows(pipeline)
    const { customers, vehicles } = pipeline.simulator.truth()
    const runs = await lists()
    for (const [i, { length }] of [customers, vehicles].entries())
      expect(runs[i]).toMatchObject({
        status: 'finished',
        fetched: length,
        unchanged: length,
        created: 0,
        updated: 0,
        failed: 0,
      })
    expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
  })

  test(
    'an RO that names somebody new brings exactly them by id, without a further call of its own',
    { timeout: LONG },
    async () => {
      const known = new Set(pipeline.simulator.truth().customers.map(({ id }) => id))
      const isNew = ({ id }: { id: number }) => !known.has(id)
      for (let day = 0; day < 7 && !pipeline.simulator.truth().customers.some(isNew); day += 1)
        pipeline.simulator.clock.advance({ days: 1 })
      const { customers, repairOrders, vehicles } = pipeline.simulator.truth()
      const fresh = customers.filter(isNew)
      const cars = vehicles.filter(({ customerId }) => !known.has(customerId))
      const named = <K extends 'customerId' | 'vehicleId'>(key: K) =>
        new Set(repairOrders.map((ro) => ro[key]).filter((id) => id !== null))
      const perRo = pipeline.simulator.requests.count({ route: 'header' })
      const used = countCalls()
      const run = await sync()
      expect(fresh.length).toBeGreaterThan(0)
      expect(used()).toEqual({
        customers: 0,
        vehicles: 0,
        customer: fresh.filter(({ id }) => named('customerId').has(id)).length,
        vehicle: cars.filter(({ id }) => named('vehicleId').has(id)).length,
      })
      expect(pipeline.simulator.requests.count({ route: 'header' }) - perRo).toBe(
        run.created + run.updated + run.unchanged + run.stale,
      )
      await lists()
      expect(await compare()).toBe('')
    },
  )

  test('a list that a killed process had begun is read to its end, although nobody is unknown by now', async () => {
    const { runs, shops } = pipeline.services.warehouse
    const shop = (await shops.list()).find(({ tmId }) => tmId === SHOP)
    const queue = pipeline.queueJobs.queue('discovery')
    await queue.pause()
    const { id } = await pipeline.queueJobs.request(fetchUnknownParties, { shop: SHOP })
    const begun = { shopId: shop?.id ?? '', kind: 'customers', trigger: 'sweep', params: {} }
    const { runId } = await runs.start({ ...begun, requestKey: `queue-job.${id}.customers` })
    // While its queue job waits, however long ago the run began, it is not lost.
    await pipeline.query("update sync_log set started_at = now() - interval '1 hour' where id = $1", [runId])
    await pipeline.queueJobs.request(sweepDirty, {})
    await expect
      .poll(async () => pipeline.queueJobs.queue('maintenance').getJobCountByTypes('waiting', 'active'))
      .toBe(0)
    expect(await runs.progress({ runId })).toMatchObject({ status: 'listing' })
    await queue.resume()
    await expect
      .poll(async () => (await runs.progress({ runId })).status, { timeout: 20_000 })
      .toBe('finished')
    await pipeline.quiet()
  })

  test('after a week of ordinary life the lists make all equal again', { timeout: LONG }, async () => {
    const { events } = pipeline.simulator.clock.advance({ days: 7 })
    for (const kind of ['edit-customer', 'move-vehicle']) expect(events[kind], kind).toBeGreaterThan(0)
    await sync('sweep')
    const runs = await lists()
    expect(runs.map(({ updated }) => updated > 0)).toEqual([true, true])
    expect(await compare()).toBe('')
  })

  test(
    'a vehicle follows its new owner, and an RO of the former one takes neither back',
    { timeout: LONG },
    async () => {
      const { repairOrders, customers } = pipeline.simulator.truth()
      const ro = repairOrders.find(({ statusId, vehicleId }) => statusId === 5 && vehicleId !== null)
      const buyer = customers.find(({ id }) => id !== ro?.customerId)
      const vehicleId = ro?.vehicleId ?? 0
      pipeline.simulator.edit.updateVehicle(vehicleId, { customerId: buyer?.id ?? 0 })
      await syncList(pipeline, { shop: SHOP, kind: 'vehicles' })
      pipeline.simulator.edit.update(ro?.id ?? 0, (order) => void (order.notes = 'sold since'))
      const run = await sync()
      expect(run.updated).toBe(1)
      const [row] = await pipeline.query(
        `select v.customer_tm_id::text as owner, c.tm_id::text as linked, r.customer_tm_id::text as billed
           from vehicles v join repair_orders r on r.vehicle_id = v.id join customers c on c.id = v.customer_id
          where r.tm_id = $1`,
        [ro?.id],
      )
      expect(row).toEqual({
        owner: String(buyer?.id),
        linked: String(buyer?.id),
        billed: String(ro?.customerId),
      })
      expect(await compare()).toBe('')
    },
  )

  test(
    'somebody TM does not have is asked for once, and a list that shows them later fills them in',
    { timeout: LONG },
    async () => {
      const { repairOrders } = pipeline.simulator.truth()
      const ro = repairOrders.find(({ statusId, customerId }) => statusId === 5 && customerId !== null)
      const id = ro?.customerId ?? 0
      const placeholder = `update customers set is_placeholder = true, looked_up_at = null, email = null,
                                  created_at = '2020-01-01' where tm_id = $1`
      const state = async () =>
        (
          await pipeline.query(
            'select is_placeholder, looked_up_at is not null as asked from customers where tm_id = $1',
            [id],
          )
        )[0]
      await pipeline.query(placeholder, [id])
      const fault = pipeline.simulator.faults.add({ route: 'customer', kind: 'status', status: 404 })
      const used = countCalls()
      for (const note of ['once', 'twice']) {
        pipeline.simulator.edit.update(ro?.id ?? 0, (order) => void (order.notes = note))
        await sync()
        expect(await state()).toEqual({ is_placeholder: true, asked: true })
      }
      expect(used()).toEqual({ customers: 0, vehicles: 0, customer: 1, vehicle: 0 })
      pipeline.simulator.faults.remove(fault)
      await syncList(pipeline, { shop: SHOP, kind: 'customers' })
      expect(await state()).toEqual({ is_placeholder: false, asked: false })
    },
  )
})
