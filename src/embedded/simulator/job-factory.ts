// Makes the jobs of an estimate with the oddities of a real shop (tekmetric-api.md §2, §3.3, §7): fractional and zero
// quantities, free parts, unnamed lines, surcharges booked as negative discounts, technicians missing.
import { BRANDS, DISCOUNTS, JOB_FEES, JOBS, SUBLETS, VENDORS } from './catalog.ts'
import type { JobTemplate } from './catalog.ts'
import type { SimDiscount, SimFee, SimJob, SimLabor, SimPart, SimSublet } from './model.ts'
import type { Random } from './random.ts'

/** Hands out ids of one RO: job, line and sublet ids never repeat, also after lines were re-created. */
export interface IdSource {
  job(): number
  part(): number
  labor(): number
  sublet(): number
}

export interface JobContext {
  readonly random: Random
  readonly ids: IdSource
  /** ISO instant of the change. */
  readonly at: string
  /** Cents per hour. */
  readonly laborRate: number
  /** People who may be assigned to labor lines. */
  readonly technicians: readonly number[]
  /** Nothing of this RO costs anything: a warranty recheck. */
  readonly isFree: boolean
}

const centsAround = (random: Random, cents: number): number =>
  Math.max(1, Math.round(cents * random.between(0.55, 1.6)))

const quantityOf = (random: Random, name: string): number => {
  if (/oil|coolant|ATF/i.test(name)) return random.pick([5, 5.5, 6, 6.02, 4.5, 8.03, 1, 2])
  if (/tire|spark|rotor|strut/i.test(name)) return random.pick([1, 2, 4, 4])
  return random.chance(0.002)
    ? 0
    : random.chance(0.02)
      ? random.pick([0.5, 1.25, 2.33])
      : random.pick([1, 1, 1, 2])
}

const typeOf = (name: string): { typeId: number; typeCode: string } => {
  if (name.startsWith('All-season tire')) return { typeId: 2, typeCode: 'TIRE' }
  return name === 'Battery' ? { typeId: 5, typeCode: 'BATTERY' } : { typeId: 1, typeCode: 'PART' }
}

export const makePart = (context: JobContext, name: string, retailAround: number): SimPart => {
  const { random } = context
  const retail = context.isFree || random.chance(0.0105) ? 0 : centsAround(random, retailAround)
  const cost =
    random.chance(0.0085) || (context.isFree && random.chance(0.5))
      ? 0
      : random.chance(0.003)
        ? Math.round(retail * 1.4) + 1
        : Math.round((context.isFree ? retailAround : retail) * random.between(0.38, 0.72))
  const vendor = random.chance(0.35) ? null : random.pick(VENDORS)
  const numberDice = random.next()
  return {
    id: random.chance(0.006) ? null : context.ids.part(),
    name: random.chance(0.012) ? null : name,
    brand: random.chance(0.015) ? '' : random.chance(0.2) ? null : random.pick(BRANDS),
    partNumber: numberDice < 0.067 ? '' : numberDice < 0.1 ? null : `PN-${random.int(100, 99_999)}`,
    description: random.chance(0.75) ? null : 'Fits as listed',
    ...typeOf(name),
    quantity: quantityOf(random, name),
    cost,
    retail,
    total: 0,
    vendorId: vendor?.[0] ?? null,
    vendorName: vendor?.[1] ?? null,
  }
}

export const pickTechnician = (context: JobContext): number | null => {
  const [first, ...rest] = context.technicians
  if (first === undefined || context.random.chance(0.136)) return null
  return context.random.pick([first, ...rest])
}

const HOURS = [0.1, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 1, 1.2, 1.35, 1.5, 2, 2.65] as const

export const makeLabor = (context: JobContext, template: JobTemplate): SimLabor => {
  const { random } = context
  const near = HOURS.filter((hours) => Math.abs(hours - template.hours) <= 0.45)
  const hours = near[random.int(0, near.length - 1)] ?? template.hours
  return {
    id: random.chance(0.004) ? null : context.ids.labor(),
    name: random.chance(0.0013) ? '' : `${template.name.trim()} labor`,
    hours: context.isFree ? random.pick([0, 0, 0.3]) : random.chance(0.006) ? 0 : hours,
    rate: context.isFree ? 0 : random.chance(0.06) ? context.laborRate - 2_000 : context.laborRate,
    total: 0,
    complete: random.pick([null, false, false]),
    technicianId: random.chance(0.45) ? pickTechnician(context) : null,
  }
}

export const makeDiscount = (random: Random, base: number): SimDiscount => ({
  name: random.pick(DISCOUNTS),
  total: random.chance(0.45) ? -random.int(100, 2_500) : Math.min(base, random.int(200, 3_000)),
})

const makeFee = (random: Random): SimFee => {
  const amount = random.int(150, 1_200)
  return { name: random.pick(JOB_FEES), percentage: 0, amount, cap: null, taxable: false, total: amount }
}

export const makeSublet = (context: JobContext): SimSublet => {
  const [name, vendorName] = context.random.pick(SUBLETS)
  const cost = context.random.int(3_000, 21_000)
  return {
    id: context.ids.sublet(),
    name,
    vendorName: context.random.chance(0.1) ? null : vendorName,
    cost,
    retail: Math.round(cost * context.random.between(1.05, 1.7)),
    authorized: null,
    authorizedDate: null,
  }
}

const countParts = (random: Random): number => {
  const dice = random.next()
  return dice < 0.55 ? 1 : dice < 0.88 ? 2 : 3
}

/** A job nobody has decided on yet. */
export const makeJob = (context: JobContext, sortOrder: number): SimJob => {
  const { random } = context
  const template = random.pick(JOBS)
  const names = template.parts
  const parts = Array.from({ length: names.length === 0 ? 0 : countParts(random) }, (_, i) =>
    makePart(context, names[i % names.length] ?? template.name, template.retail),
  )
  const laborLines = random.chance(0.05) ? 0 : random.chance(0.115) ? 2 : 1
  const hasDiscount = !context.isFree && random.chance(0.055)
  return {
    id: context.ids.job(),
    name: context.isFree ? 'Warranty recheck' : template.name,
    description: null,
    note: random.pick([null, null, '', 'See photos']),
    category: random.chance(0.1) ? null : template.category,
    authorized: null,
    authorizedDate: null,
    declined: random.pick([null, false]),
    selected: random.chance(0.17) ? false : true,
    archived: random.chance(0.006),
    sortOrder,
    tax: 0,
    discounts: hasDiscount ? [makeDiscount(random, 1_500)] : [],
    fees: !context.isFree && random.chance(0.01) ? [makeFee(random)] : [],
    parts,
    labor: Array.from({ length: laborLines }, () => makeLabor(context, template)),
    sublets: !context.isFree && random.chance(0.006) ? [makeSublet(context)] : [],
    createdDate: context.at,
    updatedDate: context.at,
  }
}
