// `npm run bench -- api [--callers 200] [--ros 50] [--seconds 30] [--rpm 150] [--pause ms]`: callers who ask for resyncs of
// the same few ROs, by default without a pause, each with a machine key of its own. API, worker and callers are processes of their own.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { makeMachineKey } from '../src/core/auth/machine-key.ts'
import type { Program } from '../src/program.ts'
import { quantileOfBuckets } from './quantile.ts'
import { inSandbox, option, row } from './sandbox.ts'

const SHOP = 4321
const Truth = z.object({ repairOrders: z.array(z.object({ id: z.int(), statusId: z.int().optional() })) })
const Measured = z.object({
  requests: z.int(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  results: z.record(z.string(), z.int()),
  refused: z.record(z.string(), z.int()),
  runs: z.array(z.tuple([z.uuid(), z.int()])),
})

export const benchApi = async (): Promise<void> => {
  const [callers, count] = [option('callers', 200), option('ros', 50)]
  const pauseMs = process.argv.includes('--pause') ? option('pause', 1) : 0
  const [seconds, requestsPerMinute] = [option('seconds', 30), option('rpm', 150)]
  const shops = [{ tmId: SHOP, repairOrders: count * 2 }]
  await inSandbox({ shops, days: 10, requestsPerMinute, enforced: 0 }, async (sandbox) => {
    const { program } = sandbox
    const truth = Truth.parse(await (await fetch(`${sandbox.simulator.url}/__sim/truth`)).json())
    const ros = truth.repairOrders.slice(0, count).map(({ id }) => id)
    const keys = await makeKeys(program, callers)
    const url = await sandbox.startApiProcess()
    sandbox.startWorkerProcess()
    const orders = { url, keys, shop: SHOP, ros, seconds, pauseMs }
    const measured = await callersDo(orders)
    const answered = await answersOf(url)
    const drainedAfter = await drained(program)
    console.log(
      `api: ${callers} callers, ${pauseMs === 0 ? 'without a pause' : `${pauseMs} ms between their requests`}, ${ros.length} ROs, ${seconds} s, budget of TM ${requestsPerMinute} a minute`,
    )
    row('requests, per second', `${measured.requests}, ${Math.round(measured.requests / seconds)}`)
    row(
      'p50 / p95 / p99 at the caller',
      [measured.p50, measured.p95, measured.p99].map(milliseconds).join(' / '),
    )
    row(
      'the same at the API (its /metrics)',
      [0.5, 0.95, 0.99].map((share) => milliseconds(quantileOfBuckets(answered, share) * 1000)).join(' / '),
    )
    row('answers', counted(measured.results))
    row('refused', counted(measured.refused))
    await reportSyncs(program, measured.runs)
    row('drained after the last request', `${drainedAfter.toFixed(0)} s`)
  })
}

const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`
const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'

const makeKeys = async ({ services }: Program, callers: number): Promise<string[]> => {
  const { id } = await services.shops.byTmId(SHOP)
  const keys: string[] = []
  for (let i = 0; i < callers; i += 1) {
    const { key, keyHash, hint } = makeMachineKey()
    const wish = { name: `caller ${i}`, keyHash, hint, role: 'employee', shops: [id] } as const
    await services.warehouse.access.createKey(wish)
    keys.push(key)
  }
  return keys
}

const callersDo = async (orders: object): Promise<z.output<typeof Measured>> => {
  const script = fileURLToPath(new URL('api-callers.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(orders))
  return Measured.parse(JSON.parse(await text(child.stdout)))
}

const BUCKET =
  /^warehouse_http_request_duration_seconds_bucket\{le="([^"]+)",route="POST \/api\/sync\/repair-orders\/[^"]*",status="([^"]+)"\} (\d+)$/gm

/** What the API says of its answers to the callers: how many took at most so many seconds. */
const answersOf = async (url: string): Promise<{ upTo: number; count: number }[]> => {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const counts = new Map<number, number>()
  for (const [, le, , count] of metrics.matchAll(BUCKET)) {
    const upTo = le === '+Inf' ? Infinity : Number(le)
    counts.set(upTo, (counts.get(upTo) ?? 0) + Number(count))
  }
  return [...counts].map(([upTo, count]) => ({ upTo, count }))
}

/** Waits until nothing is pending. @returns how long that took, in seconds */
const drained = async ({ services }: Program): Promise<number> => {
  const startedAt = performance.now()
  for (;;) {
    const { pendingItems } = await services.warehouse.operations.backlog({})
    if (pendingItems === 0) return (performance.now() - startedAt) / 1000
    await sleep(500)
  }
}

/** How often each RO was really read, and whether every accepted request came to an end. */
const reportSyncs = async (
  { services, queueJobs }: Program,
  runs: readonly (readonly [string, number])[],
) => {
  const completed = await queueJobs.queue('repair-orders').getJobs(['completed'])
  const times = new Map<number, number>()
  for (const job of completed) {
    const { ro } = job.data as { ro: number }
    times.set(ro, (times.get(ro) ?? 0) + 1)
  }
  const byTimes: Record<string, number> = {}
  for (const count of times.values()) byTimes[`${count} ×`] = (byTimes[`${count} ×`] ?? 0) + 1
  row('how often each RO was synced', counted(byTimes))
  let lost = 0
  for (const [runId] of runs) {
    const run = await services.warehouse.runs.finish({ runId })
    if (run.status !== 'finished' || run.pending > 0 || run.fetched !== 1 || run.failed > 0) lost += 1
  }
  row('runs the answers named, not ended well', `${runs.length}, ${lost}`)
}
