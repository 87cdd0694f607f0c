// Rows of the boards, the posted report, the search, employees and the shop (tekmetric-api.md §4.1, 4.2, 4.6, 4.7).
import { z } from 'zod'
import { cents, flag, id, instant, named, requiredId, requiredText, text, whole } from './values.ts'

/** A bare array, or one wrapped under a key that some reader of this API has seen. */
export const rowsOf = <T extends z.ZodType>(row: T) =>
  z
    .unknown()
    .transform((answer) => {
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer
      const wrapper = answer as Readonly<Record<string, unknown>>
      return wrapper['content'] ?? wrapper['repairOrders'] ?? wrapper['data'] ?? answer
    })
    .pipe(z.array(row))

export const boardRowSchema = z.looseObject({
  id: requiredId,
  repairOrderNumber: id,
  roNumber: id,
  repairOrderStatus: named,
  updatedDate: instant,
  postedDate: instant,
  completedDate: instant,
})

/** Whatever TM sends is taken as text, in one spelling per number; `''` for nothing. */
const figure = z
  .unknown()
  .optional()
  .transform((sent) => (sent === null || sent === undefined || sent === '' ? '' : plain(sent)))

const plain = (sent: unknown): string => {
  const number = typeof sent === 'string' || typeof sent === 'number' ? Number(sent) : Number.NaN
  return Number.isNaN(number) ? JSON.stringify(sent) : String(number)
}

export const reportPageSchema = z.looseObject({
  content: z.array(
    z.looseObject({
      repairOrderId: requiredId,
      repairOrderNumber: id,
      postedDate: instant,
      laborProfit: figure,
      partsTotalProfit: figure,
      subletProfit: figure,
      feesProfit: figure,
      totalProfit: figure,
      totalProfitMargin: figure,
    }),
  ),
  hasNext: flag,
  /** Opaque: a string, an object, an array. */
  nextKeys: z.unknown().optional(),
})

export const reportCountSchema = z.looseObject({ count: whole })

export const searchRowSchema = z.looseObject({ id: requiredId, repairOrderNumber: id, roNumber: id })

export const employeeSchema = z.looseObject({
  id: requiredId,
  firstName: text,
  lastName: text,
  fullName: text,
  email: z
    .unknown()
    .optional()
    .transform((sent) => (Array.isArray(sent) ? (sent[0] as unknown) : sent))
    .pipe(text),
  employeeRole: named,
  employeePayType: named,
  hourlyRate: cents,
  salary: cents,
  canPerformWork: flag,
  disabled: flag,
  deactivated: flag,
  active: flag,
  createdDate: instant,
  updatedDate: instant,
})

export type Employee = z.output<typeof employeeSchema>

export const shopSchema = z.looseObject({ name: requiredText })
