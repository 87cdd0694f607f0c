// What will happen to one repair order, decided when it is created: a list of dated events. Nothing later can change
// the dates, so a clock moved in one step and one moved in many reach the same state.
//
//   create → estimate → decide → (add, edit, re-save, remove, work, pay) → complete → post → nightly
//            └→ save for later → (re-open → decide …) · └→ delete        └→ edit, un-post → re-post, settle
import {
  DAY_MS,
  HOUR_MS,
  addBusinessHours,
  addDays,
  atLocal,
  localDate,
  nextNightlyBatch,
  weekday,
} from './local-time.ts'
import type { Random } from './random.ts'

export type LifeEvent = { readonly at: number } & (
  | { readonly kind: 'estimate'; readonly jobs: 'none' | 'free' | 'normal' }
  | { readonly kind: 'decide' | 'decide-again' | 'undecide' }
  | { readonly kind: 'add-job' | 'edit-line' | 'resave-job' | 'remove-job' | 'add-discount' | 'work' }
  | { readonly kind: 'pay' | 'delete' | 'save-for-later' | 'reopen' | 'nightly' | 'settle' | 'edit-posted' }
  | { readonly kind: 'complete'; readonly backdatedHours: number }
  | {
      readonly kind: 'post'
      readonly receivable: boolean
      readonly backdatedDays: number
      readonly again: boolean
    }
  | {
      readonly kind: 'unpost'
      readonly to: 2 | 3
      readonly keepsPosted: boolean
      readonly keepsCompleted: boolean
    }
)

export type LifeKind = LifeEvent['kind']

interface Plan {
  readonly random: Random
  readonly zone: string
  readonly events: LifeEvent[]
}

/** Events of a new RO, oldest first. */
export const planLife = (options: { random: Random; createdAt: number; zone: string }): LifeEvent[] => {
  const plan: Plan = { random: options.random, zone: options.zone, events: [] }
  const { random } = plan
  const dice = random.next()
  const estimated = after(plan, options.createdAt, random.between(0.2, 1.5))
  if (dice < 0.05) planWithoutJobs(plan, estimated)
  else if (dice < 0.08) planSale(plan, estimated, 'free')
  else if (dice < 0.135) planSavedForLater(plan, estimated)
  else if (dice < 0.19) planDeleted(plan, estimated)
  else planSale(plan, estimated, 'normal')
  return plan.events.toSorted((a, b) => a.at - b.at)
}

const after = (plan: Plan, at: number, hours: number): number => addBusinessHours(at, hours, plan.zone)

const planWithoutJobs = (plan: Plan, at: number): void => {
  const { random } = plan
  plan.events.push({ at, kind: 'estimate', jobs: 'none' })
  const next = after(plan, at, random.between(1, 12))
  if (random.chance(0.6)) plan.events.push({ at: next, kind: 'delete' })
  else planCompletion(plan, next)
}

const planDeleted = (plan: Plan, at: number): void => {
  plan.events.push({ at, kind: 'estimate', jobs: 'normal' })
  plan.events.push({ at: after(plan, at, plan.random.between(1, 30)), kind: 'delete' })
}

const planSavedForLater = (plan: Plan, at: number): void => {
  const { random } = plan
  plan.events.push({ at, kind: 'estimate', jobs: 'normal' })
  const saved = after(plan, at, random.between(3, 24))
  plan.events.push({ at: saved, kind: 'save-for-later' })
  if (!random.chance(0.3)) return
  const reopened = after(plan, saved, random.between(20, 70))
  plan.events.push({ at: reopened, kind: 'reopen' })
  planWork(plan, after(plan, reopened, random.between(0.5, 3)))
}

const planSale = (plan: Plan, at: number, jobs: 'free' | 'normal'): void => {
  const { random } = plan
  plan.events.push({ at, kind: 'estimate', jobs })
  if (random.chance(0.15))
    plan.events.push({ at: after(plan, at, random.between(0.1, 0.9)), kind: 'resave-job' })
  planWork(plan, after(plan, at, random.between(1, 5)))
}

/** Decision, changes while the car is in the shop, completion. */
const planWork = (plan: Plan, decided: number): void => {
  const { random } = plan
  plan.events.push({ at: decided, kind: 'decide' })
  const waitsForParts = random.chance(0.06)
  const span = waitsForParts ? random.between(18, 42) : random.between(1, 10)
  const within = (): number => after(plan, decided, random.between(0.05, 0.95) * span)
  const sometimes = (
    share: number,
    kind: 'pay' | 'edit-line' | 'resave-job' | 'remove-job' | 'undecide',
  ): void => {
    if (random.chance(share)) plan.events.push({ at: within(), kind })
  }
  plan.events.push({ at: within(), kind: 'work' })
  if (random.chance(0.22)) {
    const added = within()
    plan.events.push({ at: added, kind: 'add-job' })
    plan.events.push({
      at: Math.min(after(plan, added, 0.8), after(plan, decided, span * 0.97)),
      kind: 'decide-again',
    })
  }
  sometimes(0.25, 'edit-line')
  sometimes(0.12, 'resave-job')
  sometimes(0.07, 'remove-job')
  sometimes(0.05, 'undecide')
  sometimes(0.12, 'pay')
  if (random.chance(0.08)) plan.events.push({ at: within(), kind: 'add-discount' })
  const completed = after(plan, decided, span)
  if (random.chance(0.012)) plan.events.push({ at: completed, kind: 'delete' })
  else planCompletion(plan, completed)
}

const planCompletion = (plan: Plan, at: number): void => {
  const { random } = plan
  plan.events.push({ at, kind: 'complete', backdatedHours: random.chance(0.06) ? random.between(1, 30) : 0 })
  if (random.chance(0.008)) {
    plan.events.push({ at: after(plan, at, 2), kind: 'delete' })
    return
  }
  planPosting(plan, postingTime(plan, at), false)
}

/** Mostly soon; sometimes late in the evening, which is already tomorrow in UTC; on a Sunday; or days later. */
const postingTime = (plan: Plan, completed: number): number => {
  const { random, zone } = plan
  const dice = random.next()
  if (dice < 0.72) return after(plan, completed, random.between(0.1, 2))
  if (dice < 0.84)
    return Math.max(completed + 60_000, atLocal(localDate(completed, zone), random.between(19.1, 23.9), zone))
  if (dice < 0.875) return Math.max(completed + 60_000, nextSunday(completed, random.between(0, 24), zone))
  return after(plan, completed, random.between(6, 20))
}

/** The owner catches up at home, also on the Sunday on which the clocks change. */
const nextSunday = (ms: number, hour: number, zone: string): number => {
  const today = localDate(ms, zone)
  return atLocal(addDays(today, 7 - (weekday(today) % 7)), hour, zone)
}

const planPosting = (plan: Plan, at: number, again: boolean): void => {
  const { random } = plan
  const receivable = random.chance(0.06)
  const backdatedDays = random.chance(again ? 0.25 : 0.05) ? random.int(1, 3) : 0
  plan.events.push({ at, kind: 'post', receivable, backdatedDays, again })
  plan.events.push({ at: nextNightlyBatch(at) + random.int(0, 360) * 1000, kind: 'nightly' })
  if (!again && random.chance(0.055)) {
    planUnposting(plan, at)
    return
  }
  if (random.chance(0.2)) {
    plan.events.push({ at: at + Math.round(random.between(1, 6 * 24) * HOUR_MS), kind: 'edit-posted' })
  }
  if (random.chance(0.05)) {
    plan.events.push({ at: at + Math.round(random.between(6, 25) * DAY_MS), kind: 'edit-posted' })
  }
  if (receivable) {
    plan.events.push({ at: at + Math.round(random.between(0.5, 3) * DAY_MS), kind: 'pay' })
    plan.events.push({ at: at + Math.round(random.between(3, 8) * DAY_MS), kind: 'settle' })
  }
}

const planUnposting = (plan: Plan, posted: number): void => {
  const { random } = plan
  const at = after(plan, posted, random.between(1, 26))
  const to = random.chance(0.5) ? 2 : 3
  plan.events.push({
    at,
    kind: 'unpost',
    to,
    keepsPosted: random.chance(0.5),
    keepsCompleted: to === 3 || random.chance(0.5),
  })
  if (random.chance(0.4)) plan.events.push({ at: after(plan, at, 0.3), kind: 'edit-line' })
  const again = after(plan, at, random.between(0.5, 14))
  if (random.chance(0.08)) plan.events.push({ at: again, kind: 'delete' })
  else planPosting(plan, again, true)
}
