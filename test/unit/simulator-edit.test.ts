// What tests do to the shops by hand: the worked example served word for word, and the edits of spec §8.1.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'
import { createSimulator } from '../../src/embedded/simulator/simulator.ts'
import { SMALL, serve } from './simulator-client.ts'
import type { Served } from './simulator-client.ts'
import { WORKED_EXAMPLE } from '../../src/embedded/simulator/worked-example.ts'

vi.setConfig({ testTimeout: 30_000 })

let served: Served
const EXAMPLE = 318_204_417

beforeAll(async () => {
  served = await serve(SMALL)
})
afterAll(() => served.close())

const soldOpen = () => {
  const ro = served.sim.truth().repairOrders.find((one) => one.statusId === 5 && one.jobs.length > 3)
  if (!ro) throw new Error('no posted RO')
  return ro
}

describe('the worked example of metrics.md', () => {
  beforeAll(() => {
    served.sim.edit.addWorkedExample()
  })

  test('is served word for word, floats included', async () => {
    expect((await served.get(`/api/shop/4321/repair-order/${EXAMPLE}`)).text).toBe(WORKED_EXAMPLE.header)
    expect((await served.get(`/api/repair-order/${EXAMPLE}/estimate`)).text).toBe(WORKED_EXAMPLE.estimate)
    expect((await served.get(`/api/repair-order/${EXAMPLE}/profit/labor`)).text).toBe(
      WORKED_EXAMPLE.profitLabor,
    )
  })

  test('is in the report as tekmetric-api.md §4.6 prints it', async () => {
    const day = 'start=2026-03-04T00:00:00.000-05:00&end=2026-03-04T23:59:59.999-05:00'
    const { content } = (await served.get(`/api/reporting/profit-details-report?shopIds=4321&${day}`)).json<{
      content: { repairOrderId: number }[]
    }>()
    expect(content.find((row) => row.repairOrderId === EXAMPLE)).toEqual({
      repairOrderId: EXAMPLE,
      repairOrderNumber: 20_418,
      customerId: 55_120_388,
      vehicleId: 71_940_226,
      serviceWriterId: 200_311,
      postedDate: '2026-03-05T01:12:09Z',
      laborProfit: 48_771,
      partsTotalProfit: 17_043,
      subletProfit: 4_900,
      feesProfit: 3_350,
      totalProfit: 72_564,
      totalProfitMargin: 0.65899,
    })
  })

  test('agrees with the arithmetic of the simulator once its lines are edited to themselves', async () => {
    const literal = (await served.get(`/api/repair-order/${EXAMPLE}/estimate`)).json()
    served.sim.edit.update(EXAMPLE, () => undefined)
    const computed = (await served.get(`/api/repair-order/${EXAMPLE}/estimate`)).json()
    for (const key of [
      'total',
      'authorizedTotal',
      'taxes',
      'feesTotal',
      'discountTotal',
      'shopSuppliesTotal',
      'epaTotal',
    ]) {
      expect(computed[key], key).toBe(literal[key])
    }
    const profit = (await served.get(`/api/repair-order/${EXAMPLE}/profit/labor`)).json()
    expect(profit['totalProfit']).toEqual({ retail: 108_264, cost: 37_550, profit: 70_714, margin: 0.653163 })
    expect(profit['laborProfit']).toEqual({
      hours: 3.25,
      retail: 60_125,
      cost: 11_354,
      profit: 48_771,
      margin: 0.81116,
    })
  })

  test('keeps its names when its header is written anew', async () => {
    served.sim.edit.unpost(EXAMPLE, { to: 2, keepsPostedDate: true })
    const header = (await served.get(`/api/shop/4321/repair-order/${EXAMPLE}`)).json()
    expect(header['repairOrderStatus']).toMatchObject({ id: 2 })
    expect(header['postedDate']).toBe('2026-03-05T01:12:09Z')
    expect(header['customer']).toMatchObject({ id: 55_120_388, firstName: 'Sample', lastName: 'Customer' })
    expect(header['vehicle']).toMatchObject({ year: 2018 })
  })

  test('cannot be added twice, nor to a shop that does not exist', () => {
    expect(() => served.sim.edit.addWorkedExample()).toThrow('exists already')
    expect(() => served.sim.edit.addWorkedExample(1)).toThrow('no shop 1')
  })
})

describe('edits', () => {
  test('move updatedDate each time, although the clock stands still', () => {
    const { id, updatedDate } = soldOpen()
    const first = served.sim.edit.bump(id)
    const second = served.sim.edit.bump(id)
    expect(first.updatedDate > updatedDate).toBe(true)
    expect(second.updatedDate > first.updatedDate).toBe(true)
  })

  test('by hand never hide a later event of the RO’s own life', () => {
    const sim = createSimulator({ shops: [{ tmId: 4321, repairOrders: 60 }] })
    const open = sim.truth().repairOrders.filter((ro) => ro.statusId <= 3)
    for (const { id } of open) sim.edit.patch(id, 'updatedDate', '2026-04-01T00:00:00Z')
    const bumped = new Map(sim.truth().repairOrders.map((ro) => [ro.id, ro]))
    sim.clock.advance({ days: 5 })
    const changed = sim
      .truth()
      .repairOrders.filter((ro) => ro.statusId !== bumped.get(ro.id)?.statusId && bumped.has(ro.id))
    expect(changed.length).toBeGreaterThan(2)
    for (const ro of changed) expect(ro.updatedDate > (bumped.get(ro.id)?.updatedDate ?? '')).toBe(true)
  })

  test('of a line carry through to job, RO and profit', async () => {
    const ro = soldOpen()
    const job = ro.jobs.find((one) => one.authorized === true && one.parts.length > 0)
    const edited = served.sim.edit.editLine(ro.id, {
      ...(job ? { job: job.id } : {}),
      kind: 'parts',
      set: { quantity: 5.5, retail: 899 },
    })
    const part = edited.jobs.find((one) => one.id === job?.id)?.parts[0]
    expect(part?.total).toBe(4_945)
    const estimate = (await served.get(`/api/repair-order/${ro.id}/estimate`)).text
    expect(estimate).toMatch(/"total":4945(\.0)?/)
    expect(() => served.sim.edit.editLine(ro.id, { kind: 'parts', line: 99, set: {} })).toThrow(
      'no such line',
    )
  })

  test('saving a job again gives its lines new ids and nothing else; removing it leaves no trace', async () => {
    const ro = soldOpen()
    const job = ro.jobs.find((one) => one.labor.length > 0)
    if (!job) throw new Error('no job with labor')
    const saved = served.sim.edit.resaveJob(ro.id, job.id).jobs.find((one) => one.id === job.id)
    expect(saved?.labor[0]?.id).not.toBe(job.labor[0]?.id)
    expect(saved?.labor.map((line) => ({ ...line, id: 0 }))).toEqual(
      job.labor.map((line) => ({ ...line, id: 0 })),
    )
    const left = served.sim.edit.removeJob(ro.id, job.id)
    expect(left.jobs.map((one) => one.id)).not.toContain(job.id)
    expect((await served.get(`/api/repair-order/${ro.id}/estimate`)).text).not.toContain(String(job.id))
    expect(served.sim.edit.addJob(ro.id).jobs.at(-1)).toMatchObject({ authorized: null })
  })

  test('line ids never meet those of another RO, however often a job is saved again', () => {
    const shops = [4321, 4322].map((tmId) => ({ tmId, repairOrders: 30 }))
    const sim = createSimulator({ shops })
    const ro = sim.truth().repairOrders.find((one) => one.jobs.some((job) => job.labor.length > 0))
    const job = ro?.jobs.find((one) => one.labor.length > 0)
    const idsOf = (one: SimRepairOrder | undefined) =>
      (one?.jobs ?? []).flatMap((each) => each.labor.flatMap((line) => line.id ?? []))
    const others = new Set(
      sim
        .truth()
        .repairOrders.filter((one) => one.id !== ro?.id)
        .flatMap(idsOf),
    )
    for (let i = 0; i < 150; i++) {
      const ids = idsOf(sim.edit.resaveJob(ro?.id ?? 0, job?.id))
      expect(ids.filter((id) => others.has(id))).toEqual([])
    }
  })

  test('post, un-post, settle, save for later and delete as TM does', () => {
    const { id } = soldOpen()
    const open = served.sim.edit.unpost(id, { to: 3 })
    expect([open.statusId, open.postedDate, open.completedDate !== null]).toEqual([3, null, true])
    const receivable = served.sim.edit.post(id, { postedDate: '2026-03-10T03:30:00Z', receivable: true })
    expect([receivable.statusId, receivable.postedDate]).toEqual([6, '2026-03-10T03:30:00Z'])
    expect((receivable.completedDate ?? '') <= '2026-03-10T03:30:00Z').toBe(true)
    expect(served.sim.edit.settle(id).statusId).toBe(5)
    expect(
      served.sim.edit.unpost(id, { to: 2, keepsPostedDate: true, keepsCompletedDate: false }),
    ).toMatchObject({
      statusId: 2,
      postedDate: '2026-03-10T03:30:00Z',
      completedDate: null,
    })
    expect(served.sim.edit.saveForLater(id).statusId).toBe(4)
    expect(served.sim.edit.delete(id)).toMatchObject({ statusId: 7, postedDate: null })
  })

  test('a payment moves nothing, a decision can be taken back', () => {
    const ro = soldOpen()
    const paid = served.sim.edit.pay(ro.id, 100)
    expect(paid.updatedDate).toBe(ro.updatedDate)
    expect(paid.silentChanges).toHaveLength(1)
    const job = ro.jobs[0]?.id ?? 0
    const declined = served.sim.edit.decide(ro.id, job, false).jobs[0]
    expect([declined?.authorized, declined?.declined, declined?.authorizedDate !== null]).toEqual([
      false,
      true,
      true,
    ])
    expect(served.sim.edit.decide(ro.id, job, null).jobs[0]).toMatchObject({
      authorized: null,
      authorizedDate: null,
    })
  })

  test('a forgotten RO is found nowhere; an unknown one cannot be edited', async () => {
    const { id } = soldOpen()
    served.sim.edit.forget(id)
    expect((await served.get(`/api/shop/4321/repair-order/${id}`)).status).toBe(404)
    expect(() => served.sim.edit.bump(id)).toThrow(`no repair order ${id}`)
  })

  test('people, customers and vehicles can be changed, and answers follow', async () => {
    const { employees, vehicles } = served.sim.truth()
    const alpha = employees.find((person) => person.id === 200_457)
    served.sim.edit.updateEmployee(200_457, { hourlyRate: (alpha?.hourlyRate ?? 0) + 400 })
    expect((await served.get('/api/shop/4321/employee/200457')).json()['hourlyRate']).toBe(3_600)
    expect(served.sim.truth().shops[0]?.averageTechnicianRate).toBe(3_660)
    const car = vehicles[0]?.id ?? 0
    served.sim.edit.updateVehicle(car, { licensePlate: 'NEW 1' })
    expect((await served.get(`/api/shop/4321/vehicle/${car}`)).json()['licensePlate']).toBe('NEW 1')
  })

  test('any field can be set by its path', () => {
    const { id } = soldOpen()
    expect(served.sim.edit.patch(id, 'jobs.0.labor.0.hours', 1.25).jobs[0]?.labor[0]?.hours).toBe(1.25)
    expect(() => served.sim.edit.patch(id, 'jobs.0.nothing', 1)).toThrow('no field')
  })
})
