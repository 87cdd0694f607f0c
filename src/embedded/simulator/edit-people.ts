// People and cars that a hand-made RO names and the shop does not know yet.
import type { Imported, NamedTechnician } from './literal-import.ts'
import type { SimCustomer, SimEmployee, SimVehicle } from './model.ts'
import type { ShopState } from './world.ts'

/** Technicians and writers become people whom no list has; customers and vehicles become ordinary ones. */
export const makeKnown = (state: ShopState, imported: Imported, at: string): void => {
  const { tmId } = state.shop
  for (const person of imported.technicians)
    addUnlisted(state, person, { roleId: 3, roleName: 'Technician', at })
  if (imported.writer) addUnlisted(state, imported.writer, { roleId: 2, roleName: 'Service Advisor', at })
  const { customer, vehicle } = imported
  if (customer && !state.customers.has(customer.id)) {
    state.customers.set(customer.id, { ...blankCustomer(tmId, at), ...customer })
  }
  if (vehicle && !state.vehicles.has(vehicle.id)) {
    const owner = customer?.id ?? 0
    const added = blankVehicle(tmId, { id: vehicle.id, owner, at })
    const { year, make, model } = vehicle
    Object.assign(added, { year, make: make.name, makeId: make.id, model: model.name, modelId: model.id })
    state.vehicles.set(added.id, added)
    state.vehiclesOf.set(owner, [...(state.vehiclesOf.get(owner) ?? []), added])
  }
  state.revision += 1
}

const addUnlisted = (
  state: ShopState,
  person: NamedTechnician,
  more: { roleId: number; roleName: string; at: string },
): void => {
  if (state.employees.has(person.id)) return
  const { at, ...role } = more
  const added: SimEmployee = {
    ...person,
    ...role,
    shopTmId: state.shop.tmId,
    payType: person.hourlyRate === null ? 'FLAT' : 'HOURLY',
    salary: null,
    canPerformWork: true,
    active: false,
    listed: false,
    hasFullRecord: false,
    createdDate: at,
    updatedDate: at,
  }
  state.employees.set(added.id, added)
}

const blankCustomer = (shopTmId: number, at: string): SimCustomer => ({
  id: 0,
  shopTmId,
  firstName: null,
  lastName: null,
  companyName: null,
  emails: [],
  phones: [],
  typeId: 1,
  address: null,
  taxExempt: false,
  okForMarketing: null,
  notes: null,
  createdDate: at,
  updatedDate: at,
})

const blankVehicle = (shopTmId: number, more: { id: number; owner: number; at: string }): SimVehicle => ({
  id: more.id,
  shopTmId,
  customerId: more.owner,
  year: null,
  make: '',
  makeId: 0,
  model: '',
  modelId: 0,
  subModel: null,
  engine: null,
  vin: null,
  licensePlate: null,
  licenseState: null,
  color: null,
  unitNumber: null,
  milesIn: null,
  archived: false,
  createdDate: more.at,
  updatedDate: more.at,
})
