// What a literal answer must hold to become an RO of the simulator; everything else in it is served as it came.
import { z } from 'zod'

const num = z.coerce.number()
const text = z.string().nullish()
const flag = z.boolean().nullish()

export const discountShape = z.object({ name: text, total: num.optional(), amount: num.optional() })
export const feeShape = z.object({
  name: text,
  percentage: num.nullish(),
  amount: num.nullish(),
  cap: num.nullish(),
  taxable: flag,
  total: num.nullish(),
})
export const subletShape = z.object({
  id: num.optional(),
  name: text,
  vendorName: text,
  cost: num.nullish(),
  retail: num.nullish(),
  authorized: flag,
  authorizedDate: text,
})
export const partShape = z.object({
  id: num.nullish(),
  name: text,
  brand: text,
  partNumber: text,
  description: text,
  partType: z.object({ id: num, code: z.string() }).nullish(),
  quantity: num,
  cost: num,
  retail: num,
  total: num.nullish(),
  vendorId: num.nullish(),
  vendorName: text,
})
const laborShape = z.object({
  id: num.nullish(),
  name: text,
  hours: num,
  rate: num,
  total: num.nullish(),
  complete: flag,
  technician: z.object({ id: num, firstName: text, lastName: text, hourlyRate: num.nullish() }).nullish(),
})
export const jobShape = z.object({
  id: num,
  name: text,
  note: text,
  authorized: flag,
  authorizedDate: text,
  declined: flag,
  selected: flag,
  archived: flag,
  discount: num.nullish(),
  tax: num.nullish(),
  parts: z.array(partShape).nullish(),
  labor: z.array(laborShape).nullish(),
  fees: z.array(feeShape).nullish(),
  discounts: z.array(discountShape).nullish(),
  sublets: z.array(subletShape).nullish(),
})
export const estimateShape = z.object({
  taxRate: num.nullish(),
  discount: num.nullish(),
  fees: z.object({ data: z.array(feeShape) }).nullish(),
  sublets: z.array(subletShape).nullish(),
  jobs: z.array(jobShape).nullish(),
})
const named = z.object({ id: num, firstName: text, lastName: text, companyName: text })
export const nameOrObject = z.union([z.string(), z.object({ id: num, name: z.string() })]).nullish()
export const headerShape = z.object({
  id: num,
  repairOrderNumber: num,
  repairOrderStatus: z.object({ id: z.int().min(1).max(7) }),
  customer: named.nullish(),
  vehicle: z.object({ id: num, year: num.nullish(), make: nameOrObject, model: nameOrObject }).nullish(),
  serviceWriter: named.nullish(),
  createdDate: z.string(),
  updatedDate: z.string(),
  completedDate: text,
  postedDate: text,
  promisedDate: text,
  milesIn: num.nullish(),
  milesOut: num.nullish(),
  laborRate: num.nullish(),
  amountPaid: num.nullish(),
  keytag: text,
  notes: text,
  appointmentOption: text,
})
