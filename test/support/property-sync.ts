// One script of the property test: changes at TM, syncs, failures and restarts, carried out on a small shop. Each step
// picks what it works on from the state of the moment, so that any script makes sense.
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import type { Workers } from '../../src/workers/runtime.ts'
import { report } from './oracle/compare.ts'
import { requestRepairOrder, requestSync, STALL_MS, startPipeline, type Pipeline } from './pipeline.ts'
import { startWorkerProcess } from './pipeline-process.ts'
import type { TestQueueStore } from './queue-store.ts'

export interface Op {
  readonly kind:
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
    | 'sync'
    | 'request'
    | 'fault'
    | 'restart'
    | 'crash'
  readonly pick: number
}

const SHOP = 4321
const LONG = 90_000
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
  const pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 5 }, workers: false })
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

/** Changes at TM. @returns false when nothing fits */
const change = (world: World, { kind, pick }: Op): boolean => {
  const { edit, clock } = world.pipeline.simulator
  const on = (fits: (ro: SimRepairOrder) => boolean, act: (ro: SimRepairOrder) => unknown): boolean => {
    const ro = someRo(world, pick, fits)
    if (ro !== undefined) act(ro)
    return true
  }
  switch (kind) {
    case 'edit-line':
      return on(
        ({ jobs }) => jobs.some(({ parts }) => parts.length > 0),
        ({ id }) => edit.editLine(id, { kind: 'parts', set: { retail: 1_000 + pick, cost: pick } }),
      )
    case 'post':
      return on(hasJobs, ({ id }) =>
        edit.post(id, { receivable: pick % 3 === 0, postedDate: `2026-03-${16 + (pick % 5)}T03:30:00Z` }),
      )
    case 'unpost':
      return on(isClosed, ({ id }) =>
        edit.unpost(id, { to: pick % 2 === 0 ? 2 : 3, keepsPostedDate: pick % 3 === 0 }),
      )
    case 'resave-job':
      return on(hasJobs, ({ id }) => edit.resaveJob(id))
    case 'remove-job':
      return on(hasJobs, ({ id, jobs }) => edit.removeJob(id, choose(jobs, pick)?.id))
    case 'add-job':
      return on(hasJobs, ({ id }) => edit.addJob(id))
    case 'decide':
      return on(hasJobs, ({ id, jobs }) =>
        edit.decide(id, choose(jobs, pick)?.id ?? 0, [true, false, null][pick % 3] ?? null),
      )
    case 'settle':
      return on(
        ({ statusId }) => statusId === 6,
        ({ id }) => edit.settle(id),
      )
    case 'advance':
      clock.advance({ hours: 1 + (pick % 6) })
      return true
    case 'delete':
    case 'forget':
      return remove(world, kind, pick)
    default:
      return false
  }
}

const remove = (world: World, kind: 'delete' | 'forget', pick: number): boolean => {
  const ro = someRo(world, pick, () => true)
  if (ro === undefined || world.gone >= MAX_GONE) return true
  world.gone += 1
  if (kind === 'delete') world.pipeline.simulator.edit.delete(ro.id)
  else {
    world.forgotten.set(ro.id, ro.number)
    world.pipeline.simulator.edit.forget(ro.id)
  }
  return true
}

/** One answer each; a refused token has tests of its own, it makes everybody wait for half a minute. */
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

const step = async (world: World, op: Op): Promise<void> => {
  const { pipeline } = world
  if (change(world, op)) return
  switch (op.kind) {
    case 'sync':
      // Not waited for: what follows happens while it runs, except now and then.
      await requestSync(pipeline, { shop: SHOP, source: op.pick % 4 === 0 ? 'board' : 'all', daysBack: 8 })
      return op.pick % 2 === 0 ? pipeline.quiet({ withinMs: LONG }) : undefined
    case 'request': {
      const ro = someRo(world, op.pick, () => true)
      if (ro !== undefined) await requestRepairOrder(pipeline, { shop: SHOP, ro: ro.id })
      return
    }
    case 'fault': {
      const fault = choose(FAULTS, op.pick)
      const routes = ['header', 'estimate', 'profit', 'board', 'report'] as const
      if (fault !== undefined)
        pipeline.simulator.faults.add({ route: choose(routes, op.pick) ?? 'header', ...fault, times: 1 })
      return
    }
    case 'restart':
      await world.workers.close()
      world.workers = pipeline.startWorkers()
      return
    case 'crash':
      return crash(pipeline)
    default:
  }
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
    await pipeline.quiet({ withinMs: LONG })
    await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 12, withinMs: LONG })
    await pipeline.quiet({ withinMs: LONG })
    await pipeline.query(
      "update repair_orders set missing_since = missing_since - interval '6 minutes' where missing_since is not null",
    )
    await pipeline.queueJobs.request(sweepDirty, {})
  }
  await pipeline.quiet({ withinMs: LONG })
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
