// `npm run bench -- fairness [--rpm 1200] [--large 5000] [--small 20]`: nine small shops alone, then again beside one with
// thousands of waiting ROs, all on one credential. How much longer does a small shop take?
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Program } from '../src/program.ts'
import { syncRepairOrder } from '../src/workers/jobs/sync-repair-order.ts'
import { ended, syncEmployeesOf, untilRun } from './ask.ts'
import { inSandbox, option, row, type Sandbox } from './sandbox.ts'

const LARGE = 5000
const SMALL = Array.from({ length: 9 }, (_, i) => 5001 + i)
/** How long the large shop has been at work before the small ones ask. */
const HEAD_START_MS = 3_000

const Truth = z.object({ repairOrders: z.array(z.object({ id: z.int(), shopTmId: z.int() })) })

export const benchFairness = async (): Promise<void> => {
  const rpm = option('rpm', 1_200)
  const small = option('small', 20)
  const large = option('large', 5_000)
  const made = (count: number) => Math.ceil(count * 1.3)
  const shops = [
    { tmId: LARGE, repairOrders: made(large) },
    ...SMALL.map((tmId) => ({ tmId, repairOrders: made(small) })),
  ]
  await inSandbox({ shops, days: 20, requestsPerMinute: rpm, enforced: 0 }, async (sandbox) => {
    const { program } = sandbox
    await program.start(['worker'])
    for (const { tmId } of shops) await syncEmployeesOf(program, tmId)
    const all = await listRos(sandbox)
    const rosOf = (shop: number) => all(shop).slice(0, shop === LARGE ? large : small)
    const alone = await timeSmallShops(program, rosOf)
    const largeRun = await askFor(program, LARGE, rosOf(LARGE))
    await sleep(HEAD_START_MS)
    const beside = await timeSmallShops(program, rosOf)
    const { fetched, pending } = await program.services.warehouse.runs.progress({ runId: largeRun })
    const counted = `${fetched} waiting ROs, nine with ${rosOf(SMALL[0] ?? 0).length} each`
    console.log(`fairness: one shop with ${counted}, ${rpm} calls a minute on one credential`)
    row('the nine alone', seconds(Math.max(...alone)))
    row('the nine beside the large shop', seconds(Math.max(...beside)))
    row('ratio (aim: at most 2)', (Math.max(...beside) / Math.max(...alone)).toFixed(2))
    const ratios = SMALL.map((_, i) => (beside[i] ?? 0) / (alone[i] ?? 1))
    row('ratio of each small shop', ratios.map((ratio) => ratio.toFixed(2)).join(' '))
    row('ROs the large shop had synced by then', String(fetched - pending))
  })
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** The simulator's ROs by shop; it makes about as many as it is told to. */
const listRos = async ({ simulator }: Sandbox): Promise<(shop: number) => number[]> => {
  const response = await fetch(`${simulator.url}/__sim/truth`)
  const { repairOrders } = Truth.parse(await response.json())
  return (shop) => repairOrders.filter(({ shopTmId }) => shopTmId === shop).map(({ id }) => id)
}

/** What a discovery does after it has listed: plans the ROs in a run, then enqueues them in turns. */
const askFor = async ({ services, queueJobs }: Program, shop: number, ros: readonly number[]) => {
  const { id: shopId } = await services.shops.byTmId(shop)
  const { runs } = services.warehouse
  const wish = { shopId, kind: 'repair-orders', trigger: 'cli', params: {} } as const
  const { runId } = await runs.start(wish)
  await runs.recordItems({ runId, shopId, items: ros.map((ro) => ({ ro, outcome: 'pending' })) })
  await runs.closeListing({ runId, listing: { pages: 0, seen: ros.length, truncated: false } })
  await queueJobs.addMany(
    syncRepairOrder,
    ros.map((ro, turn) => ({ shop, ro, lane: 'incremental', reason: 'listed', run: runId, turn })),
  )
  return runId
}

/** All small shops ask at once. @returns how long each took, in ms */
const timeSmallShops = async (program: Program, rosOf: (shop: number) => number[]): Promise<number[]> => {
  const startedAt = performance.now()
  const runs = await Promise.all(SMALL.map((shop) => askFor(program, shop, rosOf(shop))))
  return Promise.all(
    runs.map(async (runId) => {
      await untilRun(program, runId, ended)
      return performance.now() - startedAt
    }),
  )
}
