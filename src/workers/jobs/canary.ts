// Proof that queues and workers do work, not only that they answer: every minute one queue job goes through every queue
// and each writes to the warehouse that it got there. /readyz and the alerts believe nothing else. Repeating it is harmless.
import { z } from 'zod'
import { defineQueueJob } from '../../core/queue-job.ts'
import { QUEUE_NAMES, type QueueName } from '../../core/queues.ts'

/** The scheduled one waits here; it sends one into each other queue. */
const FIRST: QueueName = 'maintenance'
/** Queues whose queue jobs have lanes: a canary there must have one too, or it would pass everything else. */
const WITH_LANES: ReadonlySet<QueueName> = new Set(['repair-orders'])

const once = {
  payload: z.object({}),
  // Not retried: the next one is a minute away, and a failed one is news by not passing.
  retry: { attempts: 1, backoffMs: 1_000 },
  timeoutMs: 20_000,
} as const

const probeOf = (queue: QueueName) =>
  defineQueueJob({
    name: `canary-${queue}`,
    queue,
    about: `Comes through the queue ${queue} and notes it in the warehouse.`,
    ...once,
    ...(WITH_LANES.has(queue) ? { lane: () => 'interactive' as const } : { first: true }),
    dedup: { mode: 'skip', id: () => 'all' },
    fansOutTo: [],
    run: async (_payload, { services }) => {
      await services.warehouse.operations.recordCanary({ queue })
      return {}
    },
  })

export const canaryProbes = QUEUE_NAMES.filter((queue) => queue !== FIRST).map(probeOf)

export const canary = defineQueueJob({
  name: 'canary',
  queue: FIRST,
  about: 'Comes through its queue, notes it in the warehouse, and sends a canary through every other queue.',
  ...once,
  first: true,
  dedup: { mode: 'skip', id: () => 'all' },
  fansOutTo: canaryProbes,
  run: async (_payload, { services, enqueue }) => {
    for (const probe of canaryProbes) await enqueue(probe, [{}])
    await services.warehouse.operations.recordCanary({ queue: FIRST })
    return { queues: canaryProbes.length + 1 }
  },
})
