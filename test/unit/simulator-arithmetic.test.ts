// TM's arithmetic (tekmetric-api.md §7), checked on what the simulator serves for every RO of the default shops, with
// decimals counted in thousandths by code of its own.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { Answers } from '../../src/embedded/simulator/answers.ts'
import type { Truth } from '../../src/embedded/simulator/model.ts'
import { simulatorOptions } from '../../src/embedded/simulator/options.ts'
import { World } from '../../src/embedded/simulator/world.ts'

vi.setConfig({ testTimeout: 30_000 })

interface Part {
  quantity: number
  cost: number
  retail: number
  total: number
}
interface Labor {
  hours: number
  rate: number
  total: number
}
interface Money {
  total?: number
  amount?: number
}
interface Sublet {
  id: number
  cost: number
  retail: number
  authorized?: boolean | null
}
interface Job {
  authorized: boolean | null
  archived: boolean | null
  total: number
  subTotal?: number | null
  subtotal?: number
  discount: number
  tax: number | null
  partsTaxTotal: number
  partsPrice: number
  partsCost: number
  laborPrice: number
  laborHours?: number
  laborTime?: number
  subletPrice: number
  feePrice: number
  parts?: Part[] | null
  labor?: Labor[] | null
  fees?: Money[] | null
  discounts?: Money[] | null
  sublets?: Sublet[] | null
}
interface Estimate {
  total: number
  authorizedTotal: number
  taxes: number
  taxRate: number
  discount?: number
  discountTotal: number
  feesTotal: number
  fees?: { data: { total: number }[] } | null
  sublets?: Sublet[] | null
  jobs?: Job[]
  repairOrderJobs?: Job[]
}
interface Sums {
  retail: number
  cost: number
  profit: number
  margin: number | 'NaN'
}
interface Profit {
  labor: (Sums & { hours: number })[]
  laborProfit: Sums & { hours: number }
  totalProfit: Sums
}
interface Told {
  ro: Truth['repairOrders'][number]
  estimate: Estimate
  jobs: Job[]
  profit: Profit
}

const times = (decimal: number, cents: number): number =>
  Math.floor((Math.round(decimal * 1000) * cents) / 1000 + 0.5)
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

let truth: Truth
let all: Told[]

const tell = (world: World): Told[] => {
  const answers = new Answers(world)
  return [...world.repairOrders.values()].map((ro) => {
    const estimate = JSON.parse(answers.text(ro, 'estimate')) as Estimate
    const profit = JSON.parse(answers.text(ro, 'profit')) as Profit
    return {
      ro: structuredClone(ro),
      estimate,
      jobs: estimate.jobs ?? estimate.repairOrderJobs ?? [],
      profit,
    }
  })
}

beforeAll(() => {
  const world = new World(simulatorOptions.parse({}))
  truth = world.truth()
  all = tell(world)
}, 30_000)

describe('lines and jobs', () => {
  test('a part line is quantity × retail, a labor line hours × rate, rounded half up', () => {
    const jobs = all.flatMap(({ jobs: list }) => list)
    expect(jobs.length).toBeGreaterThan(6_000)
    for (const job of jobs) {
      for (const part of job.parts ?? []) expect(part.total).toBe(times(part.quantity, part.retail))
      for (const line of job.labor ?? []) expect(line.total).toBe(times(line.hours, line.rate))
    }
  })

  test("a job's sums are its lines, its subtotal lacks tax only, its total has it", () => {
    for (const job of all.flatMap(({ jobs }) => jobs)) {
      expect(job.partsPrice).toBe(sum((job.parts ?? []).map((part) => part.total)))
      expect(job.partsCost).toBe(sum((job.parts ?? []).map((part) => times(part.quantity, part.cost))))
      expect(job.laborPrice).toBe(sum((job.labor ?? []).map((line) => line.total)))
      expect(job.laborHours ?? job.laborTime).toBeCloseTo(sum((job.labor ?? []).map((line) => line.hours)), 9)
      expect(job.subletPrice).toBe(sum((job.sublets ?? []).map((sublet) => sublet.retail)))
      expect(job.feePrice).toBe(sum((job.fees ?? []).map((fee) => fee.total ?? 0)))
      expect(job.discount).toBe(sum((job.discounts ?? []).map((item) => item.total ?? item.amount ?? 0)))
      const subtotal = job.partsPrice + job.laborPrice + job.subletPrice + job.feePrice - job.discount
      expect(job.subTotal ?? job.subtotal ?? subtotal).toBe(subtotal)
      expect(job.total).toBe(subtotal + job.partsTaxTotal)
      expect(job.tax ?? job.partsTaxTotal).toBe(job.partsTaxTotal)
    }
  })
})

const roLevel = ({ estimate, ro }: Told): { fees: number; discount: number; sublets: Sublet[] } => ({
  fees: sum(ro.fees.map((fee) => fee.total)),
  discount: sum(ro.discounts.map((item) => item.total)),
  sublets: estimate.sublets ?? [],
})

describe('an RO', () => {
  test('authorizedTotal is authorized jobs plus fees less discount, with tax', () => {
    for (const answers of all) {
      const { fees, discount, sublets } = roLevel(answers)
      const approved = answers.jobs.filter((job) => job.authorized === true)
      const own = sum(sublets.filter((sublet) => sublet.authorized === true).map((sublet) => sublet.retail))
      const expected =
        approved.length === 0 ? 0 : sum(approved.map((job) => job.total)) + own + fees - discount
      expect(answers.estimate.authorizedTotal).toBe(expected)
    }
  })

  test('total is every live job, approved or not', () => {
    for (const answers of all) {
      const { fees, discount, sublets } = roLevel(answers)
      const live = answers.jobs.filter((job) => job.authorized === true || job.archived !== true)
      const own = sum(sublets.map((sublet) => sublet.retail))
      expect(answers.estimate.total).toBe(sum(live.map((job) => job.total)) + own + fees - discount)
      expect(answers.estimate.taxes).toBe(sum(live.map((job) => job.partsTaxTotal)))
    }
  })

  test('a posted RO sells laborSales + partsSales + subletSales + feeTotal + taxes − discountTotal', () => {
    const posted = all.filter(({ ro }) => ro.statusId === 5 || ro.statusId === 6)
    expect(posted.length).toBeGreaterThan(550)
    for (const { estimate, jobs, profit, ro } of posted) {
      const tax = sum(jobs.filter((job) => job.authorized === true).map((job) => job.partsTaxTotal))
      const sales = profit.totalProfit.retail + estimate.feesTotal + tax - estimate.discountTotal
      expect(estimate.authorizedTotal).toBe(sales)
      expect(ro.statusId === 5).toBe(ro.amountPaid === sales)
      expect(ro.amountPaid).toBeLessThanOrEqual(sales)
    }
  })

  /** What the RO's own fees and discount come to when only their totals are sent; null where they are sent. */
  const derived = ({ estimate, jobs }: Told): { fees: number | null; discount: number | null } => {
    const jobFees = sum(jobs.flatMap((job) => job.fees ?? []).map((fee) => fee.total ?? 0))
    const jobDiscounts = sum(jobs.map((job) => job.discount))
    return {
      fees: estimate.fees ? null : estimate.feesTotal - jobFees,
      discount: estimate.discount === undefined ? estimate.discountTotal - jobDiscounts : null,
    }
  }
  const own = ({ ro }: Told): { fees: number; discount: number } => ({
    fees: sum(ro.fees.map((fee) => fee.total)),
    discount: sum(ro.discounts.map((item) => item.total)),
  })

  test('a fee list or discount that is left out can still be told from its total', () => {
    expect(all.filter((told) => derived(told).fees !== null).length).toBeGreaterThan(30)
    expect(all.filter((told) => derived(told).discount !== null).length).toBeGreaterThan(30)
    for (const told of all) {
      expect(derived(told).fees ?? own(told).fees).toBe(own(told).fees)
      expect(derived(told).discount ?? own(told).discount).toBe(own(told).discount)
    }
  })

  test('fees and discounts of jobs that do not count never blur those of the RO', () => {
    const world = new World(simulatorOptions.parse({}))
    for (const [index, ro] of [...world.repairOrders.values()].entries()) {
      const job = ro.jobs.find((candidate) => candidate.authorized !== true)
      if (job) job.archived = index % 3 === 0
      job?.fees.push({
        name: 'Tire disposal',
        percentage: 0,
        amount: 700,
        cap: null,
        taxable: false,
        total: 700,
      })
      job?.discounts.push({ name: 'Coupon ', total: 450 })
    }
    for (const told of tell(world)) {
      const { ro, estimate } = told
      expect(derived(told).fees ?? own(told).fees).toBe(own(told).fees)
      expect(derived(told).discount ?? own(told).discount).toBe(own(told).discount)
      const isOpen = ro.statusId === 2 || ro.statusId === 3
      const isPosted = ro.statusId === 5 || ro.statusId === 6
      const counted = ro.jobs.filter((job) => {
        if (job.archived && job.authorized !== true) return false
        return isPosted ? job.authorized === true : !isOpen || job.authorized !== false
      })
      const jobFees = sum(counted.flatMap((job) => job.fees).map((fee) => fee.total))
      const jobDiscounts = sum(counted.flatMap((job) => job.discounts).map((item) => item.total))
      expect(estimate.feesTotal).toBe(own(told).fees + jobFees)
      expect(estimate.discountTotal).toBe(own(told).discount + jobDiscounts)
    }
  })
})

describe('profit', () => {
  test('totalProfit is parts, labor and sublets of authorized work, before discount and fees', () => {
    for (const { estimate, jobs, profit } of all) {
      const approved = jobs.filter((job) => job.authorized === true)
      const own = (estimate.sublets ?? []).filter((sublet) => sublet.authorized === true)
      const sublets = [...approved.flatMap((job) => job.sublets ?? []), ...own]
      const parts = approved.flatMap((job) => job.parts ?? [])
      const { totalProfit, laborProfit } = profit
      expect(totalProfit.retail).toBe(
        sum(parts.map((part) => part.total)) +
          laborProfit.retail +
          sum(sublets.map((sublet) => sublet.retail)),
      )
      expect(totalProfit.cost).toBe(
        sum(parts.map((part) => times(part.quantity, part.cost))) +
          laborProfit.cost +
          sum(sublets.map((sublet) => sublet.cost)),
      )
      expect(totalProfit.profit).toBe(totalProfit.retail - totalProfit.cost)
    }
  })

  test('labor costs hours × the technician’s rate, or the shop’s average where nobody or nobody with a rate is', () => {
    const { shops, employees } = truth
    const rates = new Map(employees.map((person) => [person.id, person.hourlyRate]))
    let averaged = 0
    for (const { ro, profit } of all) {
      const average = shops.find((shop) => shop.tmId === ro.shopTmId)?.averageTechnicianRate ?? 0
      const lines = ro.jobs.filter((job) => job.authorized === true).flatMap((job) => job.labor)
      expect(profit.labor).toHaveLength(lines.length)
      const costs = lines.map((line) => {
        const own = line.technicianId === null ? null : (rates.get(line.technicianId) ?? null)
        if (own === null) averaged += 1
        return times(line.hours, own ?? average)
      })
      expect(profit.labor.map((line) => line.cost)).toEqual(costs)
      expect(profit.laborProfit.cost).toBe(sum(costs))
    }
    expect(averaged).toBeGreaterThan(500)
  })

  test('the average is that of active people who work and have a rate: 3560 in the first shop', () => {
    expect(truth.shops.map((shop) => shop.averageTechnicianRate)).toEqual([3560, 3673])
  })

  test('a margin is "NaN" exactly where nothing was sold', () => {
    const sums = all.flatMap(({ profit }) => [profit.totalProfit, profit.laborProfit, ...profit.labor])
    const sixDigits = (ratio: number): number => Math.round(ratio * 1_000_000) / 1_000_000
    for (const { retail, profit, margin } of sums) {
      expect(margin).toBe(retail === 0 ? 'NaN' : sixDigits(profit / retail))
    }
    expect(sums.filter(({ retail }) => retail === 0).length).toBeGreaterThan(20)
  })
})

test('updatedDate ≥ postedDate ≥ completedDate ≥ createdDate on every posted RO', () => {
  for (const { ro } of all.filter(({ ro: { statusId } }) => statusId === 5 || statusId === 6)) {
    const dates = [ro.createdDate, ro.completedDate, ro.postedDate, ro.updatedDate].map((date) => date ?? '')
    expect(dates).not.toContain('')
    for (const [i, date] of dates.entries()) expect(date >= (dates[i - 1] ?? '')).toBe(true)
  }
})
