// What a test does to the shops by hand. Every edit moves the RO's `updatedDate` as TM would (at least by a second,
// because the clock stands still), unless the edit is one that TM does not show.
import { copy } from './copy.ts'
import { makeJob } from './job-factory.ts'
import { touch } from './life-events.ts'
import { resaveJob } from './life-jobs.ts'
import { makeKnown } from './edit-people.ts'
import { importRepairOrder } from './literal-import.ts'
import type { LiteralRepairOrder } from './literal-import.ts'
import { fromInstant, toInstant, toNanoInstant } from './local-time.ts'
import { recalculate, repairOrderSums } from './money.ts'
import type { SimCustomer, SimEmployee, SimJob, SimRepairOrder, SimVehicle } from './model.ts'
import { randomStream } from './random.ts'
import { WORKED_EXAMPLE } from './worked-example.ts'
import type { World } from './world.ts'

export interface PostOptions {
  /** ISO UTC; default now. May lie in the past. */
  readonly postedDate?: string
  readonly completedDate?: string
  /** Posted to accounts receivable: status 6. */
  readonly receivable?: boolean
}

export interface UnpostOptions {
  readonly to?: 2 | 3
  readonly keepsPostedDate?: boolean
  readonly keepsCompletedDate?: boolean
}

type LineKind = 'parts' | 'labor'

export interface LineEdit {
  /** Default: the first job that has such a line. */
  readonly job?: number
  readonly kind: LineKind
  /** Position in the job, default 0. */
  readonly line?: number
  /** Fields of SimPart or SimLabor; totals follow by themselves. */
  readonly set: Readonly<Record<string, unknown>>
}

export type Edits = ReturnType<typeof createEdits>

export const createEdits = (world: World) => {
  const find = (id: number): SimRepairOrder => {
    const ro = world.repairOrders.get(id)
    if (!ro) throw new Error(`the simulator has no repair order ${id}`)
    return ro
  }
  const jobOf = (ro: SimRepairOrder, id: number | undefined): SimJob => {
    const job = id === undefined ? ro.jobs[0] : ro.jobs.find((candidate) => candidate.id === id)
    if (!job) throw new Error(`repair order ${ro.id} has no job ${id ?? ''}`)
    return job
  }
  const nextMoment = (ro: SimRepairOrder): string =>
    toInstant(Math.max(world.now, fromInstant(ro.updatedDate) + 1_000))

  /** Any change: sums follow, `updatedDate` moves. With `silent` TM shows it nowhere. */
  const update = (
    id: number,
    mutate: (ro: SimRepairOrder) => void,
    how: { silent?: boolean } = {},
  ): SimRepairOrder => {
    const ro = find(id)
    mutate(ro)
    recalculate(ro, world.shopOf(ro).shop)
    ro.literal = null
    return how.silent === true ? silently(ro, 'edit') : shown(ro)
  }
  const shown = (ro: SimRepairOrder): SimRepairOrder => {
    touch(ro, nextMoment(ro))
    return copy(ro)
  }
  const silently = (ro: SimRepairOrder, kind: string): SimRepairOrder => {
    ro.silentChanges.push({ at: world.nowInstant, kind })
    ro.revision += 1
    return copy(ro)
  }
  /** A change of the RO's head only: literal estimate and profit stay as they were given. */
  const updateHead = (id: number, mutate: (ro: SimRepairOrder) => void): SimRepairOrder => {
    const ro = find(id)
    mutate(ro)
    if (ro.literal) ro.literal.header = null
    return shown(ro)
  }

  const addRepairOrder = (shopTmId: number, literal: LiteralRepairOrder): SimRepairOrder => {
    const state = world.shops.get(shopTmId)
    if (!state) throw new Error(`the simulator has no shop ${shopTmId}`)
    const imported = importRepairOrder(literal, state.shop)
    world.addRepairOrder(imported.ro)
    makeKnown(state, imported, world.nowInstant)
    return copy(imported.ro)
  }

  return {
    addRepairOrder,
    update,
    /** RO 20418 of metrics.md; the shop's own people and rates give the numbers printed there. */
    addWorkedExample: (shopTmId = 4321): SimRepairOrder => addRepairOrder(shopTmId, WORKED_EXAMPLE),
    post: (id: number, options: PostOptions = {}): SimRepairOrder =>
      updateHead(id, (ro) => {
        const posted = options.postedDate ?? nextMoment(ro)
        ro.statusId = options.receivable === true ? 6 : 5
        ro.postedDate = posted
        const completed = options.completedDate ?? ro.completedDate ?? posted
        ro.completedDate = completed > posted ? posted : completed
        if (ro.statusId === 5) ro.amountPaid = repairOrderSums(ro, world.shopOf(ro).costs).authorizedTotal
      }),
    unpost: (id: number, options: UnpostOptions = {}): SimRepairOrder =>
      updateHead(id, (ro) => {
        ro.statusId = options.to ?? 3
        if (options.keepsPostedDate !== true) ro.postedDate = null
        if (options.keepsCompletedDate === false) ro.completedDate = null
      }),
    complete: (id: number, completedDate?: string): SimRepairOrder =>
      updateHead(id, (ro) => {
        ro.statusId = 3
        ro.completedDate = completedDate ?? nextMoment(ro)
      }),
    /** Accounts receivable fully paid: 6 → 5. */
    settle: (id: number): SimRepairOrder =>
      updateHead(id, (ro) => {
        ro.statusId = 5
        ro.amountPaid = repairOrderSums(ro, world.shopOf(ro).costs).authorizedTotal
      }),
    delete: (id: number): SimRepairOrder =>
      updateHead(id, (ro) => {
        ro.statusId = 7
        ro.postedDate = null
        ro.deletedDate = nextMoment(ro)
      }),
    saveForLater: (id: number): SimRepairOrder => updateHead(id, (ro) => void (ro.statusId = 4)),
    /** Moves `updatedDate` and nothing else. */
    bump: (id: number): SimRepairOrder => updateHead(id, () => undefined),
    /** A payment: TM moves no date (U12, worst case). */
    pay: (id: number, cents: number): SimRepairOrder => {
      const ro = find(id)
      ro.amountPaid += cents
      if (ro.literal) ro.literal.header = null
      return silently(ro, 'pay')
    },
    /** The customer's answer for a job; null takes the decision back. */
    decide: (id: number, jobId: number, authorized: boolean | null): SimRepairOrder =>
      update(id, (ro) => {
        const job = jobOf(ro, jobId)
        job.authorized = authorized
        job.authorizedDate = authorized === null ? null : toNanoInstant(world.now, 364_767_646)
        job.declined = authorized === null ? null : !authorized
        if (authorized === true && ro.statusId === 1) ro.statusId = 2
      }),
    /** Sets one field by its dotted path in the RO's state, e.g. `jobs.0.parts.1.quantity`. */
    patch: (id: number, path: string, value: unknown): SimRepairOrder =>
      update(id, (ro) => setAt(ro, path.split('.'), value)),
    editLine: (id: number, edit: LineEdit): SimRepairOrder =>
      update(id, (ro) => {
        const index = edit.line ?? 0
        const job =
          edit.job === undefined
            ? ro.jobs.find((candidate) => candidate[edit.kind][index])
            : jobOf(ro, edit.job)
        const line = job?.[edit.kind][index]
        if (!line) throw new Error(`repair order ${id} has no such line`)
        Object.assign(line, edit.set)
      }),
    /** Same content, new line ids, as when a job is saved again. */
    resaveJob: (id: number, jobId?: number): SimRepairOrder =>
      update(id, (ro) => resaveJob(jobOf(ro, jobId), world.idsFor(ro), world.nowInstant)),
    removeJob: (id: number, jobId?: number): SimRepairOrder =>
      update(id, (ro) => {
        const job = jobOf(ro, jobId)
        ro.jobs = ro.jobs.filter((other) => other !== job)
      }),
    /** Adds an undecided job and returns the RO with it, last. */
    addJob: (id: number): SimRepairOrder =>
      update(id, (ro) => {
        const random = randomStream(world.seed, ro.id, 'added', ro.revision)
        const context = { random, ids: world.idsFor(ro), at: world.nowInstant, laborRate: ro.laborRate }
        ro.jobs.push(makeJob({ ...context, technicians: [], isFree: false }, ro.jobs.length + 1))
      }),
    /** Takes the RO away altogether: every route answers 404, as for an id that never existed. */
    forget: (id: number): void => {
      const ro = find(id)
      world.shopOf(ro).repairOrders.delete(id)
      world.repairOrders.delete(id)
    },
    updateEmployee: (id: number, patch: Partial<SimEmployee>): SimEmployee =>
      patchPerson(world, 'employees', id, patch),
    updateCustomer: (id: number, patch: Partial<SimCustomer>): SimCustomer =>
      patchPerson(world, 'customers', id, patch),
    updateVehicle: (id: number, patch: Partial<SimVehicle>): SimVehicle =>
      patchPerson(world, 'vehicles', id, patch),
  }
}

const setAt = (node: unknown, path: readonly string[], value: unknown): void => {
  const [head, ...rest] = path
  if (head === undefined || typeof node !== 'object' || node === null || !(head in node)) {
    throw new Error(`there is no field ${path.join('.')}`)
  }
  const holder = node as Record<string, unknown>
  if (rest.length === 0) holder[head] = value
  else setAt(holder[head], rest, value)
}

const patchPerson = <K extends 'employees' | 'customers' | 'vehicles'>(
  world: World,
  kind: K,
  id: number,
  patch: object,
): K extends 'employees' ? SimEmployee : K extends 'customers' ? SimCustomer : SimVehicle => {
  for (const state of world.shops.values()) {
    const found = state[kind].get(id)
    if (!found) continue
    Object.assign(found, patch, { updatedDate: world.nowInstant })
    state.revision += 1
    return copy(found) as never
  }
  throw new Error(`the simulator has no ${kind.slice(0, -1)} ${id}`)
}
