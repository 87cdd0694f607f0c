// The instruments of one process (prom-client), and who plays them: finished queue jobs, requests to TM, calls to the
// warehouse, answers of the API. Everything is counted under labels of a bounded set, so that no input can grow the output; ids, people,
// tokens and addresses are never labels. What is measured only when somebody asks is in metrics-samples.ts.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { FailureClass } from './errors.ts'

/** What the worker tells of a queue job that ended, whichever way. */
export interface QueueJobReport {
  readonly name: string
  readonly queue: string
  readonly outcome: string
  readonly failureClass: FailureClass | null
  readonly ms: number
  /** TM's number of its shop; null when it has none. */
  readonly shop: number | null
  readonly summary: Readonly<Record<string, number | string | boolean>>
}

export interface Metrics {
  readonly registry: Registry
  readonly onQueueJob: (report: QueueJobReport) => void
  readonly onTekmetricRequest: (request: { route: string; status: number | null; ms: number }) => void
  readonly onWarehouseCall: (call: { name: string; ms: number; ok: boolean }) => void
  readonly onAnswer: (answer: { route: string; status: number; ms: number }) => void
  /** The label of a shop: its TM number, or `other` beyond the first 200 shops. */
  readonly shopLabel: (shopTmId: number) => string
}

export interface MetricsOptions {
  readonly version: string
  /** null when the build does not say. */
  readonly commit: string | null
  /** What is counted from 0 on, so that Prometheus sees the first failure as growth; all others begin with their first 1. */
  readonly queueJobs: readonly { readonly name: string; readonly queue: string }[]
  readonly routes: readonly string[]
}

/** A queue job of the other classes goes back to wait, it never fails for good. */
const FATAL_CLASSES: readonly FailureClass[] = ['bug', 'data', 'gone', 'transient']

const MAX_SHOPS = 200
/** More names of queue jobs, calls and routes than a release will have; fewer than a defect could make up. */
const MAX_NAMES = 120
const MAX_OUTCOMES = 20

const FAST = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60]
const ANSWERS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 25]
const SLOW = [0.05, 0.25, 1, 5, 15, 60, 300, 1_800]
const FRESHNESS = [30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400]

/** The first so many different values stay themselves, all others become `other`. */
export const boundedLabel = (limit: number): ((value: string) => string) => {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= limit) return 'other'
    known.add(value)
    return value
  }
}

/** `200`, `404`; an unusual status is told by its class (`2xx`), a missing answer as `none`. */
export const statusLabel = (status: number | null): string => {
  if (status === null || status === 0) return 'none'
  if (USUAL_STATUS.has(status)) return String(status)
  const hundreds = Math.trunc(status / 100)
  return hundreds >= 1 && hundreds <= 5 ? `${hundreds}xx` : 'other'
}

const USUAL_STATUS: ReadonlySet<number> = new Set([
  200, 304, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504,
])

/** Makes the instruments of a process. Nothing is shared between two of them. */
export const createMetrics = (options: MetricsOptions): Metrics => {
  const { version, commit } = options
  const registry = new Registry()
  const registers = [registry]
  new Gauge({
    name: 'warehouse_build_info',
    help: 'Which release runs; always 1.',
    labelNames: ['version', 'commit'],
    registers,
  }).set({ version, commit: commit ?? 'unknown' }, 1)
  const shop = boundedLabel(MAX_SHOPS)
  return {
    registry,
    shopLabel: (shopTmId) => shop(String(shopTmId)),
    onQueueJob: queueJobInstruments(registers, shop, options),
    onTekmetricRequest: tekmetricInstruments(registers, options),
    onWarehouseCall: warehouseInstruments(registers),
    onAnswer: answerInstruments(registers),
  }
}

type Registers = Registry[]

const queueJobInstruments = (
  registers: Registers,
  shopOf: (value: string) => string,
  { queueJobs }: Pick<MetricsOptions, 'queueJobs'>,
): Metrics['onQueueJob'] => {
  const finished = new Counter({
    name: 'warehouse_queue_jobs_finished_total',
    help: 'Queue jobs that ended in this process, by outcome (done, retry, later, handed-back, failed) and failure class.',
    labelNames: ['queue', 'job', 'outcome', 'class'],
    registers,
  })
  const duration = new Histogram({
    name: 'warehouse_queue_job_duration_seconds',
    help: 'How long queue jobs ran in this process.',
    labelNames: ['job', 'outcome'],
    buckets: SLOW,
    registers,
  })
  const synced = new Counter({
    name: 'warehouse_repair_orders_synced_total',
    help: 'ROs read and settled in this process, by what that changed.',
    labelNames: ['outcome'],
    registers,
  })
  const freshness = new Histogram({
    name: 'warehouse_freshness_seconds',
    help: "Age of TM's change when it was committed here, by shop; live syncs only (lanes interactive and incremental).",
    labelNames: ['shop'],
    buckets: FRESHNESS,
    registers,
  })
  const name = boundedLabel(MAX_NAMES)
  const what = boundedLabel(MAX_OUTCOMES)
  for (const job of queueJobs)
    for (const failureClass of FATAL_CLASSES)
      finished.inc({ queue: name(job.queue), job: name(job.name), outcome: 'failed', class: failureClass }, 0)
  return ({ name: job, queue, outcome, failureClass, ms, shop, summary }) => {
    finished.inc({ queue: name(queue), job: name(job), outcome, class: failureClass ?? 'none' })
    duration.observe({ job: name(job), outcome }, ms / 1000)
    if (job !== 'sync-repair-order' || outcome !== 'done') return
    const { outcome: settled, behindSeconds } = summary
    if (typeof settled === 'string') synced.inc({ outcome: what(settled) })
    if (typeof behindSeconds === 'number' && shop !== null)
      freshness.observe({ shop: shopOf(String(shop)) }, behindSeconds)
  }
}

const tekmetricInstruments = (
  registers: Registers,
  { routes }: Pick<MetricsOptions, 'routes'>,
): Metrics['onTekmetricRequest'] => {
  const requests = new Counter({
    name: 'warehouse_tm_requests_total',
    help: 'Requests to TM from this process, by route and status; status none: no answer.',
    labelNames: ['route', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'warehouse_tm_request_duration_seconds',
    help: 'How long TM took to answer.',
    labelNames: ['route'],
    buckets: FAST,
    registers,
  })
  const name = boundedLabel(MAX_NAMES)
  for (const route of routes) requests.inc({ route: name(route), status: statusLabel(429) }, 0)
  return ({ route, status, ms }) => {
    requests.inc({ route: name(route), status: statusLabel(status) })
    duration.observe({ route: name(route) }, ms / 1000)
  }
}

const warehouseInstruments = (registers: Registers): Metrics['onWarehouseCall'] => {
  const calls = new Counter({
    name: 'warehouse_calls_total',
    help: 'Calls to the warehouse from this process.',
    labelNames: ['call', 'ok'],
    registers,
  })
  const duration = new Histogram({
    name: 'warehouse_call_duration_seconds',
    help: 'How long calls to the warehouse took, round trip.',
    labelNames: ['call'],
    buckets: FAST,
    registers,
  })
  const name = boundedLabel(MAX_NAMES)
  return ({ name: call, ms, ok }) => {
    calls.inc({ call: name(call), ok: String(ok) })
    duration.observe({ call: name(call) }, ms / 1000)
  }
}

const answerInstruments = (registers: Registers): Metrics['onAnswer'] => {
  const duration = new Histogram({
    name: 'warehouse_http_request_duration_seconds',
    help: 'How long the API of this process took to answer, by route and status; no streams, no answers asked to wait.',
    labelNames: ['route', 'status'],
    buckets: ANSWERS,
    registers,
  })
  const name = boundedLabel(MAX_NAMES)
  return ({ route, status, ms }) =>
    duration.observe({ route: name(route), status: statusLabel(status) }, ms / 1000)
}
