// What the tables of customers and vehicles must hold for a state of the simulator, once their lists were read.
import type { SimCustomer, SimVehicle, Truth } from '../../../src/embedded/simulator/model.ts'
import type { Row } from './columns.ts'
import { int, micros, text } from './expected-values.ts'
import { millionths } from './exact.ts'
import type { Tables } from './tables.ts'

const CUSTOMER_TYPES = { 1: 'Person', 2: 'Business' } as const

/** The readable key of a customer or vehicle. */
export const personKey = (shopTmId: number | string, tmId: number | string): string =>
  `shop ${shopTmId} no ${tmId}`

export const expectedPeople = (tables: Tables, truth: Truth): void => {
  for (const customer of truth.customers)
    tables.customers.set(personKey(customer.shopTmId, customer.id), customerRow(customer))
  for (const vehicle of truth.vehicles)
    tables.vehicles.set(personKey(vehicle.shopTmId, vehicle.id), vehicleRow(vehicle))
}

const customerRow = (customer: SimCustomer): Row => {
  const [first, second] = customer.phones.toSorted((a, b) => Number(b.primary) - Number(a.primary))
  const { address } = customer
  return {
    first_name: text(customer.firstName),
    last_name: text(customer.lastName),
    company_name: text(customer.companyName),
    email: text(customer.emails.join(' ')),
    phone_primary: first?.number ?? null,
    phone_primary_type: first?.type ?? null,
    phone_secondary: second?.number ?? null,
    phone_secondary_type: second?.type ?? null,
    address1: address?.address1 ?? null,
    city: address?.city ?? null,
    state: address?.state ?? null,
    zip: address?.zip ?? null,
    country: address === null ? null : 'US',
    customer_type_id: int(customer.typeId),
    customer_type: CUSTOMER_TYPES[customer.typeId],
    tax_exempt: customer.taxExempt,
    ok_for_marketing: customer.okForMarketing,
    notes: text(customer.notes),
    is_placeholder: false,
    tm_updated_at: micros(customer.updatedDate),
  }
}

const vehicleRow = (vehicle: SimVehicle): Row => ({
  customer_tm_id: int(vehicle.customerId),
  year: int(vehicle.year),
  make: text(vehicle.make),
  make_id: int(vehicle.makeId),
  model: text(vehicle.model),
  model_id: int(vehicle.modelId),
  sub_model: text(vehicle.subModel),
  engine: text(vehicle.engine),
  vin: text(vehicle.vin),
  license_plate: text(vehicle.licensePlate),
  license_state: text(vehicle.licenseState),
  unit_number: text(vehicle.unitNumber),
  color: text(vehicle.color),
  odometer: vehicle.milesIn === null ? null : millionths(String(vehicle.milesIn)),
  is_placeholder: false,
  tm_updated_at: micros(vehicle.updatedDate),
})
