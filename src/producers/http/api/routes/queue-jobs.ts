// Finding the queue jobs of one repair order.
import { z } from 'zod'
import { findQueueJobs, type FoundQueueJob } from '../../../queue-job-search.ts'
import { BOARD_PATH } from '../../addresses.ts'
import { censorText } from '../../censor.ts'
import { RoTmId, ShopRef } from '../fields.ts'
import { badInput } from '../input.ts'
import { numbered } from '../numbered.ts'
import { defineRoute } from '../route.ts'

const Found = z.object({
  queue: z.string(),
  name: z.string(),
  id: z.string(),
  state: z.string().describe('active, waiting, prioritized (waiting in a lane), delayed, failed, completed.'),
  reason: z.string().nullable().describe('Who asked: listed, requested, webhook, sweep, …'),
  lane: z.string().nullable(),
  attempts: z.int(),
  added_at: z.string(),
  finished_at: z.string().nullable(),
  failure: z.object({ class: z.string(), reason: z.string() }).nullable(),
  link: z.string().describe('Its page in Bull Board.'),
})

const foundOf = (job: FoundQueueJob): z.input<typeof Found> => {
  const { addedAt, finishedAt, failure, ...rest } = job
  return {
    ...rest,
    added_at: addedAt,
    finished_at: finishedAt,
    failure: failure === null ? null : { class: failure.failureClass, reason: censorText(failure.reason) },
    link: `${BOARD_PATH}/queue/${encodeURIComponent(job.queue)}/${encodeURIComponent(job.id)}`,
  }
}

const search = defineRoute({
  method: 'GET',
  path: '/api/queue-jobs',
  tag: 'operations',
  summary: 'Queue jobs of one repair order, in every queue and state',
  about:
    'What runs first, then what waits, then what ended, newest first. Of each queue and state the newest 5,000 are looked at; `incomplete` names those that hold more. What waits is found however long the line is. A number that the warehouse does not know is looked up at Tekmetric, by ten searches a minute at most (429).',
  scope: 'shop',
  role: 'employee',
  query: z.object({
    shop_id: ShopRef,
    ro_number: RoTmId.optional().describe('The number people say.'),
    ro: RoTmId.optional().describe("Tekmetric's id, instead of the number."),
  }),
  answers: {
    200: {
      about: 'An empty list: nothing of it is kept any more.',
      body: z.object({
        ro: z.int().describe("Tekmetric's id."),
        queue_jobs: z.array(Found),
        incomplete: z.array(z.object({ queue: z.string(), state: z.string() })),
      }),
    },
  },
  handle: async ({ query }, { parts, shop }) => {
    const { ro_number: number, ro: given } = query
    if ((number === undefined) === (given === undefined))
      throw badInput([
        {
          path: 'ro_number',
          message: given === undefined ? 'is required, or ro instead of it' : 'cannot go with ro',
        },
      ])
    const ro = given ?? (await numbered(parts.services, shop, number ?? 0))
    const { queueJobs, incomplete } = await findQueueJobs(parts.queueJobs, { shop: shop.tmId, ro })
    return { status: 200, body: { ro, queue_jobs: queueJobs.map(foundOf), incomplete } }
  },
})

export const queueJobRoutes = search
