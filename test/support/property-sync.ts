// One script of the property test: changes at TM, syncs, failures and restarts, carried out on a small shop. Each step
// picks what it works on from the state of the moment, so that any script makes sense.
import { setTimeout as pause } from 'node:timers/promises'
import type { Edits } from '../../src/embedded/simulator/edit.ts'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'
import { checkCredentials } from '../../src/workers/jobs/check-credentials.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import type { Workers } from '../../src/workers/runtime.ts'
import { report } from './oracle/compare.ts'
import { requestRepairOrder, requestSync, STALL_MS, startPipeline, type Pipeline } from './pipeline.ts'
import { startWorkerProcess } from './pipeline-process.ts'
import type { TestQueueStore } from './queue-store.ts'

export type ChangeKind =
  | 'edit-line'
  | 'post'
  | 'unpost'
  | 'resave-job'
  | 'remove-job'
  | 'add-job'
  | 'decide'
  | 'settle'
  | 'delete'
  | 'forget'
  | 'advance'
export type WorkKind = 'sync' | 'request' | 'fault' | 'refuse-token' | 'hang' | 'restart' | 'crash'

export interface Op {
  readonly kind: ChangeKind | WorkKind
  readonly pick: number
}

const SHOP = 4321
const LONG = 90_000
/** So long nothing but waiting happens before somebody looks whether the shop is paused. */
const LOOK_MS = 2_000
/** A call that hangs is given up soon. */
const TIMEOUTS = { headersMs: 1_500, totalMs: 5_000 }
/** Below the brake of G11, which has tests of its own. */
const MAX_GONE = 4

interface World {
  readonly pipeline: Pipeline
  workers: Workers
  /** RO numbers that TM has forgotten. */
  readonly forgotten: Map<number, number>
  gone: number
}

/** @returns the differences to the source at the end, as a text; empty when there is none */
export const runScript = async (store: TestQueueStore, ops: readonly Op[]): Promise<string> => {
  const shop = { tmId: SHOP, repairOrders: 14 }
  const pipeline = await startPipeline({
    store,
    simulator: { shops: [shop], days: 5 },
    workers: false,
    storeRaw: 'all',
    timeouts: TIMEOUTS,
  })
  try {
    const world: World = { pipeline, workers: pipeline.startWorkers(), forgotten: new Map(), gone: 0 }
    for (const op of ops) await step(world, op)
    return await settle(world)
  } finally {
    await pipeline.close()
  }
}

const choose = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)]

const someRo = (
  { pipeline }: World,
  pick: number,
  fits: (ro: SimRepairOrder) => boolean,
): SimRepairOrder | undefined =>
  choose(
    pipeline.simulator.truth().repairOrders.filter((ro) => ro.statusId !== 7 && fits(ro)),
    pick,
  )

const isClosed = ({ statusId }: SimRepairOrder): boolean => statusId === 5 || statusId === 6
const hasJobs = ({ jobs }: SimRepairOrder): boolean => jobs.length > 0

type Change = (world: World, pick: number) => void

/** A change of some RO that it fits; nothing when there is none. */
const on =
  (
    fits: (ro: SimRepairOrder) => boolean,
    act: (edit: Edits, ro: SimRepairOrder, pick: number) => unknown,
  ): Change =>
  (world, pick) => {
    const ro = someRo(world, pick, fits)
    if (ro !== undefined) act(world.pipeline.simulator.edit, ro, pick)
  }

const remove =
  (act: (world: World, ro: SimRepairOrder) => void): Change =>
  (world, pick) => {
    const ro = someRo(world, pick, () => true)
    if (ro === undefined || world.gone >= MAX_GONE) return
    world.gone += 1
    act(world, ro)
  }

const DECISIONS = [true, false, null]

const CHANGES: Readonly<Record<ChangeKind, Change>> = {
  'edit-line': on(
    ({ jobs }) => jobs.some(({ parts }) => parts.length > 0),
    (edit, { id }, pick) => edit.editLine(id, { kind: 'parts', set: { retail: 1_000 + pick, cost: pick } }),
  ),
  post: on(hasJobs, (edit, { id }, pick) =>
    edit.post(id, { receivable: pick % 3 === 0, postedDate: `2026-03-${16 + (pick % 5)}T03:30:00Z` }),
  ),
  unpost: on(isClosed, (edit, { id }, pick) =>
    edit.unpost(id, { to: pick % 2 === 0 ? 2 : 3, keepsPostedDate: pick % 3 === 0 }),
  ),
  'resave-job': on(hasJobs, (edit, { id }) => edit.resaveJob(id)),
  'remove-job': on(hasJobs, (edit, { id, jobs }, pick) => edit.removeJob(id, choose(jobs, pick)?.id)),
  'add-job': on(hasJobs, (edit, { id }) => edit.addJob(id)),
  decide: on(hasJobs, (edit, { id, jobs }, pick) =>
    edit.decide(id, choose(jobs, pick)?.id ?? 0, choose(DECISIONS, pick) ?? null),
  ),
  settle: on(
    ({ statusId }) => statusId === 6,
    (edit, { id }) => edit.settle(id),
  ),
  delete: remove(({ pipeline }, { id }) => pipeline.simulator.edit.delete(id)),
  forget: remove(({ pipeline, forgotten }, { id, number }) => {
    forgotten.set(id, number)
    pipeline.simulator.edit.forget(id)
  }),
  advance: ({ pipeline }, pick) => void pipeline.simulator.clock.advance({ hours: 1 + (pick % 6) }),
}

/** One answer each. */
const FAULTS = [
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, retryAfterSeconds: 1 },
  { kind: 'truncate' },
  { kind: 'html' },
  { kind: 'reset' },
  { kind: 'slow', ms: 300 },
  { kind: 'malform', route: 'header', path: 'amountPaid', value: 'x' },
  { kind: 'malform', route: 'estimate', path: 'jobs.*.parts.*.retail', value: 'x' },
  { kind: 'status', status: 404, route: 'header' },
] as const

const ROUTES = ['header', 'estimate', 'profit', 'board', 'report'] as const

const WORK: Readonly<Record<WorkKind, (world: World, pick: number) => Promise<unknown>>> = {
  // Not always waited for: what follows happens while it runs.
  sync: async ({ pipeline }, pick) => {
    await requestSync(pipeline, { shop: SHOP, source: pick % 4 === 0 ? 'board' : 'all', daysBack: 8 })
    if (pick % 2 === 0) await calm(pipeline)
  },
  request: async (world, pick) => {
    const ro = someRo(world, pick, () => true)
    if (ro !== undefined) await requestRepairOrder(world.pipeline, { shop: SHOP, ro: ro.id })
  },
  fault: async ({ pipeline }, pick) => {
    const fault = choose(FAULTS, pick)
    const route = choose(ROUTES, pick) ?? 'header'
    if (fault !== undefined) pipeline.simulator.faults.add({ route, ...fault, times: 1 })
  },
  // The token, and the same one read again: the shop pauses.
  'refuse-token': async ({ pipeline }, pick) => {
    const route = choose(ROUTES, pick) ?? 'header'
    pipeline.simulator.faults.add({ route, kind: 'status', status: 401, times: 2 })
  },
  hang: async ({ pipeline }, pick) => {
    const route = choose(ROUTES, pick) ?? 'header'
    pipeline.simulator.faults.add({ route, kind: 'hang', times: 1 })
  },
  restart: async (world) => {
    await world.workers.close()
    world.workers = world.pipeline.startWorkers()
  },
  crash: ({ pipeline }) => crash(pipeline),
}

/** Quiet, with the part that the schedules have in it: a paused shop's token is tried again. */
const calm = async (pipeline: Pipeline): Promise<void> => {
  const deadline = Date.now() + LONG
  for (;;) {
    await resume(pipeline)
    const left = Math.min(LOOK_MS, deadline - Date.now())
    try {
      return await pipeline.quiet({ withinMs: left })
    } catch (error) {
      if (left < LOOK_MS) throw error
    }
  }
}

/** Ends a pause, and does not wait the half minute after which those that it held back look again. */
const resume = async (pipeline: Pipeline): Promise<void> => {
  const { queueJobs } = pipeline
  const isPaused = async () =>
    (await pipeline.query('select from shops where paused_at is not null')).length > 0
  if (!(await isPaused())) return
  for (const deadline = Date.now() + LONG; await isPaused(); await pause(100)) {
    if (Date.now() > deadline) throw new Error('the shop stays paused')
    await queueJobs.request(checkCredentials, {})
  }
  for (const queue of queueJobs.all()) await queue.promoteJobs()
}

const isChange = (kind: Op['kind']): kind is ChangeKind => kind in CHANGES

const step = async (world: World, { kind, pick }: Op): Promise<void> => {
  if (isChange(kind)) CHANGES[kind](world, pick)
  else await WORK[kind](world, pick)
}

/** A further worker process takes part for a moment and is killed in the midst of whatever it does. */
const crash = async (pipeline: Pipeline): Promise<void> => {
  const { simulator, servers } = pipeline
  const child = await startWorkerProcess({
    servers,
    tokens: [[SHOP, simulator.tokens.for(SHOP)]],
    now: simulator.truth().now,
    stallMs: STALL_MS,
    crash: null,
  })
  await requestSync(pipeline, { shop: SHOP, source: 'all', daysBack: 8 })
  await child.kill()
}

/** The pipeline's ordinary upkeep after the last change: a sweep of the window, and the second pass of deletions. */
const settle = async (world: World): Promise<string> => {
  const { pipeline, forgotten } = world
  pipeline.simulator.faults.clear()
  for (let pass = 0; pass < 2; pass += 1) {
    await calm(pipeline)
    await requestSync(pipeline, { shop: SHOP, source: 'sweep', daysBack: 12 })
    await calm(pipeline)
    await pipeline.query(
      "update repair_orders set missing_since = missing_since - interval '6 minutes' where missing_since is not null",
    )
    await pipeline.queueJobs.request(sweepDirty, {})
  }
  await calm(pipeline)
  return [...(await verdict(pipeline, forgotten)), ...(await books(pipeline))].join('\n')
}

const verdict = async (pipeline: Pipeline, forgotten: ReadonlyMap<number, number>): Promise<string[]> => {
  const numbers = new Set([...forgotten.values()].map((number) => `RO ${number}`))
  const differences = (await pipeline.compare()).filter(
    ({ where }) => !numbers.has(/RO \d+/.exec(where)?.[0] ?? ''),
  )
  const alive = await pipeline.query<{ ro: string }>(
    `select r.tm_id as ro from repair_orders r where r.tm_id = any ($1) and (r.status_id <> 7
       or exists (select from ro_snapshots s where s.repair_order_id = r.id and s.counted))`,
    [[...forgotten.keys()]],
  )
  return [
    ...(differences.length === 0 ? [] : [report(differences)]),
    ...alive.map(({ ro }) => `RO ${ro} is gone at TM and lives on here`),
  ]
}

/** What must hold whatever happened: every run adds up, nothing is left over. */
const books = async (pipeline: Pipeline): Promise<string[]> => {
  const rows = await pipeline.query<{ what: string }>(
    `select 'run ' || id || ' does not add up' as what from sync_log
      where status = 'finished' and kind = 'repair-orders'
        and fetched <> created + updated + unchanged + stale + deleted + skipped + failed
     union all select 'RO ' || ro_tm_id || ' is still in quarantine' from ro_quarantine
     union all select 'RO ' || ro_tm_id || ' counts twice' from ro_snapshots where counted group by ro_tm_id having count(*) > 1
     union all select 'the deletion of RO ' || ro_tm_id || ' is held' from repair_order_deletions where state = 'held'`,
  )
  return rows.map(({ what }) => what)
}
