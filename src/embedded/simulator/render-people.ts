// Employees, customers, vehicles and the shop itself (spec §4.7–4.9), with e-mail and names in their several shapes.
import type { SimCustomer, SimEmployee, SimShop, SimVehicle } from './model.ts'
import { chanceOf, hash32 } from './random.ts'
import { stringOrObject } from './render-repair-order.ts'
import type { NumberStyle } from './tm-json.ts'

type Json = Record<string, unknown>

/** The list row: names, role and flags, no pay. */
export const renderEmployeeLite = (person: SimEmployee): Json => ({
  id: person.id,
  firstName: person.firstName,
  lastName: person.lastName,
  fullName: `${person.firstName} ${person.lastName}`,
  employeeRole: { id: person.roleId, code: String(person.roleId), name: person.roleName },
  disabled: !person.active,
  deactivated: !person.active,
})

/** The full record, with pay and things nobody should store. */
export const renderEmployee = (person: SimEmployee, style: NumberStyle): Json => ({
  ...renderEmployeeLite(person),
  email: `${person.firstName}.${person.lastName}@example.com`.toLowerCase().replaceAll(' ', '.'),
  username: `user${person.id}`,
  phone: null,
  employeePayType: { code: person.payType },
  hourlyRate: style.n(person.hourlyRate, person.id, 'hourly'),
  salary: style.n(person.salary, person.id, 'salary'),
  canPerformWork: person.canPerformWork,
  canClockIn: true,
  canSell: person.roleId === 2,
  canTech: person.roleId === 3,
  certificationNumber: null,
  address: { address1: '9 Private Rd' },
  permissions: ['RO_VIEW'],
  account: { id: person.id + 1 },
  createdDate: person.createdDate,
  updatedDate: person.updatedDate,
})

const renderEmail = (customer: SimCustomer): string[] | string | null => {
  if (customer.emails.length === 0) return chanceOf(0.5, customer.id, 'no-email') ? null : []
  if (customer.emails.length === 1 && chanceOf(0.3, customer.id, 'one-email'))
    return customer.emails[0] ?? null
  return [...customer.emails]
}

export const renderCustomer = (customer: SimCustomer): Json => ({
  id: customer.id,
  firstName: customer.firstName,
  lastName: customer.lastName,
  ...(chanceOf(0.2, customer.id, 'business')
    ? { businessName: customer.companyName }
    : { companyName: customer.companyName }),
  email: renderEmail(customer),
  phone: customer.phones.map((phone) => ({ ...phone })),
  customerType: { id: customer.typeId, name: customer.typeId === 1 ? 'Person' : 'Business' },
  address: customer.address && { ...customer.address, address2: null, country: 'US' },
  taxExempt: customer.taxExempt,
  okForMarketing: customer.okForMarketing,
  notes: customer.notes,
  contactFirstName: null,
  contactLastName: null,
  createdDate: customer.createdDate,
  updatedDate: customer.updatedDate,
})

export const renderVehicle = (vehicle: SimVehicle, style: NumberStyle): Json => ({
  id: style.n(vehicle.id, vehicle.id, 'id'),
  customerId: style.n(vehicle.customerId, vehicle.id, 'customer'),
  year: vehicle.year,
  make: stringOrObject(vehicle.make, vehicle.makeId, vehicle.id, 'make'),
  model: stringOrObject(vehicle.model, vehicle.modelId, vehicle.id, 'model'),
  subModel: stringOrObject(vehicle.subModel, hash32(vehicle.subModel ?? '') % 10_000, vehicle.id, 'sub'),
  engine: stringOrObject(vehicle.engine, hash32(vehicle.engine ?? '') % 10_000, vehicle.id, 'engine'),
  vin: vehicle.vin,
  licensePlate: vehicle.licensePlate,
  licenseState: vehicle.licenseState,
  unitNumber: vehicle.unitNumber,
  color: vehicle.color,
  ...(chanceOf(0.5, vehicle.id, 'odometer')
    ? { odometer: style.n(vehicle.milesIn, vehicle.id, 'odometer') }
    : { odometer: null, milesIn: style.n(vehicle.milesIn, vehicle.id, 'miles') }),
  note: null,
  transmission: null,
  driveType: null,
  createdDate: vehicle.createdDate,
  updatedDate: vehicle.updatedDate,
})

/** No time zone: TM does not tell it. */
export const renderShop = (shop: SimShop): Json => ({
  id: shop.tmId,
  name: shop.name,
  nickname: null,
  phone: '5550100100',
  email: 'desk@example.com',
  website: null,
  address: { address1: '1 Test Way', address2: null, city: 'Testville', state: 'NY', zip: '10000' },
  roCustomLabelEnabled: false,
})
