// Customers and vehicles (tekmetric-api.md §4.8): e-mail, phones, make, model and engine come in several shapes.
// Each schema ends in the columns of its table; what has no column is kept in `tm_extra`.
import { z } from 'zod'
import { extraOf } from './scrub.ts'
import { decimal, displayInstant, flag, id, named, requiredId, text, whole, type Named } from './values.ts'

/** Columns of `customers`. */
export interface CustomerRow {
  readonly tm_id: number
  readonly first_name: string | null
  readonly last_name: string | null
  readonly company_name: string | null
  /** null when TM did not say, empty when TM says there is none. */
  readonly email: readonly string[] | null
  readonly phone_primary: string | null
  readonly phone_primary_type: string | null
  readonly phone_secondary: string | null
  readonly phone_secondary_type: string | null
  readonly address1: string | null
  readonly address2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly zip: string | null
  readonly country: string | null
  readonly customer_type_id: number | null
  readonly customer_type: string | null
  readonly tax_exempt: boolean | null
  readonly ok_for_marketing: boolean | null
  readonly notes: string | null
  readonly tm_extra: Readonly<Record<string, unknown>>
  readonly tm_updated_at: string | null
}

/** Columns of `vehicles`. */
export interface VehicleRow {
  readonly tm_id: number
  readonly customer_tm_id: number | null
  readonly year: number | null
  readonly make: string | null
  readonly make_id: number | null
  readonly model: string | null
  readonly model_id: number | null
  readonly sub_model: string | null
  readonly sub_model_id: number | null
  readonly engine: string | null
  readonly engine_id: number | null
  readonly vin: string | null
  readonly license_plate: string | null
  readonly license_state: string | null
  readonly unit_number: string | null
  readonly color: string | null
  /** In the unit the shop uses. */
  readonly odometer: number | null
  readonly notes: string | null
  readonly tm_extra: Readonly<Record<string, unknown>>
  readonly tm_updated_at: string | null
}

const MAX_INTEGER = 2_147_483_647

/** A whole number for an INTEGER column, or null. */
const integer = whole.superRefine((value, ctx) => {
  if (value !== null && Math.abs(value) > MAX_INTEGER)
    ctx.issues.push({ code: 'custom', message: 'is too large', input: undefined })
})

/** A list, one item without its list, or nothing. Null and absent stay null. */
const oneOrMany = <T extends z.ZodType>(item: T) =>
  z
    .unknown()
    .optional()
    .transform((sent) => (sent === null || sent === undefined || Array.isArray(sent) ? sent : [sent]))
    .pipe(z.array(item).nullish())
    .transform((items) => items ?? null)

const emails = oneOrMany(text).transform((list) =>
  list === null ? null : [...new Set(list.filter((address) => address !== null))],
)

const phone = z
  .unknown()
  .transform((sent) => (typeof sent === 'string' || typeof sent === 'number' ? { number: sent } : sent))
  .pipe(z.looseObject({ number: text, type: named, primary: flag }).nullable())

/** Those with a number, the primary one first, otherwise in TM's order. */
const phones = oneOrMany(phone).transform((list) =>
  (list ?? [])
    .flatMap((sent) =>
      sent === null || sent.number === null
        ? []
        : [{ number: sent.number, type: sent.type.name ?? sent.type.code, first: sent.primary === true }],
    )
    .toSorted((a, b) => Number(b.first) - Number(a.first)),
)

const address = z
  .unknown()
  .optional()
  .transform((sent) => (typeof sent === 'string' ? { address1: sent } : sent))
  .pipe(
    z
      .looseObject({ address1: text, address2: text, city: text, state: text, zip: text, country: text })
      .nullish(),
  )

const customerFields = z.looseObject({
  id: requiredId,
  firstName: text,
  lastName: text,
  fullName: text,
  companyName: text,
  businessName: text,
  email: emails,
  phone: phones,
  address,
  customerType: named,
  taxExempt: flag,
  okForMarketing: flag,
  notes: text,
  updatedDate: displayInstant,
})

/** `storeCreditBalanceAge` grows by itself: kept, it would rewrite the row every day. */
const CUSTOMER_MAPPED = new Set([...Object.keys(customerFields.shape), 'storeCreditBalanceAge'])

export const customerSchema = customerFields
  .superRefine(({ customerType }, ctx) => {
    if ((customerType.id ?? 0) > MAX_INTEGER)
      ctx.issues.push({ code: 'custom', path: ['customerType'], message: 'is too large', input: undefined })
  })
  .transform((sent): CustomerRow => {
    const company = sent.companyName ?? sent.businessName
    const isNameless = sent.firstName === null && sent.lastName === null && company === null
    const [first, second, ...others] = sent.phone
    const extra = extraOf(sent, CUSTOMER_MAPPED)
    return {
      tm_id: sent.id,
      first_name: sent.firstName,
      last_name: isNameless ? sent.fullName : sent.lastName,
      company_name: company,
      email: sent.email,
      phone_primary: first?.number ?? null,
      phone_primary_type: first?.type ?? null,
      phone_secondary: second?.number ?? null,
      phone_secondary_type: second?.type ?? null,
      address1: sent.address?.address1 ?? null,
      address2: sent.address?.address2 ?? null,
      city: sent.address?.city ?? null,
      state: sent.address?.state ?? null,
      zip: sent.address?.zip ?? null,
      country: sent.address?.country ?? null,
      customer_type_id: sent.customerType.id,
      customer_type: sent.customerType.name ?? sent.customerType.code,
      tax_exempt: sent.taxExempt,
      ok_for_marketing: sent.okForMarketing,
      notes: sent.notes,
      tm_extra:
        others.length > 0
          ? { ...extra, otherPhones: others.map(({ number, type }) => ({ number, type })) }
          : extra,
      tm_updated_at: sent.updatedDate,
    }
  })

const owner = z.looseObject({ id }).nullish()

const vehicleFields = z.looseObject({
  id: requiredId,
  customerId: id,
  customer: owner,
  year: integer,
  make: named,
  makeId: id,
  model: named,
  modelId: id,
  subModel: named,
  subModelId: id,
  engine: named,
  engineId: id,
  vin: text,
  licensePlate: text,
  licenseState: named,
  unitNumber: text,
  color: named,
  odometer: decimal,
  milesIn: decimal,
  note: text,
  notes: text,
  updatedDate: displayInstant,
})

const VEHICLE_MAPPED = new Set(Object.keys(vehicleFields.shape))

const nameOf = ({ name, code }: Named): string | null => name ?? code

export const vehicleSchema = vehicleFields.transform((sent): VehicleRow => ({
  tm_id: sent.id,
  customer_tm_id: sent.customerId ?? sent.customer?.id ?? null,
  year: sent.year,
  make: nameOf(sent.make),
  make_id: sent.make.id ?? sent.makeId,
  model: nameOf(sent.model),
  model_id: sent.model.id ?? sent.modelId,
  sub_model: nameOf(sent.subModel),
  sub_model_id: sent.subModel.id ?? sent.subModelId,
  engine: nameOf(sent.engine),
  engine_id: sent.engine.id ?? sent.engineId,
  vin: sent.vin,
  license_plate: sent.licensePlate,
  license_state: sent.licenseState.code ?? sent.licenseState.name,
  unit_number: sent.unitNumber,
  color: nameOf(sent.color),
  odometer: sent.odometer ?? sent.milesIn,
  notes: sent.note ?? sent.notes,
  tm_extra: extraOf(sent, VEHICLE_MAPPED),
  tm_updated_at: sent.updatedDate,
}))
