// G8: the servers go away in the middle of a backfill and come back; the processes recover by themselves within a minute,
// /readyz tells the truth meanwhile, and in the end the warehouse equals the source to the cent.
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Installation, startInstallation } from '../support/killable-installation.ts'
import type { ProgramProcess } from '../support/program-process.ts'

const LONG = 400_000
/** Long enough after the outage began for something to be under way, early enough for most to be still to do. */
const UNDER_WAY = 25
const RECOVERED_MS = 60_000

let installation: Installation | undefined
afterEach(async () => {
  await installation?.close()
  installation = undefined
})

const readyz = async ({ url }: ProgramProcess) => {
  const answer = await fetch(`${url}/readyz`)
  return { status: answer.status, ...((await answer.json()) as { checks: Record<string, boolean> }) }
}

const ready = (child: ProgramProcess) =>
  eventually('ready', RECOVERED_MS, async () => (await readyz(child)).status === 200)
const notReady = (child: ProgramProcess) =>
  eventually('not ready', 15_000, async () => (await readyz(child)).status === 503)

/** A running installation with a backfill that is well under way. */
const inTheMiddle = async (queues: 'redis' | 'postgres') => {
  installation = await startInstallation({ queues, repairOrders: 110, requestsPerMinute: 450 })
  const worker = await installation.start(['scheduler', 'worker'])
  const api = await installation.start(['api'])
  await ready(worker)
  const backfillId = await installation.backfill()
  const here = installation
  const underWay = async () => (await here.progress(backfillId)).ros.created >= UNDER_WAY
  await eventually('the backfill is under way', 90_000, underWay)
  return { installation: here, worker, api, backfillId }
}

/** For a person who looks at the run: how long it took, and what the log said meanwhile. */
const say = (what: string, took: Record<string, readonly number[]>, { lines }: ProgramProcess): void => {
  const events: Record<string, number> = {}
  for (const { level, event = '' } of lines) if (level !== 'info') events[event] = (events[event] ?? 0) + 1
  const defects = lines.filter(({ event, level }) => event === 'queue-store.defect' || level === 'fatal')
  for (const line of defects) process.stderr.write(`${JSON.stringify(line).slice(0, 600)}\n`)
  process.stderr.write(`${what}: ${JSON.stringify(took)} ms, log ${JSON.stringify(events)}\n`)
}

/** @param hurried asks for the sweeps; the outage of Redis shows that they come by themselves */
const expectWhole = async (world: Installation, backfillId: string, hurried: boolean): Promise<void> => {
  const state = await world.finished(backfillId, 240_000, hurried)
  expect(state.ros).toMatchObject({ failed: 0, pending: 0 })
  expect(state.ros.created).toBeGreaterThan(UNDER_WAY)
  expect(await world.differences()).toBe('')
}

test('Redis is gone for 30 s and comes back empty: nothing is lost', { timeout: LONG }, async () => {
  const { installation: world, worker, api, backfillId } = await inTheMiddle('redis')
  const bringBack = await world.killRedis()
  const goneAt = performance.now()
  const noticed = await Promise.all([notReady(worker), notReady(api)])
  expect((await readyz(api)).checks).toMatchObject({ queueStore: false, warehouse: true })
  while (performance.now() - goneAt < 30_000) {
    expect((await readyz(worker)).status).toBe(503)
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200)
    await pause(2_000)
  }
  const before = (await world.progress(backfillId)).ros.created
  await bringBack()
  const recovered = await Promise.all([ready(worker), ready(api)])
  const goesOn = async () => (await world.progress(backfillId)).ros.created > before
  await eventually('work goes on', RECOVERED_MS, goesOn)
  say('Redis', { noticed, recovered }, worker)
  await expectWhole(world, backfillId, false)
  expect([worker.ended(), api.ended()]).toEqual([null, null])
})

test.each(['redis', 'postgres'] as const)(
  'Postgres is killed and comes back 15 s later, with the queues on %s: nothing is lost',
  { timeout: LONG },
  async (queues) => {
    const { installation: world, worker, api, backfillId } = await inTheMiddle(queues)
    const bringBack = await world.killPostgres()
    const goneAt = performance.now()
    const noticed = await Promise.all([notReady(worker), notReady(api)])
    expect((await readyz(api)).checks).toEqual({ queueStore: queues === 'redis', warehouse: false })
    while (performance.now() - goneAt < 15_000) {
      expect((await readyz(worker)).status).toBe(503)
      await pause(1_000)
    }
    await bringBack()
    const recovered = await Promise.all([ready(worker), ready(api)])
    say(`Postgres, queues on ${queues}`, { noticed, recovered }, worker)
    await expectWhole(world, backfillId, true)
    expect([worker.ended(), api.ended()]).toEqual([null, null])
  },
)
