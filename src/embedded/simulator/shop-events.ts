// What happens to a shop rather than to one RO: people come and go, cars change owners, customers move house. Kinds
// follow the day's number, so that each occurs within any week.
import { atLocal, fromInstant } from './local-time.ts'
import { hire } from './people.ts'
import { randomStream } from './random.ts'
import type { Random } from './random.ts'
import type { ShopState, World } from './world.ts'

export interface ShopEvent {
  readonly at: number
  readonly order: string
  run(): void
}

type Change = (
  state: ShopState,
  context: { random: Random; at: string; day: number; world: World },
) => boolean

const CHANGES: readonly {
  kind: string
  hour: number
  isDue: (day: number, world: World) => boolean
  run: Change
}[] = [
  {
    kind: 'edit-customer',
    hour: 9.25,
    isDue: () => true,
    run: (state, context) => editCustomer(state, context),
  },
  {
    kind: 'move-vehicle',
    hour: 10.5,
    isDue: (day) => day % 3 === 1,
    run: (state, context) => moveVehicle(state, context),
  },
  {
    kind: 'hire',
    hour: 8.1,
    isDue: (day) => day % 7 === 2,
    run: (state, context) => hireSomeone(state, context),
  },
  {
    kind: 'deactivate',
    hour: 17.9,
    isDue: (day) => day % 7 === 5,
    run: (state, context) => deactivate(state, context),
  },
  {
    kind: 'raise',
    hour: 7.9,
    isDue: (day, world) => world.quirks.payChanges && day % 6 === 0,
    run: (state, context) => raise(state, context),
  },
]

/** Events of one shop day. */
export const planShopDay = (world: World, state: ShopState, date: string): ShopEvent[] => {
  const day = Math.floor(Date.parse(date) / 86_400_000)
  return CHANGES.filter((change) => change.isDue(day, world)).map((change) => ({
    at: atLocal(date, change.hour, state.shop.timeZone),
    order: `${state.shop.tmId}.shop.${change.kind}`,
    run: () => {
      const random = randomStream(world.seed, state.shop.tmId, change.kind, day)
      if (!change.run(state, { random, at: world.nowInstant, day, world })) return
      state.revision += 1
      world.record(change.kind, state.shop.tmId, null)
    },
  }))
}

const nth = <T>(list: readonly T[], random: Random): T | undefined => list[random.int(0, list.length - 1)]

const editCustomer: Change = (state, { random, at }) => {
  const customer = nth([...state.customers.values()], random)
  if (!customer) return false
  customer.notes = `Called back ${at.slice(0, 10)}`
  if (random.chance(0.3))
    customer.address = { address1: '77 Moved Ave', city: 'Testville', state: 'NY', zip: '10001' }
  customer.updatedDate = at
  return true
}

/** The car is sold to another customer; ROs keep the customer they were written for. */
const moveVehicle: Change = (state, { random, at }) => {
  const vehicle = nth([...state.vehicles.values()], random)
  const owner = nth([...state.customers.values()], random)
  if (!vehicle || !owner || owner.id === vehicle.customerId) return false
  const before = state.vehiclesOf.get(vehicle.customerId) ?? []
  state.vehiclesOf.set(
    vehicle.customerId,
    before.filter((other) => other !== vehicle),
  )
  state.vehiclesOf.set(owner.id, [...(state.vehiclesOf.get(owner.id) ?? []), vehicle])
  vehicle.customerId = owner.id
  vehicle.updatedDate = at
  return true
}

const hireSomeone: Change = (state, { at, day, world }) => {
  const hourly = world.quirks.payChanges && day % 2 === 0
  const person = hire(state.shop, { ordinal: day % 100_000, at, seed: world.seed, hourly })
  state.employees.set(person.id, person)
  return true
}

/** Someone hired later leaves; only with `payChanges` may that move the shop's average rate. */
const deactivate: Change = (state, { random, at, world }) => {
  const leavers = [...state.employees.values()].filter(
    (person) =>
      person.active &&
      fromInstant(person.createdDate) > fromInstant('2024-01-01T00:00:00Z') &&
      (person.hourlyRate === null || world.quirks.payChanges),
  )
  const person = nth(leavers, random)
  if (!person) return false
  person.active = false
  person.hasFullRecord = random.chance(0.6)
  person.listed = person.hasFullRecord || random.chance(0.5)
  person.updatedDate = at
  return true
}

const raise: Change = (state, { random, at }) => {
  const paid = [...state.employees.values()].filter((person) => person.active && person.hourlyRate !== null)
  const person = nth(paid, random)
  if (!person || person.hourlyRate === null) return false
  person.hourlyRate += random.int(50, 400)
  person.updatedDate = at
  return true
}
