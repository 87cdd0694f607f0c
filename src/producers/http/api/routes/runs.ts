// Runs: listed, looked at RO by RO, and followed live; and the backfills that open many of them.
import { z } from 'zod'
import { followRun } from '../../../waiting.ts'
import { censoredRow } from '../../censor.ts'
import { afterField, Moment, nextOf, RoTmId, ShopRef, whole } from '../fields.ts'
import { Backfill, backfillOf, Run, runOf } from '../present.ts'
import { defineRoute, defineStream } from '../route.ts'

const KINDS = ['repair-orders', 'employees', 'customers', 'vehicles', 'reconcile'] as const
const STATUSES = ['listing', 'syncing', 'finished', 'failed'] as const
const OUTCOMES = [
  'pending',
  'created',
  'updated',
  'unchanged',
  'stale',
  'deleted',
  'skipped',
  'failed',
] as const

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`)

const RunId = z.object({ id: z.uuid('must be the id of a run (a UUID)') })

/** The last run of a page. */
const Place = z.object({ startedAt: Moment, runId: z.uuid() })

const list = defineRoute({
  method: 'GET',
  path: '/api/runs',
  tag: 'runs',
  summary: 'The runs of your shops, newest first',
  scope: 'shops',
  role: 'employee',
  query: z.object({
    shop_id: ShopRef.optional(),
    kind: oneOf(KINDS).optional(),
    status: oneOf(STATUSES).optional(),
    after: afterField(Place).optional(),
    limit: whole({ min: 1, max: 100 }).default(20),
  }),
  answers: {
    200: {
      about: 'A page; `next` is null on the last.',
      body: z.object({ runs: z.array(Run), next: z.string().nullable() }),
    },
  },
  handle: async ({ query }, { parts, shopIds }) => {
    const { kind, status, limit, after } = query
    const runs = await parts.services.warehouse.runs.list({ shopIds, kind, status, before: after, limit })
    const last = runs.length === limit ? runs.at(-1) : undefined
    const next = last === undefined ? null : nextOf({ startedAt: last.startedAt, runId: last.runId })
    return { status: 200, body: { runs: runs.map(runOf), next } }
  },
})

const Item = z.object({
  ro: z.int(),
  outcome: z.enum(OUTCOMES),
  requested_at: z.string(),
  settled_at: z.string().nullable(),
  reason: z.string().nullable(),
})

const one = defineRoute({
  method: 'GET',
  path: '/api/runs/{id}',
  tag: 'runs',
  summary: 'One run with the outcome of each repair order',
  scope: 'run',
  role: 'employee',
  params: RunId,
  query: z.object({
    outcome: oneOf(OUTCOMES).optional(),
    after: RoTmId.optional().describe('`next` of the page before.'),
    limit: whole({ min: 1, max: 1_000 }).default(200),
  }),
  answers: {
    200: {
      about: 'The run and a page of its repair orders; `next` is null on the last.',
      body: z.object({ run: Run, items: z.array(Item), next: z.int().nullable() }),
    },
  },
  handle: async ({ query: { outcome, after, limit } }, { parts, run }) => {
    const { runId } = run
    const items = await parts.services.warehouse.runs.items({ runId, outcome, after, limit })
    const next = items.length === limit ? (items.at(-1)?.ro ?? null) : null
    const rows = items.map(({ requestedAt, settledAt, ...item }) => ({
      ...censoredRow(item),
      requested_at: requestedAt,
      settled_at: settledAt,
    }))
    return { status: 200, body: { run: runOf(run), items: rows, next } }
  },
})

/** How often a followed run is looked at. */
const LOOK_MS = 500

const events = defineStream({
  method: 'GET',
  path: '/api/runs/{id}/events',
  tag: 'runs',
  summary: 'Follow a run (server-sent events)',
  about: 'An event `progress` whenever a count changes, `end` with the final counts, then the stream ends.',
  scope: 'run',
  role: 'employee',
  params: RunId,
  answers: { 200: { about: 'text/event-stream; the data of each event is a Run.', body: Run } },
  stream: async (_input, { parts, run, signal }, emit) => {
    let last = ''
    const onProgress = (state: Parameters<typeof runOf>[0]) => {
      const data = runOf(state)
      const text = JSON.stringify(data)
      if (text !== last) emit({ event: 'progress', data })
      last = text
    }
    const ended = await followRun(parts.services, run.runId, { signal, onProgress, pollMs: LOOK_MS })
    emit({ event: 'end', data: runOf(ended) })
  },
})

const backfill = defineRoute({
  method: 'GET',
  path: '/api/backfills/{id}',
  tag: 'runs',
  summary: 'One backfill as a whole',
  about: 'Each of its windows is a run that names it (`backfill_id`).',
  scope: 'backfill',
  role: 'employee',
  params: z.object({ id: z.uuid('must be the id of a backfill (a UUID)') }),
  answers: { 200: { about: 'How far it is.', body: z.object({ backfill: Backfill }) } },
  handle: async (_input, { backfill: state }) => ({ status: 200, body: { backfill: backfillOf(state) } }),
})

export const runRoutes = [...list, ...one, ...events, ...backfill]
