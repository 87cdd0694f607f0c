// The schedules: seen, paused, resumed.
import { z } from 'zod'
import type { Identity } from '../../../../core/auth/auth.ts'
import { UsageError } from '../../../../core/errors.ts'
import type { ScheduleState } from '../../../schedules.ts'
import { HttpProblem } from '../../problem.ts'
import { defineRoute } from '../route.ts'

const State = z.object({
  id: z.string(),
  queue_job: z.string().nullable().describe('null: the schedule is gone, only its pause is left.'),
  queue: z.string().nullable(),
  shop_tm_id: z.int().nullable().describe('null: for all shops.'),
  when: z.string().nullable(),
  next_at: z.string().nullable().describe('null: paused, or no scheduler has run yet.'),
  paused_at: z.string().nullable(),
  paused_by: z.string().nullable().describe('user:<id>, key:<id> or cli.'),
})

const stateOf = ({
  id,
  queueJob,
  queue,
  shop,
  when,
  nextAt,
  pause,
}: ScheduleState): z.input<typeof State> => ({
  id,
  queue_job: queueJob,
  queue,
  shop_tm_id: shop,
  when,
  next_at: nextAt,
  paused_at: pause?.at ?? null,
  paused_by: pause?.by ?? null,
})

const list = defineRoute({
  method: 'GET',
  path: '/api/schedules',
  tag: 'operations',
  summary: 'What starts by itself, when, and what is paused',
  scope: 'installation',
  role: 'manager',
  answers: { 200: { about: 'All of them.', body: z.object({ schedules: z.array(State) }) } },
  handle: async (_input, { parts }) => ({
    status: 200,
    body: { schedules: (await parts.schedules.list()).map(stateOf) },
  }),
})

const Id = z.object({
  id: z
    .string()
    .regex(/^[a-z0-9.-]{1,100}$/, 'must be the id of a schedule')
    .describe('As the list names it.')
    .meta({ example: 'discover-board.4321' }),
})
const Changed = z.object({
  id: z.string(),
  changed: z.boolean().describe('false: it was so before.'),
})

const noSuchSchedule = (error: unknown): never => {
  if (error instanceof UsageError)
    throw new HttpProblem({
      status: 404,
      code: 'NO_SUCH_SCHEDULE',
      detail: 'There is no schedule with this id; GET /api/schedules lists them.',
    })
  throw error
}

const byWhom = ({ kind, userId }: Identity): string => `${kind}:${userId}`

const pause = defineRoute({
  method: 'POST',
  path: '/api/schedules/{id}/pause',
  tag: 'operations',
  summary: 'Pause a schedule',
  about:
    'It starts nothing more until it is resumed, whatever restarts meanwhile. What it has started goes on; what people ask for is not affected.',
  scope: 'installation',
  role: 'manager',
  params: Id,
  answers: { 200: { about: 'It is paused.', body: Changed } },
  handle: async ({ params: { id } }, { parts, identity }) => {
    const { changed } = await parts.schedules.pause(id, byWhom(identity)).catch(noSuchSchedule)
    return { status: 200, body: { id, changed } }
  },
})

const resume = defineRoute({
  method: 'POST',
  path: '/api/schedules/{id}/resume',
  tag: 'operations',
  summary: 'Resume a schedule',
  scope: 'installation',
  role: 'manager',
  params: Id,
  answers: { 200: { about: 'It runs again.', body: Changed } },
  handle: async ({ params: { id } }, { parts }) => {
    const { changed } = await parts.schedules.resume(id).catch(noSuchSchedule)
    return { status: 200, body: { id, changed } }
  },
})

export const scheduleRoutes = [...list, ...pause, ...resume]
