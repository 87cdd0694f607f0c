// Events of life-plan.ts that change the jobs and lines of one RO. Each returns false when it does not fit.
import { JOBS } from './catalog.ts'
import { makeDiscount, makeJob, makeLabor, makePart, pickTechnician } from './job-factory.ts'
import type { IdSource, JobContext } from './job-factory.ts'
import { toInstant, toNanoInstant } from './local-time.ts'
import type { LaborCosts } from './money.ts'
import type { SimJob, SimRepairOrder, SimShop } from './model.ts'
import type { Random } from './random.ts'

export interface LifeContext {
  readonly shop: SimShop
  readonly random: Random
  readonly ids: IdSource
  readonly technicians: readonly number[]
  readonly costs: LaborCosts
  readonly nightlyValueChanges: number
}

export const jobContext = (
  ro: SimRepairOrder,
  context: LifeContext,
  at: string,
  isFree = false,
): JobContext => ({
  random: context.random,
  ids: context.ids,
  at,
  laborRate: ro.laborRate,
  technicians: context.technicians,
  isFree,
})

export const pickFrom = <T>(list: readonly T[], random: Random): T | undefined =>
  list[random.int(0, list.length - 1)]

export const addJobs = (ro: SimRepairOrder, count: number, context: JobContext): boolean => {
  for (let i = 0; i < count; i++) ro.jobs.push(makeJob(context, ro.jobs.length + 1))
  return true
}

/** Some change of money or hands on one job, as people make before and after posting. */
export const editLine = (ro: SimRepairOrder, context: LifeContext, at: string): boolean => {
  const job = pickFrom(ro.jobs, context.random)
  if (job === undefined) return false
  const { random } = context
  const part = pickFrom(job.parts, random)
  const line = pickFrom(job.labor, random)
  const dice = random.next()
  if (dice < 0.3 && part) part.cost = Math.max(0, part.cost + random.int(-400, 900))
  else if (dice < 0.5 && part) part.quantity += 1
  else if (dice < 0.65 && line) line.hours = Math.round((line.hours + 0.3) * 100) / 100
  else if (dice < 0.8 && line) line.technicianId = pickTechnician(jobContext(ro, context, at))
  else if (dice < 0.9) job.discounts.push(makeDiscount(random, 800))
  else if (part) part.retail += random.int(-200, 1_500) + (part.retail < 200 ? 200 : 0)
  else job.note = 'Price checked'
  job.updatedDate = at
  return true
}

/** Now and then a job is approved after the RO was posted (15 of 6,076 in the field). */
export const approveLate = (ro: SimRepairOrder, at: number, context: LifeContext): boolean => {
  const job = ro.jobs.find((candidate) => candidate.authorized === null && !candidate.archived)
  if (!job || !context.random.chance(0.12)) return false
  job.authorized = true
  job.authorizedDate = toNanoInstant(at, context.random.int(0, 999_999_999))
  job.updatedDate = toInstant(at)
  return true
}

/** TM replaces a job's arrays when it is saved again: same content, new line ids (S14). */
export const resaveJob = (job: SimJob, ids: IdSource, at: string): void => {
  for (const part of job.parts) part.id = ids.part()
  for (const line of job.labor) line.id = ids.labor()
  job.updatedDate = at
}

export const resaveSomeJob = (ro: SimRepairOrder, context: LifeContext, at: string): boolean => {
  const job = pickFrom(ro.jobs, context.random)
  if (job === undefined) return false
  const { random } = context
  resaveJob(job, context.ids, at)
  const inner = jobContext(ro, context, at)
  if (random.chance(0.3) && job.parts.length > 1) job.parts.pop()
  else if (random.chance(0.3)) job.parts.push(makePart(inner, 'Shop towels', 300))
  if (random.chance(0.15)) job.labor.push(makeLabor(inner, JOBS[0]))
  return true
}

export const removeSomeJob = (ro: SimRepairOrder, context: LifeContext): boolean => {
  const removable = ro.jobs.filter((job) => job.authorized !== true)
  const job = pickFrom(removable, context.random)
  if (job === undefined || ro.jobs.length < 2) return false
  ro.jobs = ro.jobs.filter((other) => other !== job)
  return true
}

export const addDiscount = (ro: SimRepairOrder, context: LifeContext): boolean => {
  if (ro.statusId !== 2) return false
  ro.discounts.push(makeDiscount(context.random, 2_000))
  return true
}

export const work = (ro: SimRepairOrder, context: LifeContext, at: string): boolean => {
  if (ro.statusId !== 2) return false
  for (const job of ro.jobs.filter((candidate) => candidate.authorized === true)) {
    job.updatedDate = at
    for (const line of job.labor) {
      line.technicianId ??= pickTechnician(jobContext(ro, context, at))
      line.complete = true
    }
  }
  return true
}
