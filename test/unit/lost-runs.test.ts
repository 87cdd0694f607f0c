// Which runs are lost: those that no queue job works for, in any of the queues where one could.
import { expect, test } from 'vitest'
import type { QueueJobContext } from '../../src/core/queue-job.ts'
import { failLostRuns } from '../../src/workers/run.ts'
import { collectLog } from '../support/pipeline-log.ts'

type Ctx = Parameters<typeof failLostRuns>[0]

const world = (queues: Readonly<Record<string, readonly { id: string; payload: unknown }[]>>) => {
  const { log, lines } = collectLog()
  const ended: string[] = []
  const listing = [
    { runId: 'scheduled', requestKey: 'queue-job.7' },
    { runId: 'asked-for', requestKey: null },
    { runId: 'reconcile', requestKey: 'queue-job.9' },
  ]
  const runs = {
    listing: async () => listing,
    failLost: async ({ runIds }: { runIds: readonly string[] }) => {
      ended.push(...runIds)
      return { failed: runIds.length }
    },
  }
  const services = { warehouse: { runs } } as unknown as QueueJobContext['services']
  const ctx: Ctx = { services, log, unfinished: async (queue) => queues[queue] ?? [] }
  return { ctx, ended, lines }
}

test('a run whose queue job waits or runs is left alone, however it is known', async () => {
  const { ctx, ended, lines } = world({
    discovery: [
      { id: '7', payload: { shop: 1 } },
      { id: '8', payload: { shop: 1, run: 'asked-for' } },
    ],
    maintenance: [{ id: '9', payload: { shop: 1 } }],
  })
  expect(await failLostRuns(ctx)).toBe(0)
  expect([ended, lines]).toEqual([[], []])
})

test('with the queues gone all are ended, and the log says which', async () => {
  const { ctx, ended, lines } = world({})
  expect(await failLostRuns(ctx)).toBe(3)
  expect(ended).toEqual(['scheduled', 'asked-for', 'reconcile'])
  expect(lines[0]).toMatchObject({ level: 'warn', event: 'runs.lost', runs: ended })
})
