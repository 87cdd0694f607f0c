// The simulated shops and their virtual clock. The clock is frozen; `advance` carries out, in order of time, everything
// that was planned up to the new now. Plans depend on the seed alone, so the sizes of the steps do not matter.
import { createCalendar } from './calendar.ts'
import { copy } from './copy.ts'
import type { PlannedArrival, ShopCalendar } from './calendar.ts'
import { customerId, makeHousehold } from './customers.ts'
import { applyLifeEvent } from './life-events.ts'
import type { LifeContext } from './life-jobs.ts'
import { planLife } from './life-plan.ts'
import { atLocal, toInstant } from './local-time.ts'
import { averageTechnicianRate } from './money.ts'
import type { LaborCosts } from './money.ts'
import type {
  HistoryEntry,
  SimCustomer,
  SimEmployee,
  SimRepairOrder,
  SimShop,
  SimVehicle,
  Truth,
} from './model.ts'
import type { Quirks, ShopOptions, SimulatorOptions } from './options.ts'
import { makeStaff } from './people.ts'
import { randomStream } from './random.ts'
import { BlockIds, blockOf, makeRepairOrder } from './repair-order-factory.ts'
import { planShopDay } from './shop-events.ts'

export interface ShopState {
  readonly shop: SimShop
  readonly calendar: ShopCalendar
  /** Customers that existed before the first day. */
  readonly poolSize: number
  readonly employees: Map<number, SimEmployee>
  readonly customers: Map<number, SimCustomer>
  readonly vehicles: Map<number, SimVehicle>
  readonly vehiclesOf: Map<number, SimVehicle[]>
  readonly repairOrders: Map<number, SimRepairOrder>
  readonly costs: LaborCosts
  /** Grows when a person, customer or vehicle changes: answers that name them are rendered again. */
  revision: number
}

interface Scheduled {
  readonly at: number
  readonly order: string
  run(): void
}

export class World {
  readonly seed: number
  readonly quirks: Quirks
  readonly shops = new Map<number, ShopState>()
  readonly repairOrders = new Map<number, SimRepairOrder>()
  readonly history: HistoryEntry[] = []
  readonly #ids = new Map<number, BlockIds>()
  readonly #overflow = { overflow: 0 }
  readonly #periodStart: number
  #scheduled: Scheduled[] = []
  #now: number

  constructor(options: SimulatorOptions) {
    this.seed = options.seed
    this.quirks = options.quirks
    const now = Date.parse(options.now)
    this.#periodStart = now - options.days * 86_400_000
    options.shops.forEach((shop, index) => this.#addShop(shop, index, { now, days: options.days }))
    this.#now = this.#periodStart - 2 * 86_400_000
    this.advanceTo(now)
  }

  get now(): number {
    return this.#now
  }

  get nowInstant(): string {
    return toInstant(this.#now)
  }

  advanceTo(target: number): void {
    for (const state of this.shops.values()) this.#planDaysUntil(state, target)
    const due = this.#scheduled.filter((item) => item.at <= target)
    this.#scheduled = this.#scheduled.filter((item) => item.at > target)
    due.sort((a, b) => a.at - b.at || (a.order < b.order ? -1 : 1))
    for (const item of due) {
      this.#now = Math.max(this.#now, item.at)
      item.run()
    }
    this.#now = Math.max(this.#now, target)
  }

  shopOf(ro: SimRepairOrder): ShopState {
    const state = this.shops.get(ro.shopTmId)
    if (!state) throw new Error(`repair order ${ro.id} belongs to no shop`)
    return state
  }

  /** Ids for new jobs and lines of this RO. */
  idsFor(ro: SimRepairOrder): BlockIds {
    let ids = this.#ids.get(ro.id)
    if (!ids) {
      // ROs added by hand have no block of their own; they take ids far above every block.
      ids = new BlockIds(2_000_000 + this.#ids.size, this.#overflow)
      this.#ids.set(ro.id, ids)
    }
    return ids
  }

  addRepairOrder(ro: SimRepairOrder): void {
    const state = this.shopOf(ro)
    if (this.repairOrders.has(ro.id)) throw new Error(`repair order ${ro.id} exists already`)
    state.repairOrders.set(ro.id, ro)
    this.repairOrders.set(ro.id, ro)
  }

  record(kind: string, shop: number, ro: number | null): void {
    this.history.push({ at: this.nowInstant, kind, shop, ro })
  }

  /** A copy of everything, for oracles. */
  truth(): Truth {
    const states = [...this.shops.values()]
    return copy({
      now: this.nowInstant,
      shops: states.map((state) => ({ ...state.shop, averageTechnicianRate: state.costs.average })),
      employees: states.flatMap((state) => [...state.employees.values()]),
      customers: states.flatMap((state) => [...state.customers.values()]),
      vehicles: states.flatMap((state) => [...state.vehicles.values()]),
      repairOrders: [...this.repairOrders.values()],
    })
  }

  #addShop(options: ShopOptions, index: number, period: { now: number; days: number }): void {
    const shop: SimShop = { ...options, index }
    const employees = new Map(makeStaff(shop).map((person) => [person.id, person]))
    const state: ShopState = {
      shop,
      calendar: createCalendar(shop, { seed: this.seed, ...period }),
      poolSize: Math.max(20, Math.ceil(shop.repairOrders * 0.6)),
      employees,
      customers: new Map(),
      vehicles: new Map(),
      vehiclesOf: new Map(),
      repairOrders: new Map(),
      costs: {
        employee: (id) => employees.get(id),
        get average() {
          return averageTechnicianRate(employees.values())
        },
      },
      revision: 1,
    }
    this.shops.set(shop.tmId, state)
    for (let ordinal = 0; ordinal < state.poolSize; ordinal++) this.#addHousehold(state, ordinal, null)
  }

  #addHousehold(state: ShopState, ordinal: number, createdAt: number | null): SimCustomer {
    const before = this.#periodStart
    const { customer, vehicles } = makeHousehold(state.shop, { ordinal, seed: this.seed, createdAt, before })
    state.customers.set(customer.id, customer)
    state.vehiclesOf.set(customer.id, vehicles)
    for (const vehicle of vehicles) state.vehicles.set(vehicle.id, vehicle)
    return customer
  }

  #planDaysUntil(state: ShopState, target: number): void {
    const { timeZone } = state.shop
    while (atLocal(state.calendar.nextDay(), 0, timeZone) <= target) {
      const { date, arrivals } = state.calendar.planDay()
      for (const arrival of arrivals) this.#planRepairOrder(state, arrival)
      for (const event of planShopDay(this, state, date)) this.#scheduled.push(event)
    }
  }

  #planRepairOrder(state: ShopState, arrival: PlannedArrival): void {
    const { shop } = state
    const order = `${shop.tmId}.${String(arrival.ordinal).padStart(8, '0')}`
    let created: SimRepairOrder | undefined
    const create = (): void => {
      created = this.#createRepairOrder(state, arrival)
    }
    this.#scheduled.push({ at: arrival.at, order: `${order}.000`, run: create })
    const random = randomStream(this.seed, shop.tmId, 'life', arrival.ordinal)
    const events = planLife({ random, createdAt: arrival.at, zone: shop.timeZone })
    events.forEach((event, n) => {
      const run = (): void => {
        if (!created) return
        const context = this.#lifeContext(
          state,
          created,
          randomStream(this.seed, shop.tmId, 'event', arrival.ordinal, n),
        )
        if (applyLifeEvent(created, event, context)) this.record(event.kind, shop.tmId, created.id)
      }
      this.#scheduled.push({ at: event.at, order: `${order}.${String(n + 1).padStart(3, '0')}`, run })
    })
  }

  #createRepairOrder(state: ShopState, arrival: PlannedArrival): SimRepairOrder {
    const { shop } = state
    const random = randomStream(this.seed, shop.tmId, 'visit', arrival.ordinal)
    const isNew = random.chance(0.15)
    const customer = isNew
      ? this.#addHousehold(state, state.poolSize + arrival.ordinal, arrival.at)
      : state.customers.get(customerId(shop, random.int(0, state.poolSize - 1)))
    const cars = customer ? (state.vehiclesOf.get(customer.id) ?? []) : []
    const ro = makeRepairOrder({
      shop,
      seed: this.seed,
      ordinal: arrival.ordinal,
      createdAt: arrival.at,
      customer: random.chance(0.01) ? null : (customer ?? null),
      vehicle: random.chance(0.01) ? null : (cars[random.int(0, cars.length - 1)] ?? null),
      writers: this.#people(state, 2),
    })
    this.#ids.set(ro.id, new BlockIds(blockOf(shop, arrival.ordinal), this.#overflow))
    this.addRepairOrder(ro)
    this.record('create', shop.tmId, ro.id)
    return ro
  }

  #lifeContext(state: ShopState, ro: SimRepairOrder, random: LifeContext['random']): LifeContext {
    return {
      shop: state.shop,
      random,
      ids: this.idsFor(ro),
      technicians: this.#people(state, 3),
      costs: state.costs,
      nightlyValueChanges: this.quirks.nightlyValueChanges,
    }
  }

  /** Who works here now; people who left are on ROs of the first ten days. */
  #people(state: ShopState, roleId: number): number[] {
    const hasLeftPeople = this.#now < this.#periodStart + 10 * 86_400_000
    return [...state.employees.values()]
      .filter((person) => person.roleId === roleId && (person.active || hasLeftPeople))
      .map((person) => person.id)
  }
}
