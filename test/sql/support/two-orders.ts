// Two ROs of one day that together have a case of everything: two technicians and unassigned labor, an advisor and
// none, declined and pending work, fees, a discount, a sublet, each rate source.
import type { MetricsWorld } from './metrics-world.ts'
import type { RepairOrderSpec } from './ro-writer.ts'

export interface TwoOrders {
  /** Posted; 400.00 authorized, 70.00 declined. */
  readonly first: RepairOrderSpec
  /** Completed; 330.01 authorized, 9.99 pending. */
  readonly second: RepairOrderSpec
}

interface People {
  readonly alpha: string
  readonly beta: string
  readonly writer: string
}

const twoOrders = (given: People & { readonly day: string }): TwoOrders => {
  const { day, alpha, beta, writer } = given
  const first: RepairOrderSpec = {
    ro: 1,
    statusId: 5,
    posted: day,
    advisor: writer,
    roFees: [1000],
    authorizedTotal: 50_000,
    jobs: [
      {
        authorized: true,
        discount: 500,
        tax: 300,
        parts: [{ total: 20_000, cost: 12_000 }],
        labor: [
          { hours: 1.5, total: 15_000, cost: 4500, technician: alpha },
          { hours: 0.5, total: 5000, cost: 1780, source: 'shop_avg', technician: null },
        ],
      },
      { authorized: false, parts: [{ total: 7000, cost: 1 }] },
    ],
  }
  const second: RepairOrderSpec = {
    ro: 2,
    statusId: 3,
    completed: day,
    jobs: [
      {
        authorized: true,
        labor: [
          { hours: 1, total: 10_001, cost: 2500, source: 'default', technician: beta },
          { hours: 2, total: 20_000, cost: 6000, technician: alpha },
        ],
        sublets: [{ retail: 3000, cost: 2000 }],
      },
      { authorized: null, parts: [{ total: 999, cost: 1 }] },
    ],
  }
  return { first, second }
}

/** Opens a shop with the people of the two ROs (TM ids 1 to 3) and makes it the current one; the ROs are not stored yet. */
export const openTwoOrderShop = async (
  world: Pick<MetricsWorld, 'startShop' | 'addEmployee'>,
  day = '2026-03-04',
): Promise<TwoOrders & People> => {
  await world.startShop()
  const people = {
    alpha: await world.addEmployee(1, 'Alpha'),
    beta: await world.addEmployee(2, 'Beta'),
    writer: await world.addEmployee(3, 'Writer'),
  }
  return { ...people, ...twoOrders({ day, ...people }) }
}
