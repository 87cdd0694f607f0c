// G9: processes are told to stop in the middle of a backfill and are replaced. They end within 25 s with their active work
// done or handed back: no queue job fails, none stalls, and in the end the warehouse equals the source to the cent.
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { eventually } from '../support/eventually.ts'
import { type Installation, SHOP, startInstallation } from '../support/killable-installation.ts'
import type { ProgramProcess } from '../support/program-process.ts'
import { queueStores } from '../support/queue-store.ts'

const LONG = 400_000
const STOP_LIMIT_MS = 25_000

let installation: Installation | undefined
afterEach(async () => {
  await installation?.close()
  installation = undefined
})

const failedQueueJobs = async ({ parts }: Installation): Promise<number> => {
  const counts = await Promise.all(QUEUE_NAMES.map((name) => parts.queueJobs.queue(name).getFailedCount()))
  return counts.reduce((sum, count) => sum + count, 0)
}

const activeRepairOrders = ({ parts }: Installation) =>
  parts.queueJobs.queue('repair-orders').getActiveCount()

const stalled = (processes: readonly ProgramProcess[]) =>
  processes.flatMap(({ lines }) => lines.filter(({ event }) => event === 'job.stalled'))

const expectWhole = async (world: Installation, backfillId: string, processes: readonly ProgramProcess[]) => {
  const { ros } = await world.finished(backfillId, 180_000, true)
  expect(ros).toMatchObject({ failed: 0, pending: 0 })
  expect(await failedQueueJobs(world)).toBe(0)
  expect(stalled(processes)).toEqual([])
  expect(await world.differences()).toBe('')
}

describe.each(queueStores().map(({ kind }) => kind))('queues on %s', (queues) => {
  const begin = async () => {
    installation = await startInstallation({ queues, repairOrders: 140, requestsPerMinute: 450 })
    // Answers that take a while, so that work is always under way.
    installation.simulator.faults.add({ kind: 'slow', ms: 600, probability: 0.5, route: 'estimate' })
    return installation
  }
  const underWay = async (world: Installation, backfillId: string, created: number) => {
    const busy = async () =>
      (await world.progress(backfillId)).ros.created >= created && (await activeRepairOrders(world)) > 0
    await eventually('work is under way', 90_000, busy)
  }

  test(
    'SIGTERM under load: what ends in time is done, what hangs is handed back',
    { timeout: LONG },
    async () => {
      const world = await begin()
      const first = await world.start(['scheduler', 'worker'])
      const backfillId = await world.backfill()
      await underWay(world, backfillId, 15)
      // One read that TM never answers: it must not hold the process, nor fail.
      world.simulator.faults.add({ kind: 'hang', route: 'estimate', shop: SHOP, times: 1 })
      await pause(1_000)
      const { code, ms } = await first.stop()
      const after = await activeRepairOrders(world)
      process.stderr.write(`SIGTERM under load on ${queues}: ended with ${code} after ${Math.round(ms)} ms\n`)
      expect(code).toBe('0')
      expect(ms).toBeLessThan(STOP_LIMIT_MS)
      expect(after).toBe(0)
      expect(await failedQueueJobs(world)).toBe(0)
      const handedBack = first.lines.filter(({ event }) => event === 'job.handed-back')
      expect(handedBack.length).toBeGreaterThan(0)
      const second = await world.start(['scheduler', 'worker'])
      await expectWhole(world, backfillId, [first, second])
    },
  )

  test(
    'two workers and the API are replaced one after the other: nobody notices',
    { timeout: LONG },
    async () => {
      const world = await begin()
      const scheduler = await world.start(['scheduler'])
      const old = [await world.start(['worker']), await world.start(['worker'])]
      let api = await world.start(['api'])
      const callers = callWhileItLasts(() => api.apiUrl)
      const backfillId = await world.backfill()
      await underWay(world, backfillId, 10)

      const fresh: ProgramProcess[] = []
      const took: number[] = []
      for (const worker of old) {
        fresh.push(await world.start(['worker']))
        await underWay(world, backfillId, 10)
        const { code, ms } = await worker.stop()
        took.push(Math.round(ms))
        expect(code).toBe('0')
        expect(ms).toBeLessThan(STOP_LIMIT_MS)
      }
      const replaced = api
      api = await world.start(['api'])
      const { code, ms } = await replaced.stop()
      expect(code).toBe('0')
      took.push(Math.round(ms))
      await pause(1_000)
      const { answered, wrong } = await callers.stop()
      process.stderr.write(
        `rolling restart on ${queues}: ended after ${took.join(', ')} ms, ${answered} requests answered\n`,
      )
      expect(wrong).toEqual([])
      expect(answered).toBeGreaterThan(50)
      await expectWhole(world, backfillId, [scheduler, ...old, ...fresh, replaced, api])
    },
  )
})

const CALLERS = 4

/** Callers that ask for a page over and over, each on a connection of its own, as behind a load balancer. */
const callWhileItLasts = (url: () => string) => {
  let going = true
  let answered = 0
  const wrong: string[] = []
  const call = async (): Promise<void> => {
    while (going) {
      try {
        const answer = await request(`${url()}/login`, { reset: true })
        await answer.body.text()
        if (answer.statusCode === 200) answered += 1
        else wrong.push(`status ${answer.statusCode}`)
      } catch (error) {
        wrong.push(error instanceof Error ? error.message : String(error))
      }
      await pause(100)
    }
  }
  const all = Promise.all(Array.from({ length: CALLERS }, call))
  return {
    stop: async () => {
      going = false
      await all
      return { answered, wrong }
    },
  }
}
