// Determinism and the life of ROs: the same seed and the same total time give the same shops, whatever the steps, and
// a simulated week holds every kind of event.
import { describe, expect, test, vi } from 'vitest'
import { createSimulator } from '../../src/embedded/simulator/simulator.ts'
import type { Simulator } from '../../src/embedded/simulator/simulator.ts'
import type { SimulatorInput } from '../../src/embedded/simulator/options.ts'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'

vi.setConfig({ testTimeout: 30_000 })

const sized = (repairOrders: number, seed = 1): SimulatorInput => ({
  seed,
  shops: [
    { tmId: 4321, repairOrders },
    { tmId: 4322, repairOrders, timeZone: 'America/Los_Angeles' },
  ],
})

const localDay = (instant: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date(instant))

const find = (sim: Simulator, id: number): SimRepairOrder => {
  const ro = sim.truth().repairOrders.find((candidate) => candidate.id === id)
  if (!ro) throw new Error(`no RO ${id}`)
  return ro
}

describe('determinism', () => {
  test('the same seed makes the same shops, another seed others', () => {
    const one = createSimulator(sized(40)).truth()
    expect(createSimulator(sized(40)).truth()).toEqual(one)
    expect(createSimulator(sized(40, 2)).truth()).not.toEqual(one)
  })

  test('a week in one step and a week in odd steps end in the same state', () => {
    const whole = createSimulator(sized(60))
    const inSteps = createSimulator(sized(60))
    whole.clock.advance({ days: 7 })
    for (let hours = 0; hours < 7 * 24; hours += 7) inSteps.clock.advance({ hours: 7 })
    expect(inSteps.truth()).toEqual(whole.truth())
  })

  test('an RO added by hand changes no other RO', () => {
    const plain = createSimulator(sized(60))
    const withExample = createSimulator(sized(60))
    withExample.edit.addWorkedExample()
    plain.clock.advance({ days: 3 })
    withExample.clock.advance({ days: 3 })
    const others = withExample.truth().repairOrders.filter((ro) => ro.number !== 20_418)
    expect(others).toEqual(plain.truth().repairOrders)
  })

  test('more ROs in one shop change nothing in the other', () => {
    const ofSecond = (sim: Simulator) => sim.truth().repairOrders.filter((ro) => ro.shopTmId === 4322)
    const bigger = sized(40)
    if (bigger.shops?.[0]) bigger.shops[0] = { tmId: 4321, repairOrders: 90 }
    expect(ofSecond(createSimulator(bigger))).toEqual(ofSecond(createSimulator(sized(40))))
  })
})

describe('the default shops', () => {
  const sim = createSimulator()
  const { shops, repairOrders, employees, vehicles } = sim.truth()

  test('are sized like real ones: about 500 and 300 ROs of 8.5 jobs, 10.5 parts and 9 labor lines', () => {
    const count = shops.map((shop) => repairOrders.filter((ro) => ro.shopTmId === shop.tmId).length)
    expect(count[0]).toBeGreaterThan(480)
    expect(count[1]).toBeGreaterThan(285)
    const jobs = repairOrders.flatMap((ro) => ro.jobs)
    const perRo = (items: number): number => items / repairOrders.length
    expect(Math.abs(perRo(jobs.length) - 8.5)).toBeLessThan(0.4)
    expect(Math.abs(perRo(jobs.flatMap((job) => job.parts).length) - 10.5)).toBeLessThan(0.6)
    expect(Math.abs(perRo(jobs.flatMap((job) => job.labor).length) - 9)).toBeLessThan(0.5)
  })

  test('hold every status, and the values that break naive code', () => {
    expect(new Set(repairOrders.map((ro) => ro.statusId))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]))
    const jobs = repairOrders.flatMap((ro) => ro.jobs)
    const parts = jobs.flatMap((job) => job.parts)
    const labor = jobs.flatMap((job) => job.labor)
    const posted = repairOrders.filter((ro) => ro.statusId === 5)
    const counts = {
      withoutJobs: repairOrders.filter((ro) => ro.jobs.length === 0 && ro.statusId !== 1).length,
      zeroTotalPosted: posted.filter((ro) => ro.amountPaid === 0).length,
      untaxedPosted: posted.filter((ro) => ro.taxRate === 0).length,
      fractional: parts.filter((part) => part.quantity % 1 !== 0).length,
      quantityZero: parts.filter((part) => part.quantity === 0).length,
      freeParts: parts.filter((part) => part.retail === 0).length,
      costless: parts.filter((part) => part.cost === 0).length,
      soldBelowCost: parts.filter((part) => part.cost > part.retail).length,
      namelessParts: parts.filter((part) => part.name === null).length,
      emptyPartNumber: parts.filter((part) => part.partNumber === '').length,
      emptyBrand: parts.filter((part) => part.brand === '').length,
      partsWithoutId: parts.filter((part) => part.id === null).length,
      namelessLabor: labor.filter((line) => line.name === '').length,
      unassigned: labor.filter((line) => line.technicianId === null).length,
      zeroHours: labor.filter((line) => line.hours === 0).length,
      archived: jobs.filter((job) => job.archived).length,
      declined: jobs.filter((job) => job.authorized === false && job.authorizedDate !== null).length,
      pending: jobs.filter((job) => job.authorized === null).length,
      nullDeclined: jobs.filter((job) => job.authorized === true && job.declined === null).length,
      surcharges: jobs.filter((job) => job.discounts.some((item) => item.total < 0)).length,
      roDiscounts: repairOrders.filter((ro) => ro.discounts.length > 0).length,
      roFees: repairOrders.filter((ro) => ro.fees.length > 0).length,
      jobFees: jobs.filter((job) => job.fees.length > 0).length,
      jobSublets: jobs.filter((job) => job.sublets.length > 0).length,
      roSublets: repairOrders.filter((ro) => ro.sublets.length > 0).length,
      withoutCustomer: repairOrders.filter((ro) => ro.customerId === null).length,
      withoutWriter: repairOrders.filter((ro) => ro.serviceWriterId === null).length,
      vinNull: vehicles.filter((vehicle) => vehicle.vin === null).length,
      vinEmpty: vehicles.filter((vehicle) => vehicle.vin === '').length,
      residualPostedDate: repairOrders.filter((ro) => ro.statusId <= 3 && ro.postedDate !== null).length,
    }
    const { residualPostedDate, ...always } = counts
    for (const [what, count] of Object.entries(always)) expect(count, what).toBeGreaterThan(0)
    expect(residualPostedDate).toBeLessThan(10)
  })

  test('use the same RO numbers with different ids (S19)', () => {
    const numbers = shops.map(
      (shop) => new Set(repairOrders.filter((ro) => ro.shopTmId === shop.tmId).map((ro) => ro.number)),
    )
    expect([...(numbers[1] ?? [])].filter((number) => numbers[0]?.has(number)).length).toBeGreaterThan(250)
    expect(new Set(repairOrders.map((ro) => ro.id)).size).toBe(repairOrders.length)
  })

  test('name people whom no list has (S17)', () => {
    const unlisted = new Set(employees.filter((person) => !person.listed).map((person) => person.id))
    const onLabor = repairOrders.flatMap((ro) =>
      ro.jobs.flatMap((job) => job.labor.map((line) => line.technicianId)),
    )
    expect(onLabor.some((id) => id !== null && unlisted.has(id))).toBe(true)
    expect(repairOrders.some((ro) => ro.serviceWriterId !== null && unlisted.has(ro.serviceWriterId))).toBe(
      true,
    )
  })

  test('job and line ids never repeat', () => {
    const jobs = repairOrders.flatMap((ro) => ro.jobs)
    const ids = [
      jobs.map((job) => job.id),
      jobs.flatMap((job) => job.parts.flatMap((part) => part.id ?? [])),
      jobs.flatMap((job) => job.labor.flatMap((line) => line.id ?? [])),
    ]
    for (const list of ids) expect(new Set(list).size).toBe(list.length)
  })

  test('post after midnight UTC what belongs to the evening before, on both sides of the change of clocks (S16)', () => {
    for (const shop of shops) {
      const posted = repairOrders.filter((ro) => ro.shopTmId === shop.tmId && ro.postedDate !== null)
      const late = posted.filter(
        (ro) => localDay(ro.postedDate ?? '', shop.timeZone) < (ro.postedDate ?? '').slice(0, 10),
      )
      expect(late.length).toBeGreaterThan(15)
      expect(late.some((ro) => (ro.postedDate ?? '') < '2026-03-08')).toBe(true)
      expect(late.some((ro) => (ro.postedDate ?? '') > '2026-03-09')).toBe(true)
    }
    const days = new Set(repairOrders.flatMap((ro) => ro.postedDate?.slice(0, 10) ?? []))
    expect(days.size).toBeGreaterThan(25)
  })

  test('never have more open ROs than a board shows, over three more weeks', () => {
    const cap = sim.quirks().boardCap
    for (let day = 0; day < 21; day++) {
      for (const shop of shops) {
        const open = sim.truth().repairOrders.filter((ro) => ro.shopTmId === shop.tmId && ro.statusId <= 3)
        expect(open.length).toBeLessThan(cap)
      }
      sim.clock.advance({ days: 1 })
    }
  })
})

describe('a simulated week', () => {
  const KINDS = [
    'create', 'estimate', 'decide', 'decide-again', 'undecide', 'add-job', 'edit-line', 'resave-job', 'remove-job',
    'add-discount', 'work', 'pay', 'complete', 'post', 'nightly', 'edit-posted', 'unpost', 'settle', 'save-for-later',
    'reopen', 'delete', 'edit-customer', 'move-vehicle', 'hire', 'deactivate',
  ] // prettier-ignore

  test('holds every kind of event', () => {
    const sim = createSimulator()
    const { events } = sim.clock.advance({ days: 7 })
    for (const kind of KINDS) expect(events[kind] ?? 0, kind).toBeGreaterThan(0)
    expect(events['raise']).toBeUndefined()
  })

  test('moves days: un-posted ROs keep or lose their dates and are posted again on another day', () => {
    const sim = createSimulator({ seed: 3 })
    const unposted = new Set(sim.history().flatMap((entry) => (entry.kind === 'unpost' ? [entry.ro] : [])))
    expect(unposted.size).toBeGreaterThan(15)
    const again = sim
      .truth()
      .repairOrders.filter((ro) => unposted.has(ro.id) && ro.statusId >= 5 && ro.statusId <= 6)
    expect(again.length).toBeGreaterThan(10)
    const { events } = sim.clock.advance({ days: 14 })
    expect(events['unpost']).toBeGreaterThan(5)
  })

  test('bumps job dates at 07:05 UTC without moving the RO', () => {
    const sim = createSimulator({ now: '2026-03-19T07:00:00Z' })
    const before = new Map(sim.truth().repairOrders.map((ro) => [ro.id, ro]))
    const { events } = sim.clock.advance({ minutes: 15 })
    expect(Object.keys(events)).toEqual(['nightly'])
    const moved = sim.truth().repairOrders.filter((ro) => {
      const old = before.get(ro.id)
      return ro.jobs.some((job, i) => job.updatedDate !== old?.jobs[i]?.updatedDate)
    })
    expect(moved.length).toBeGreaterThan(3)
    for (const ro of moved) {
      expect(ro.updatedDate).toBe(before.get(ro.id)?.updatedDate)
      expect(ro.jobs.some((job) => job.updatedDate.startsWith('2026-03-19T07:'))).toBe(true)
    }
  })

  test('pays without moving updatedDate, and says so', () => {
    const sim = createSimulator(sized(150))
    const seen: SimRepairOrder[] = []
    for (let step = 0; step < 40 && seen.length === 0; step++) {
      const before = new Map(sim.truth().repairOrders.map((ro) => [ro.id, ro]))
      sim.clock.advance({ hours: 2 })
      const paidSilently = (ro: SimRepairOrder): boolean =>
        before.get(ro.id)?.updatedDate === ro.updatedDate && before.get(ro.id)?.amountPaid !== ro.amountPaid
      seen.push(...sim.truth().repairOrders.filter(paidSilently))
    }
    for (const ro of seen) expect(ro.silentChanges.map((change) => change.kind)).toContain('pay')
    expect(seen.length).toBeGreaterThan(0)
  })

  test('leaves past costs alone unless pay changes are switched on', () => {
    const still = createSimulator()
    const before = still.truth().shops.map((shop) => shop.averageTechnicianRate)
    still.clock.advance({ days: 14 })
    expect(still.truth().shops.map((shop) => shop.averageTechnicianRate)).toEqual(before)
    const moving = createSimulator({ quirks: { payChanges: true } })
    const { events } = moving.clock.advance({ days: 14 })
    expect(events['raise']).toBeGreaterThan(0)
    expect(moving.truth().shops.map((shop) => shop.averageTechnicianRate)).not.toEqual(before)
  })

  test('changes values at night only when told to', () => {
    const sim = createSimulator({ quirks: { nightlyValueChanges: 1 } })
    sim.clock.advance({ days: 2 })
    const changed = sim
      .truth()
      .repairOrders.filter((ro) => ro.silentChanges.some(({ kind }) => kind === 'nightly-value'))
    expect(changed.length).toBeGreaterThan(3)
  })
})

test('time never runs backwards and a frozen clock stands still', () => {
  const sim = createSimulator(sized(20))
  const now = sim.clock.now().toISOString()
  expect(now).toBe('2026-03-20T22:00:00.000Z')
  sim.clock.advance({ hours: -5 })
  expect(sim.clock.now().toISOString()).toBe(now)
  const id = sim.truth().repairOrders[0]?.id ?? 0
  expect(find(sim, id)).toEqual(find(sim, id))
})
