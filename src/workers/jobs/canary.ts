// Proof that queues and workers do work, not only that they answer: every minute one queue job goes through every queue
// and each writes to the warehouse that it got there. /readyz and the alerts believe nothing else. Repeating it is harmless.
import { z } from 'zod'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import { QUEUE_NAMES, type QueueName } from '../../core/queues.ts'
import { withinTime } from '../../core/time-limit.ts'

/** The scheduled one waits here; it sends one into each other queue. */
const FIRST: QueueName = 'maintenance'
/** Queues whose queue jobs have lanes: a canary there must have one too, or it would pass everything else. */
const WITH_LANES: ReadonlySet<QueueName> = new Set(['repair-orders'])

/** A note that takes longer is lost with the connection that it was sent on, as when a database went away. */
const NOTE_MS = 5_000

const note = async ({ services }: QueueJobContext, queue: QueueName): Promise<void> => {
  await withinTime(services.warehouse.operations.recordCanary({ queue }), NOTE_MS, 'record_canary')
}

const once = {
  payload: z.object({}),
  // Not retried: the next one is a minute away, and a failed one is news by not passing.
  retry: { attempts: 1, backoffMs: 1_000 },
  timeoutMs: 20_000,
} as const

/** One that hangs does not stand in for the one that is sent when an outage is over. */
const LATEST = { mode: 'keep-last', id: () => 'all' } as const

const probeOf = (queue: QueueName) =>
  defineQueueJob({
    name: `canary-${queue}`,
    queue,
    about: `Comes through the queue ${queue} and notes it in the warehouse.`,
    ...once,
    ...(WITH_LANES.has(queue) ? { lane: () => 'interactive' as const } : { first: true }),
    dedup: LATEST,
    fansOutTo: [],
    run: async (_payload, ctx) => {
      await note(ctx, queue)
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
  dedup: LATEST,
  fansOutTo: canaryProbes,
  run: async (_payload, ctx) => {
    for (const probe of canaryProbes) await ctx.enqueue(probe, [{}])
    await note(ctx, FIRST)
    return { queues: canaryProbes.length + 1 }
  },
})
