// Lines of a job and of an RO: parts, labor, sublets, fees, discounts. Each schema ends in the bundle's shape.
//
// What a missing value means (documented here because every one of these has cost somebody money):
// - unit cost or retail of a part, rate of a labor line, cost or retail of a sublet: 0; a sent `total` stands as sent
// - quantity (parts) and hours (labor): never guessed. Absent counts as 0 only when no money hangs on it,
//   that is: the sent total is 0 or absent, and the unit prices that it would multiply are 0 or absent
// - total of a part: round-half-up(quantity × retail); of a labor line: round-half-up(hours × rate)
// - total of a fee: its fixed amount; a percentage fee without a total is refused
// - list of a job's fees: one nameless fee of its `feePrice`, when TM sent that sum and no list
import { z } from 'zod'
import type { FeeFields, LaborFields, PartFields, SubletFields } from '../warehouse/bundle.ts'
import { feeTypeOf } from './fee-type.ts'
import { amount, cents, decimal, flag, id, named, text, timesCents } from './values.ts'

/** null, absent, an array, or an array wrapped as `{ data: […] }`. Null and absent read as an empty list. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.unknown().optional().transform(unwrapList).pipe(z.array(item))

/** As `listOf`, but null and absent stay null: "TM did not say" differs from "there are none". */
export const listOrNull = <T extends z.ZodType>(item: T) =>
  z
    .unknown()
    .optional()
    .transform((value) => (isUnsaid(value) ? null : unwrapList(value)))
    .pipe(z.array(item).nullable())

const isWrapper = (value: unknown): value is { readonly data: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'data' in value

const isUnsaid = (value: unknown): boolean =>
  value === null || value === undefined || (isWrapper(value) && (value.data ?? null) === null)

const unwrapList = (value: unknown): unknown => {
  if (isUnsaid(value)) return []
  return isWrapper(value) ? value.data : value
}

/** Anything with an id and a name: vendor, technician, customer. Other keys are dropped. */
export const person = z
  .looseObject({ id, firstName: text, lastName: text, fullName: text, companyName: text, businessName: text })
  .nullish()

const none = (value: number | null): boolean => value === null || value === 0

const issueAt = (path: string, message: string) => ({
  code: 'custom' as const,
  path: [path],
  message,
  input: undefined,
})

const boundedTotal = (total: number): number | null => (Math.abs(total) > 2_147_483_647 ? null : total)

export const partSchema = z
  .looseObject({
    id,
    name: text,
    brand: text,
    partNumber: text,
    description: text,
    partType: named,
    quantity: amount,
    cost: cents,
    retail: cents,
    total: cents,
    coreCharge: cents,
    vendorId: id,
    vendorName: text,
    vendor: named,
  })
  .transform((part, ctx): Omit<PartFields, 'line_no'> => {
    const needed = !none(part.total) || !none(part.cost) || (part.total === null && !none(part.retail))
    if (part.quantity === null && needed) ctx.issues.push(issueAt('quantity', 'is missing'))
    const quantity = part.quantity ?? 0
    const total = part.total ?? boundedTotal(timesCents(quantity, part.retail ?? 0))
    if (total === null) ctx.issues.push(issueAt('quantity', 'makes the total too large'))
    return {
      tm_id: part.id,
      name: part.name,
      brand: part.brand,
      part_number: part.partNumber,
      description: part.description,
      part_type: part.partType.code ?? part.partType.name,
      quantity,
      cost: part.cost ?? 0,
      retail: part.retail ?? 0,
      total: total ?? 0,
      core_charge: part.coreCharge,
      vendor_tm_id: part.vendorId ?? part.vendor.id,
      vendor_name: part.vendorName ?? part.vendor.name,
    }
  })

const technicianSchema = z
  .looseObject({ id, firstName: text, lastName: text, fullName: text, hourlyRate: cents })
  .nullish()

export interface LaborLine extends Omit<LaborFields, 'line_no'> {
  readonly technician_first_name: string | null
  readonly technician_last_name: string | null
}

export const laborSchema = z
  .looseObject({
    id,
    name: text,
    hours: amount,
    rate: cents,
    total: cents,
    complete: flag,
    technician: technicianSchema,
    technicianId: id,
  })
  .transform((line, ctx): LaborLine => {
    const needed = !none(line.total) || (line.total === null && !none(line.rate))
    if (line.hours === null && needed) ctx.issues.push(issueAt('hours', 'is missing'))
    const hours = line.hours ?? 0
    const total = line.total ?? boundedTotal(timesCents(hours, line.rate ?? 0))
    if (total === null) ctx.issues.push(issueAt('hours', 'makes the total too large'))
    const technician = line.technician ?? null
    return {
      tm_id: line.id,
      name: line.name,
      hours,
      rate: line.rate ?? 0,
      total: total ?? 0,
      complete: line.complete,
      technician_tm_id: technician?.id ?? line.technicianId,
      technician_name: personName(technician),
      technician_first_name: technician?.firstName ?? null,
      technician_last_name: technician?.lastName ?? null,
      technician_hourly_rate: technician?.hourlyRate ?? null,
    }
  })

export interface PersonNames {
  readonly firstName?: string | null
  readonly lastName?: string | null
  readonly fullName?: string | null
  readonly companyName?: string | null
  readonly businessName?: string | null
}

/** `fullName`, else first and last name, else a company's name, else null. */
export const personName = (names: PersonNames | null | undefined): string | null => {
  if (!names) return null
  const joined = [names.firstName, names.lastName].filter(Boolean).join(' ')
  return names.fullName || joined || names.companyName || names.businessName || null
}

const subletItemSchema = z.looseObject({ cost: cents, price: cents, retail: cents })

/** A job's sublet (`retail`) or the RO-level shape (`items[].price`); the line's own amount goes before its items'. */
export const subletSchema = z
  .looseObject({
    id,
    name: text,
    description: text,
    note: text,
    vendor: named,
    vendorName: text,
    cost: cents,
    retail: cents,
    price: cents,
    items: listOf(subletItemSchema),
    invoiceNumber: text,
    poNumber: text,
    authorized: flag,
  })
  .transform((sublet): Omit<SubletFields, 'line_no'> => {
    const sum = (of: (item: z.output<typeof subletItemSchema>) => number | null) =>
      sublet.items.reduce((total, item) => total + (of(item) ?? 0), 0)
    return {
      tm_id: sublet.id,
      name: sublet.name,
      description: sublet.description ?? sublet.note,
      vendor_name: sublet.vendorName ?? sublet.vendor.name,
      cost: sublet.cost ?? sum((item) => item.cost),
      retail: sublet.retail ?? sublet.price ?? sum((item) => item.price ?? item.retail),
      invoice_number: sublet.invoiceNumber,
      po_number: sublet.poNumber,
      authorized: sublet.authorized,
    }
  })

export const feeSchema = z
  .looseObject({ name: text, amount: cents, percentage: decimal, cap: cents, taxable: flag, total: cents })
  .transform((fee, ctx): Omit<FeeFields, 'line_no'> => {
    if (fee.total === null && !none(fee.percentage)) ctx.issues.push(issueAt('total', 'is missing'))
    return {
      name: fee.name,
      fee_type: feeTypeOf(fee.name),
      amount: fee.amount,
      percentage: fee.percentage,
      cap: fee.cap,
      taxable: fee.taxable,
      total: fee.total ?? fee.amount ?? 0,
    }
  })

export const discountSchema = z
  .looseObject({ name: text, total: cents, amount: cents })
  .transform((discount) => discount.total ?? discount.amount ?? 0)
