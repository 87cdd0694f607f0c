// Customers and their vehicles. Number `ordinal` of a shop is always the same person, whoever asks first.
import { CARS, COMPANIES, FIRST_NAMES, LAST_NAMES } from './catalog.ts'
import { DAY_MS, toInstant } from './local-time.ts'
import type { SimCustomer, SimShop, SimVehicle } from './model.ts'
import { randomStream } from './random.ts'

const CUSTOMER_BASE = 55_200_000
const VEHICLE_BASE = 72_000_000
export const VEHICLES_PER_CUSTOMER_MAX = 2

export const customerId = (shop: SimShop, ordinal: number): number =>
  CUSTOMER_BASE + ordinal * 256 + shop.index
const vehicleId = (shop: SimShop, ordinal: number, which: number): number =>
  VEHICLE_BASE + (ordinal * VEHICLES_PER_CUSTOMER_MAX + which) * 256 + shop.index

export interface Household {
  customer: SimCustomer
  vehicles: SimVehicle[]
}

export const makeHousehold = (
  shop: SimShop,
  options: { ordinal: number; seed: number; createdAt: number | null; before: number },
): Household => {
  const { ordinal, seed } = options
  const random = randomStream(seed, shop.tmId, 'customer', ordinal)
  const createdAt = options.createdAt ?? options.before - random.int(20, 900) * DAY_MS
  const created = toInstant(createdAt)
  const isBusiness = random.chance(0.12)
  const firstName = random.pick(FIRST_NAMES)
  const phone = `555${String(random.int(0, 9_999_999)).padStart(7, '0')}`
  const customer: SimCustomer = {
    id: customerId(shop, ordinal),
    shopTmId: shop.tmId,
    firstName: isBusiness && random.chance(0.5) ? null : firstName,
    lastName: isBusiness ? null : random.pick(LAST_NAMES),
    companyName: isBusiness ? random.pick(COMPANIES) : null,
    emails: emails(random.next(), ordinal, shop.index),
    phones: [
      { number: phone, type: 'Mobile', primary: true },
      ...(random.chance(0.2) ? [{ number: `555${phone.slice(3, 9)}0`, type: 'Home', primary: false }] : []),
    ],
    typeId: isBusiness ? 2 : 1,
    address: random.chance(0.4)
      ? null
      : { address1: `${random.int(1, 999)} Test Way`, city: 'Testville', state: 'NY', zip: '10000' },
    taxExempt: random.chance(0.45),
    okForMarketing: random.pick([true, false, null]),
    notes: random.pick(['', null, 'Prefers a call before noon']),
    createdDate: created,
    updatedDate: created,
  }
  const count = random.chance(0.25) ? 2 : 1
  const vehicles = Array.from({ length: count }, (_, which) =>
    makeVehicle(shop, { ordinal, which, seed, owner: customer.id, created }),
  )
  return { customer, vehicles }
}

const emails = (dice: number, ordinal: number, shopIndex: number): string[] => {
  const address = `customer.${shopIndex}.${ordinal}@example.com`
  if (dice < 0.2) return []
  return dice < 0.3 ? [address, `second.${address}`] : [address]
}

const makeVehicle = (
  shop: SimShop,
  options: { ordinal: number; which: number; seed: number; owner: number; created: string },
): SimVehicle => {
  const random = randomStream(options.seed, shop.tmId, 'vehicle', options.ordinal, options.which)
  const car = random.pick(CARS)
  const id = vehicleId(shop, options.ordinal, options.which)
  const vinDice = random.next()
  const vin = `TESTVIN${String(id).padStart(10, '0')}`
  return {
    id,
    shopTmId: shop.tmId,
    customerId: options.owner,
    year: random.chance(0.03) ? null : random.int(1996, 2025),
    make: car.make,
    makeId: car.makeId,
    model: car.model,
    modelId: car.modelId,
    subModel: random.chance(0.3) ? null : car.subModel,
    engine: random.chance(0.2) ? null : car.engine,
    vin: vinDice < 0.05 ? null : vinDice < 0.12 ? '' : vinDice < 0.15 ? vin.slice(0, 9) : vin,
    licensePlate: random.chance(0.1) ? null : `TST${String(id % 10_000).padStart(4, '0')}`,
    licenseState: random.chance(0.1) ? null : 'NY',
    color: random.pick(['Blue', 'White', 'Grey', '', null]),
    unitNumber: random.chance(0.05) ? String(random.int(1, 60)) : null,
    milesIn: random.chance(0.05) ? null : random.int(4_000, 190_000),
    archived: options.which > 0 && random.chance(0.3),
    createdDate: options.created,
    updatedDate: options.created,
  }
}
