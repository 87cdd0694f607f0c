// Compares the shape of an RO's answers with what this release knows: fields that are new, and fields that money hangs
// on and that are gone. Says names of fields, never values.
//
// Gone means: the key (not its value, null is a value) is absent from every object of the answer that should carry it.
// The parts of one job may come without `total` and be computed; when no part of an RO has one, TM has changed, and
// numbers that would silently be made of zeros are not written (see src/workers/drift.ts for what happens then).
import { KNOWN, MONEY_FIELDS } from './known-fields.ts'
import type { FoundRepairOrder } from './types.ts'

type Json = Readonly<Record<string, unknown>>
type Answers = Pick<FoundRepairOrder, 'header' | 'estimate' | 'profitLabor'>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listIn = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value
  return isObject(value) && Array.isArray(value['data']) ? value['data'] : []
}

/** Objects inside the header and the estimate that are watched like their parents; KNOWN has a place for each. */
const NESTED = ['customer', 'vehicle', 'serviceWriter', 'repairOrderStatus', 'repairOrderLabel'] as const

/** Every object of the answers by its place; `repairOrderJobs` is another spelling of `jobs`. */
const objectsByPlace = ({ header, estimate, profitLabor }: Answers): Map<string, Json[]> => {
  const found = new Map<string, Json[]>()
  const put = (place: string, value: unknown): void => {
    if (isObject(value)) found.set(place, [...(found.get(place) ?? []), value])
  }
  put('header', header)
  put('estimate', estimate)
  put('profitLabor', profitLabor)
  for (const [place, answer] of Object.entries({ header, estimate }))
    if (isObject(answer)) for (const key of NESTED) put(`${place}.${key}`, answer[key])
  if (isObject(estimate)) {
    for (const list of ['fees', 'sublets', 'discounts'])
      for (const line of listIn(estimate[list])) put(`estimate.${list}.*`, line)
    const jobs = Array.isArray(estimate['jobs']) ? estimate['jobs'] : estimate['repairOrderJobs']
    for (const job of listIn(jobs)) {
      put('estimate.jobs.*', job)
      if (!isObject(job)) continue
      for (const list of ['parts', 'labor', 'fees', 'sublets', 'discounts'])
        for (const line of listIn(job[list])) {
          put(`estimate.jobs.*.${list}.*`, line)
          if (list === 'labor' && isObject(line))
            put('estimate.jobs.*.labor.*.technician', line['technician'])
        }
    }
  }
  if (isObject(profitLabor)) {
    for (const line of listIn(profitLabor['labor'])) put('profitLabor.labor.*', line)
    put('profitLabor.totalProfit', profitLabor['totalProfit'])
    put('profitLabor.laborProfit', profitLabor['laborProfit'])
  }
  return found
}

/** Paths of fields that nobody documented and no recording showed. */
export const unknownFields = (answers: Answers): string[] => {
  const unknown = new Set<string>()
  for (const [place, objects] of objectsByPlace(answers))
    for (const object of objects)
      for (const key of Object.keys(object))
        if (KNOWN[place]?.has(key) !== true) unknown.add(`${place}.${key}`)
  return [...unknown].toSorted()
}

/** Paths of fields that money hangs on and that no object of the answers carries. */
export const goneFields = (answers: Answers): string[] => {
  const places = objectsByPlace(answers)
  return MONEY_FIELDS.filter(({ place, field, atLeast, or = [], of = () => true }) => {
    const objects = places.get(place) ?? []
    const lacking = objects.filter((object) => of(object) && !or.some((other) => hasValue(object[other])))
    return lacking.length >= atLeast && !objects.some((object) => field in object)
  }).map(({ place, field }) => `${place}.${field}`)
}

const hasValue = (value: unknown): boolean => value !== null && value !== undefined

/** `estimate.jobs.0.parts.2.total` → `estimate.jobs.*.parts.*.total`. */
export const fieldOf = (path: string): string => path.replaceAll(/(?<=\.)\d+(?=\.|$)/g, '*')
