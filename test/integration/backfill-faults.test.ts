// A backfill of 500 ROs while every tenth call to TM goes wrong, each time in another way: it ends equal to the source,
// no attempt is spent on a 429, and nothing is quarantined for a fault of the moment.
import { afterAll, expect, test } from 'vitest'
import { requestBackfill } from '../../src/producers/backfill.ts'
import type { FaultInput } from '../../src/embedded/simulator/faults.ts'
import { syncEmployees } from '../../src/workers/jobs/sync-employees.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 420_000

/** Together a tenth of all calls. */
const FAULTS: readonly FaultInput[] = [
  { kind: 'status', status: 429, retryAfterSeconds: 1, probability: 0.01 },
  { kind: 'status', status: 429, retryAfterSeconds: 1, retryAfterStyle: 'date', probability: 0.005 },
  { kind: 'status', status: 429, probability: 0.005 },
  { kind: 'status', status: 503, body: 'html', probability: 0.02 },
  { kind: 'status', status: 500, body: 'json', probability: 0.01 },
  { kind: 'reset', probability: 0.01 },
  { kind: 'reset', afterBytes: 40, probability: 0.01 },
  { kind: 'hang', probability: 0.002 },
  { kind: 'truncate', probability: 0.014 },
  { kind: 'html', probability: 0.014 },
]

let pipeline: Pipeline
afterAll(() => pipeline.close())

test(
  'a 500-RO backfill with a tenth of all calls failing ends equal to the source',
  async () => {
    const [store] = queueStores()
    const simulator = { shops: [{ tmId: SHOP, repairOrders: 560 }], days: 20 }
    pipeline = await startPipeline({ store: store!, simulator })
    await pipeline.queueJobs.request(syncEmployees, { shop: SHOP, trigger: 'cli' })
    await pipeline.quiet()
    const { faults, requests } = pipeline.simulator
    requests.reset()
    for (const fault of FAULTS) faults.add(fault)
    const range = { from: '2026-02-25', to: '2026-03-20' }
    const wish = { shopTmId: SHOP, ...range, windowDays: 3, trigger: 'cli', forecast: {} } as const
    const { backfillId } = await requestBackfill(pipeline, wish)
    await pipeline.quiet({ withinMs: LONG })
    const state = await pipeline.services.warehouse.backfills.progress({ backfillId })
    faults.clear()
    const calls = requests.list()
    const failed = calls.filter(({ fault }) => fault !== null).length / calls.length
    expect(failed).toBeGreaterThan(0.07)
    expect(state).toMatchObject({ status: 'finished' })
    // At these odds all six attempts of an RO go wrong in one run of six; it is then shown as failed, and found again.
    expect(state.ros.failed).toBeLessThanOrEqual(5)
    expect(state.ros.created).toBeGreaterThan(400)
    const spent = pipeline.finished.filter(({ outcome }) => outcome === 'retry' || outcome === 'failed')
    expect(spent.length).toBeGreaterThan(20)
    expect(spent.filter(({ failureClass }) => failureClass !== 'transient')).toEqual([])
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 30 })
    await pipeline.quiet()
    expect(report(await pipeline.compare())).toBe('')
  },
  LONG,
)
