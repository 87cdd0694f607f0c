// The RO's own answers (spec §4.1–4.3): board row, header, thin header, search row.
import type { NumberStyle } from './tm-json.ts'
import { STATUS } from './model.ts'
import type { SimCustomer, SimEmployee, SimRepairOrder, SimVehicle } from './model.ts'
import { repairOrderSums } from './money.ts'
import { chanceOf, fractionOf, hash32 } from './random.ts'
import type { ShopState } from './world.ts'

export interface RenderContext {
  readonly state: ShopState
  readonly style: NumberStyle
}

type Json = Record<string, unknown>

const LABELS: Readonly<Record<number, { id: number; code: string; name: string }>> = {
  1: { id: 3, code: 'NOTSTRTD', name: 'Not Started' },
  2: { id: 7, code: 'WORKINPROGRESS', name: 'In-Progress' },
  3: { id: 8, code: 'BALNCEDUE', name: 'Balance Due' },
  4: { id: 2, code: 'PNDAUTH', name: 'Pending Authorization' },
  5: { id: 9, code: 'POSTED', name: 'Posted' },
  6: { id: 10, code: 'AR', name: 'In A/R' },
  7: { id: 1, code: 'REQUIRESAUTH', name: 'Requires Authorization' },
}

export const customerName = (customer: SimCustomer | undefined): string | null => {
  if (!customer) return null
  const person = [customer.firstName, customer.lastName].filter((part) => part !== null).join(' ')
  return person === '' ? customer.companyName : person
}

export const vehicleDescription = (vehicle: SimVehicle | undefined): string | null =>
  vehicle
    ? [vehicle.year, vehicle.make, vehicle.model, vehicle.subModel].filter((part) => part !== null).join(' ')
    : null

const statusOf = (ro: SimRepairOrder): Json => ({ id: ro.statusId, ...STATUS[ro.statusId] })

/** A row of the job board: no customer, vehicle or advisor ids. */
export const renderBoardRow = (ro: SimRepairOrder, { state, style }: RenderContext): Json => {
  const sums = repairOrderSums(ro, state.costs)
  const { code, name } = STATUS[ro.statusId]
  const usesStatusCode = chanceOf(0.1, ro.id, 'statusCode')
  return {
    id: style.n(ro.id, ro.id, 'board-id'),
    repairOrderNumber: ro.number,
    repairOrderStatus: usesStatusCode
      ? { id: ro.statusId, statusCode: code, name }
      : { id: ro.statusId, code, name },
    createdDate: ro.createdDate,
    updatedDate: ro.updatedDate,
    completedDate: ro.completedDate,
    postedDate: ro.postedDate,
    total: style.n(sums.total, ro.id, 'board-total'),
    subtotal: null,
    authorizedTotal: style.n(sums.authorizedTotal, ro.id, 'board-authorized'),
    amountPaid: style.n(ro.amountPaid, ro.id, 'board-paid'),
    balanceDue: style.n(sums.authorizedTotal - ro.amountPaid, ro.id, 'board-due'),
    estimateShareDate: ro.estimateShareDate,
    customerFullName: customerName(personOf(ro, state)),
    vehicleDescription: vehicleDescription(carOf(ro, state)),
    progress: ro.statusId === 1 ? 0 : ro.statusId === 2 ? 0.5 : 1,
  }
}

export const personOf = (ro: SimRepairOrder, state: ShopState): SimCustomer | undefined =>
  ro.customerId === null ? undefined : state.customers.get(ro.customerId)

export const carOf = (ro: SimRepairOrder, state: ShopState): SimVehicle | undefined =>
  ro.vehicleId === null ? undefined : state.vehicles.get(ro.vehicleId)

export const writerOf = (ro: SimRepairOrder, state: ShopState): SimEmployee | undefined =>
  ro.serviceWriterId === null ? undefined : state.employees.get(ro.serviceWriterId)

/** `make` and its kind: a string in one car, an object in the next (S3). */
export const stringOrObject = (
  name: string | null,
  id: number,
  ...keys: readonly (string | number)[]
): unknown => (name === null || chanceOf(0.5, 'shape', ...keys) ? name : { id, name })

const renderWriter = (writer: SimEmployee | undefined): Json | null =>
  writer ? { id: writer.id, firstName: writer.firstName, lastName: writer.lastName } : null

const renderOwner = (customer: SimCustomer | undefined): Json | null =>
  customer
    ? {
        id: customer.id,
        firstName: customer.firstName,
        lastName: customer.lastName,
        ...(customer.companyName === null ? {} : { companyName: customer.companyName }),
      }
    : null

const renderCar = (vehicle: SimVehicle | undefined, ro: SimRepairOrder, style: NumberStyle): Json | null =>
  vehicle
    ? {
        id: style.n(vehicle.id, ro.id, 'vehicle-id'),
        year: vehicle.year,
        make: stringOrObject(vehicle.make, vehicle.makeId, vehicle.id, 'make'),
        model: stringOrObject(vehicle.model, vehicle.modelId, vehicle.id, 'model'),
        subModel: vehicle.subModel,
        mileageOut: style.n(ro.milesOut, ro.id, 'mileage-out'),
      }
    : null

/** `GET /api/shop/{shop}/repair-order/{ro}`. `jobs` is always null; `nonce` is a secret a client must not keep. */
export const renderHeader = (ro: SimRepairOrder, { state, style }: RenderContext): Json => {
  const sums = repairOrderSums(ro, state.costs)
  const writer = writerOf(ro, state)
  return {
    id: style.n(ro.id, ro.id, 'header-id'),
    repairOrderNumber: ro.number,
    ...(chanceOf(0.5, ro.id, 'shopId') ? { shopId: ro.shopTmId } : {}),
    repairOrderStatus: statusOf(ro),
    repairOrderLabel: chanceOf(0.05, ro.id, 'label') ? null : LABELS[ro.statusId],
    customer: renderOwner(personOf(ro, state)),
    vehicle: renderCar(carOf(ro, state), ro, style),
    serviceWriter: renderWriter(writer),
    ...(writer && chanceOf(0.3, ro.id, 'writer-id')
      ? { serviceWriterId: style.n(writer.id, ro.id, 'writer') }
      : {}),
    defaultTechnician: null,
    jobs: null,
    createdDate: ro.createdDate,
    updatedDate: ro.updatedDate,
    completedDate: ro.completedDate,
    postedDate: ro.postedDate,
    promisedDate: ro.promisedDate,
    droppedOffDate: ro.droppedOffDate,
    pickedUpDate: ro.pickedUpDate,
    milesIn: style.n(ro.milesIn, ro.id, 'miles-in'),
    milesOut: style.n(ro.milesOut, ro.id, 'miles-out'),
    laborRate: style.n(ro.laborRate, ro.id, 'labor-rate'),
    amountPaid: style.n(ro.amountPaid, ro.id, 'paid'),
    balanceDue: style.n(sums.authorizedTotal - ro.amountPaid, ro.id, 'due'),
    taxLabor: false,
    taxParts: ro.taxRate > 0,
    taxFees: false,
    appointmentOption: ro.appointmentOption,
    customerConcerns: chanceOf(0.5, ro.id, 'concerns') ? null : ro.concerns.map((concern) => ({ concern })),
    keytag: ro.keytag,
    leadSource: null,
    notes: ro.notes,
    nonce: `nonce-${hash32(ro.id, 'nonce').toString(36)}`,
  }
}

/** `GET /api/repair-order/{ro}`: thinner, and absent for a share of the ROs in work (S9). */
export const renderThin = (ro: SimRepairOrder, { state }: RenderContext): Json => ({
  id: ro.id,
  repairOrderNumber: ro.number,
  status: STATUS[ro.statusId].code,
  serviceAdvisor: renderWriter(writerOf(ro, state)),
})

export const isThinMissing = (ro: SimRepairOrder, share: number): boolean =>
  ro.statusId === 2 && fractionOf(ro.id, 'thin') < share

/** A row of `repair-orders?search=`. */
export const renderSearchRow = (ro: SimRepairOrder, { state }: RenderContext): Json => ({
  id: ro.id,
  repairOrderNumber: ro.number,
  customerFullName: customerName(personOf(ro, state)),
  customer: renderOwner(personOf(ro, state)),
  vehicleDescription: vehicleDescription(carOf(ro, state)),
  vehicle: {
    description: vehicleDescription(carOf(ro, state)),
    shortDescription: carOf(ro, state)?.model ?? null,
  },
})
