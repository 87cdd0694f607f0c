// `npm run bench -- budget [--rpm 300] [--minutes 3] [--workers 3]`: worker processes on one budget against a simulator
// that enforces exactly this many calls in any 60 seconds. Counted by the simulator, in slices of ten seconds.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ask, untilRun } from './ask.ts'
import { inSandbox, option, row } from './sandbox.ts'

const SHOP = 4321
const SLICE_MS = 10_000
/** An RO takes three calls; listings show most ROs of the simulated days, not all. Work must never run out. */
const ROS_PER_CALL = 2 / 3

/** The measurement begins once all workers have something to do; the listing goes on meanwhile. */
const ENOUGH_WAITING = 60
const SETTLE_MS = 3_000

const Requests = z.array(z.object({ at: z.iso.datetime(), status: z.int(), route: z.string() }))

export const benchBudget = async (): Promise<void> => {
  const rpm = option('rpm', 300)
  const minutes = option('minutes', 3)
  const workers = option('workers', 3)
  const repairOrders = Math.ceil(rpm * (minutes + 0.5) * ROS_PER_CALL)
  const shops = [{ tmId: SHOP, repairOrders }]
  await inSandbox({ shops, days: 14, requestsPerMinute: rpm, enforced: rpm }, async (sandbox) => {
    for (let i = 0; i < workers; i += 1) sandbox.startWorkerProcess()
    const runId = await ask(sandbox.program, { shop: SHOP, source: 'all', daysBack: 15 })
    await untilRun(sandbox.program, runId, ({ pending }) => pending >= ENOUGH_WAITING)
    await sleep(SETTLE_MS)
    const from = Date.now()
    await sleep(minutes * 60_000)
    const to = Date.now()
    const response = await fetch(`${sandbox.simulator.url}/__sim/requests`)
    const requests = Requests.parse(await response.json())
    const run = await sandbox.program.services.warehouse.runs.progress({ runId })
    print({ requests, from, to, rpm, workers, pending: run.pending, failed: run.failed })
  })
}

interface Measured {
  readonly requests: z.output<typeof Requests>
  readonly from: number
  readonly to: number
  readonly rpm: number
  readonly workers: number
  readonly pending: number
  readonly failed: number
}

const print = ({ requests, from, to, rpm, workers, pending, failed }: Measured): void => {
  const within = requests.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to)
  const refused = within.filter(({ status }) => status === 429)
  const minutes = (to - from) / 60_000
  const used = (within.length - refused.length) / (rpm * minutes)
  console.log(`budget: ${rpm} calls a minute, ${workers} worker processes, ${minutes.toFixed(1)} minutes`)
  row('used share of the budget', `${(used * 100).toFixed(1)} %`)
  row('429 in all, also before the measurement', `${requests.filter(({ status }) => status === 429).length}`)
  row('429 during the measurement', String(refused.length))
  row('most calls in any 60 s', String(busiestMinute(requests.map(({ at }) => Date.parse(at)))))
  row('ROs still waiting at the end / failed', `${pending} / ${failed}`)
  console.log('  second   calls   429')
  for (let start = from; start + SLICE_MS / 2 < to; start += SLICE_MS) {
    const slice = within.filter(({ at }) => Date.parse(at) >= start && Date.parse(at) < start + SLICE_MS)
    const throttled = slice.filter(({ status }) => status === 429).length
    const cells = [(start - from) / 1000, slice.length - throttled, throttled]
    console.log(
      `  ${cells
        .map((cell, i) => cell.toFixed(0).padStart([6, 8, 6][i] ?? 0))
        .join('')
        .trimEnd()}`,
    )
  }
}

const busiestMinute = (instants: readonly number[]): number => {
  const sorted = instants.toSorted((a, b) => a - b)
  let from = 0
  return sorted.reduce((most, at, i) => {
    while ((sorted[from] ?? at) <= at - 60_000) from += 1
    return Math.max(most, i - from + 1)
  }, 0)
}
