// Carries out the events of life-plan.ts on one repair order. An event that no longer fits (a test has posted or
// deleted the RO meanwhile) does nothing. Each event draws from a random stream of its own.
import { makeSublet } from './job-factory.ts'
import {
  addDiscount,
  addJobs,
  approveLate,
  editLine,
  jobContext,
  pickFrom,
  removeSomeJob,
  resaveSomeJob,
  work,
} from './life-jobs.ts'
import type { LifeContext } from './life-jobs.ts'
import type { LifeEvent } from './life-plan.ts'
import { DAY_MS, HOUR_MS, fromInstant, toInstant, toNanoInstant } from './local-time.ts'
import { recalculate, repairOrderSums } from './money.ts'
import type { SimRepairOrder } from './model.ts'

/** Records a change that TM shows: `updatedDate` always moves on, also past a date that edits by hand put ahead. */
export const touch = (ro: SimRepairOrder, at: string): void => {
  ro.updatedDate = at > ro.updatedDate ? at : toInstant(fromInstant(ro.updatedDate) + 1_000)
  ro.silentChanges = []
  ro.revision += 1
}

/** Records a change that no listing shows. */
const touchSilently = (ro: SimRepairOrder, at: string, kind: string): void => {
  ro.silentChanges.push({ at, kind })
  ro.revision += 1
}

const isOpen = (ro: SimRepairOrder): boolean => ro.statusId <= 3
const isPosted = (ro: SimRepairOrder): boolean => ro.statusId === 5 || ro.statusId === 6

/** Applies one event. Returns false when it does not fit the RO's state any more. */
export const applyLifeEvent = (ro: SimRepairOrder, event: LifeEvent, context: LifeContext): boolean => {
  const at = toInstant(event.at)
  if (!change(ro, event, context, at)) return false
  if (event.kind === 'nightly') return true
  if (event.kind === 'pay') {
    touchSilently(ro, at, event.kind)
    return true
  }
  ro.literal = null
  recalculate(ro, context.shop)
  if (ro.statusId === 5) ro.amountPaid = repairOrderSums(ro, context.costs).authorizedTotal
  touch(ro, at)
  return true
}

const change = (ro: SimRepairOrder, event: LifeEvent, context: LifeContext, at: string): boolean => {
  switch (event.kind) {
    case 'estimate':
      return estimate(ro, event.jobs, context, at)
    case 'decide':
    case 'decide-again':
      return decide(ro, event.at, context)
    case 'undecide':
      return undecide(ro, context, at)
    case 'add-job':
      return isOpen(ro) && addJobs(ro, 1, jobContext(ro, context, at))
    case 'edit-line':
      return isOpen(ro) && editLine(ro, context, at)
    case 'edit-posted':
      return isPosted(ro) && (approveLate(ro, event.at, context) || editLine(ro, context, at))
    case 'resave-job':
      return isOpen(ro) && resaveSomeJob(ro, context, at)
    case 'remove-job':
      return isOpen(ro) && removeSomeJob(ro, context)
    case 'add-discount':
      return addDiscount(ro, context)
    case 'work':
      return work(ro, context, at)
    case 'pay':
      return pay(ro, context)
    case 'save-for-later':
      return moveTo(ro, 4, ro.statusId <= 2)
    case 'reopen':
      return moveTo(ro, 1, ro.statusId === 4)
    case 'complete':
      return complete(ro, event.at - event.backdatedHours * HOUR_MS)
    case 'post':
      return post(ro, event, context)
    case 'unpost':
      return unpost(ro, event)
    case 'settle':
      return moveTo(ro, 5, ro.statusId === 6)
    case 'delete':
      return remove(ro, at)
    case 'nightly':
      return nightly(ro, context, at)
  }
}

const pay = (ro: SimRepairOrder, context: LifeContext): boolean => {
  if (ro.statusId !== 2 && ro.statusId !== 3 && ro.statusId !== 6) return false
  const due = repairOrderSums(ro, context.costs).authorizedTotal - ro.amountPaid
  if (due < 2) return false
  ro.amountPaid += Math.floor(due / 2)
  return true
}

const moveTo = (ro: SimRepairOrder, status: 1 | 4 | 5, fits: boolean): boolean => {
  if (fits) ro.statusId = status
  return fits
}

const complete = (ro: SimRepairOrder, at: number): boolean => {
  if (ro.statusId !== 1 && ro.statusId !== 2) return false
  ro.statusId = 3
  ro.completedDate = toInstant(Math.max(at, fromInstant(ro.createdDate)))
  ro.milesOut = ro.milesIn === null ? null : ro.milesIn + 2
  // Nothing was approved, so nothing is charged: the RO posts at zero.
  if (!ro.jobs.some((job) => job.authorized === true)) ro.fees = []
  return true
}

const post = (
  ro: SimRepairOrder,
  event: Extract<LifeEvent, { kind: 'post' }>,
  context: LifeContext,
): boolean => {
  if (ro.statusId !== 2 && ro.statusId !== 3) return false
  const posted = toInstant(Math.max(event.at - event.backdatedDays * DAY_MS, fromInstant(ro.createdDate)))
  const total = repairOrderSums(ro, context.costs).authorizedTotal
  ro.statusId = event.receivable && total > 0 ? 6 : 5
  ro.postedDate = posted
  if (ro.completedDate === null || ro.completedDate > posted) ro.completedDate = posted
  ro.pickedUpDate = toInstant(event.at)
  return true
}

const unpost = (ro: SimRepairOrder, event: Extract<LifeEvent, { kind: 'unpost' }>): boolean => {
  if (!isPosted(ro)) return false
  ro.statusId = event.to
  if (!event.keepsPosted) ro.postedDate = null
  if (!event.keepsCompleted) ro.completedDate = null
  return true
}

const remove = (ro: SimRepairOrder, at: string): boolean => {
  if (ro.statusId === 7) return false
  ro.statusId = 7
  ro.deletedDate = at
  ro.postedDate = null
  return true
}

const estimate = (
  ro: SimRepairOrder,
  jobs: 'none' | 'free' | 'normal',
  context: LifeContext,
  at: string,
): boolean => {
  if (ro.statusId !== 1) return false
  const { random } = context
  ro.estimateShareDate = random.chance(0.7) ? at : null
  if (jobs === 'free') {
    ro.fees = []
    return addJobs(ro, random.int(1, 3), jobContext(ro, context, at, true))
  }
  if (jobs === 'none') return true
  const count = Math.max(1, Math.round((random.next() + random.next() + random.next()) * 6.2))
  addJobs(ro, count, jobContext(ro, context, at))
  if (random.chance(0.012)) ro.sublets.push(makeSublet(jobContext(ro, context, at)))
  return true
}

/** The customer answers: each pending job is approved, declined or left open. */
const decide = (ro: SimRepairOrder, at: number, context: LifeContext): boolean => {
  if (!isOpen(ro)) return false
  const { random } = context
  const pending = ro.jobs.filter((job) => job.authorized === null && !job.archived)
  if (pending.length === 0) return false
  for (const job of pending) {
    const dice = random.next()
    const answer = dice < 0.74 ? true : dice < 0.88 ? false : null
    if (answer === null) continue
    job.authorized = answer
    job.authorizedDate = toNanoInstant(at, random.int(0, 999_999_999))
    job.declined = answer ? random.pick([false, null]) : true
    job.updatedDate = toInstant(at)
    if (!answer && random.chance(0.03)) job.archived = true
  }
  const someApproved = ro.jobs.some((job) => job.authorized === true)
  for (const sublet of ro.sublets) {
    sublet.authorized = someApproved
    sublet.authorizedDate = toInstant(at)
  }
  if (someApproved && ro.statusId === 1) ro.statusId = 2
  return true
}

const undecide = (ro: SimRepairOrder, context: LifeContext, at: string): boolean => {
  const decided = ro.jobs.filter((job) => job.authorized === false || job.authorized === true)
  if (ro.statusId !== 2 || ro.jobs.filter((job) => job.authorized === true).length < 2) return false
  const job = pickFrom(decided, context.random)
  if (job === undefined) return false
  Object.assign(job, {
    authorized: null,
    authorizedDate: null,
    declined: null,
    archived: false,
    updatedDate: at,
  })
  return true
}

/** The vendor's batch: job dates of about half the posted jobs move, the RO's date does not. */
const nightly = (ro: SimRepairOrder, context: LifeContext, at: string): boolean => {
  if (!isPosted(ro)) return false
  const { random } = context
  for (const job of ro.jobs) {
    if (!random.chance(0.47)) continue
    job.updatedDate = at
    const part = job.parts[0]
    if (!part || !random.chance(context.nightlyValueChanges)) continue
    part.cost += 1
    touchSilently(ro, at, 'nightly-value')
  }
  return true
}
