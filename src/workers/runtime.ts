// Runs queue jobs: one BullMQ worker per queue; each queue job is parsed, given its context and time limit, run and settled.
import { DelayedError, type Job, type Worker } from 'bullmq'
import { parsePayload, type QueueJobs } from '../core/enqueue.ts'
import { failureClassOf, NotYet, UpstreamDown, UpstreamForbidden } from '../core/errors.ts'
import { joinSignals } from '../core/joined-signal.ts'
import type { Logger } from '../core/logger.ts'
import type { QueueJobReport } from '../core/metrics.ts'
import type { AnyQueueJob, QueueJobContext, QueueJobSummary } from '../core/queue-job.ts'
import { KEEP_COMPLETED, KEEP_FAILED, QUEUE_NAMES, QUEUES, type QueueName } from '../core/queues.ts'
import type { QueueStore } from '../core/queue-store.ts'
import { reportStoreErrors } from '../core/queue-store-errors.ts'
import type { Services } from '../core/services.ts'
import { findQueueJob } from './catalog.ts'
import { describe } from './describe.ts'
import { settle, settlementOf } from './settle.ts'
import { createShopGate, type ShopGate } from './shop-gate.ts'

/** Shorter than BullMQ's 30 s: a killed worker's queue jobs run again within a minute (stack.md 2.3: up to 3 intervals). */
const STALL_MS = 12_000
/** A killed process is no fault of the queue job it ran; ten in a row look like one. */
const MAX_STALLED = 10
/** G9: active work is finished within this time or handed back; with the HTTP role before it, all is over within 25 s. */
const GRACE_MS = 16_000
const REPEATED_SOON_MS = 3_600_000

export interface FinishedQueueJob extends QueueJobReport {
  readonly queue: QueueName
  readonly outcome: 'done' | 'retry' | 'later' | 'handed-back' | 'failed'
  readonly summary: QueueJobSummary
}

export interface WorkersOptions {
  readonly store: QueueStore
  readonly queueJobs: QueueJobs
  readonly services: Services
  readonly log: Logger
  /** Which queues this process works on; default all. */
  readonly queues?: readonly QueueName[]
  /** How soon a vanished worker's queue jobs run again; default 12 s. */
  readonly stallMs?: number
  /** How often the workers of one queue job may vanish before it fails; default 10. */
  readonly maxStalls?: number
  /** Where names lead; default the catalog. */
  readonly find?: (name: string) => AnyQueueJob
  readonly onFinished?: (job: FinishedQueueJob) => void
}

export interface Workers {
  /** Stops taking queue jobs, waits for the active ones, then hands the rest back. */
  close(): Promise<void>
}

/** Starts the workers. They run until `close`. */
export const startWorkers = (options: WorkersOptions): Workers => {
  const gate = createShopGate(options.services, options.log)
  const state = { shuttingDown: false }
  const workers = (options.queues ?? QUEUE_NAMES).map((name) => startWorker(name, options, gate, state))
  return { close: () => closeAll(workers, state, options.log) }
}

interface RuntimeState {
  shuttingDown: boolean
}

const startWorker = (
  name: QueueName,
  options: WorkersOptions,
  gate: ShopGate,
  state: RuntimeState,
): Worker => {
  const stall = options.stallMs ?? STALL_MS
  const begun = new WeakSet<Job>()
  const process = (job: Job, token?: string, signal?: AbortSignal) => {
    begun.add(job)
    return runQueueJob(
      {
        queue: name,
        job,
        token: token ?? '',
        signal: signal ?? new AbortController().signal,
        startedAt: performance.now(),
      },
      options,
      gate,
      state,
    )
  }
  const worker = options.store.worker(name, process, {
    concurrency: QUEUES[name].concurrency,
    lockDuration: stall,
    stalledInterval: stall,
    maxStalledCount: options.maxStalls ?? MAX_STALLED,
    removeOnComplete: KEEP_COMPLETED,
    removeOnFail: KEEP_FAILED,
  })
  worker.on('error', reportStoreErrors(options.log.child({ queue: name })))
  worker.on('stalled', (id) =>
    options.log.warn(
      { event: 'job.stalled', queue: name, queueJobId: id },
      'a worker vanished; its queue job runs again',
    ),
  )
  worker.on('failed', (job, error) => {
    if (job !== undefined && !begun.has(job)) endedByTheQueue({ job, queue: name, error }, options)
  })
  return worker
}

/** A queue job that BullMQ fails without running it: workers vanished under it too often. Told like every other failure. */
const endedByTheQueue = (
  { job, queue, error }: { readonly job: Job; readonly queue: QueueName; readonly error: Error },
  { log, onFinished }: WorkersOptions,
): void => {
  const [failureClass, ms, shop] = ['bug' as const, 0, shopOf(job.data) || null]
  onFinished?.({ name: job.name, queue, outcome: 'failed', failureClass, ms, shop, summary: {} })
  const line = log.child({ job: job.name, queueJobId: job.id, ...idsOf(job.data) })
  logFinished(line, { outcome: 'failed', error, ms, attempt: job.attemptsMade + 1, summary: {} })
}

interface Running {
  readonly queue: QueueName
  readonly job: Job
  readonly token: string
  readonly signal: AbortSignal
  /** By performance.now(). */
  readonly startedAt: number
}

const runQueueJob = async (
  running: Running,
  options: WorkersOptions,
  gate: ShopGate,
  state: RuntimeState,
): Promise<QueueJobSummary> => {
  const { job, token, queue, startedAt } = running
  let definition: AnyQueueJob | null = null
  const log = options.log.child({ job: job.name, queueJobId: job.id, ...idsOf(job.data) })
  const finished = (outcome: FinishedQueueJob['outcome'], error: unknown, summary: QueueJobSummary) => {
    const ms = Math.round(performance.now() - startedAt)
    const failureClass = error === null ? null : failureClassOf(error)
    const shop = shopOf(job.data) || null
    options.onFinished?.({ name: job.name, queue, outcome, failureClass, ms, shop, summary })
    logFinished(log, { outcome, error, ms, attempt: job.attemptsMade + 1, summary })
  }
  try {
    const known = (options.find ?? findQueueJob)(job.name)
    definition = known
    if ((await pausedShop(running, known, gate)) === 'skip') {
      // It had begun when TM refused the token: the run it opened ends with it, and says why.
      if (job.attemptsStarted > 1) await reportFailure(running, known, options, log, pausedMeanwhile())
      finished('done', null, PAUSED)
      return PAUSED
    }
    const payload = parsePayload(known, job.data)
    const part = known.part?.(payload) ?? null
    const summary =
      part !== null && (await gate.isOff(shopOf(payload), part))
        ? { switchedOff: part }
        : await withContext(running, known, options, log, (ctx) => known.run(payload, ctx))
    finished('done', null, summary)
    return summary
  } catch (thrown) {
    if (thrown instanceof DelayedError) throw thrown
    const error = definition === null ? thrown : timedOut(running, definition, thrown, state)
    const input = { job, token, error, attempts: job.opts.attempts ?? 1, shuttingDown: state.shuttingDown }
    const settlement = settlementOf(input)
    if (failureClassOf(error) === 'credential') await gate.refused(shopOf(job.data), describe(error))
    if (settlement === 'failed' && definition !== null)
      await reportFailure(running, definition, options, log, error)
    finished(settlement, error, {})
    return settle(input, settlement)
  }
}

const PAUSED: QueueJobSummary = { skipped: 'the shop is paused' }
const pausedMeanwhile = () => new UpstreamForbidden('TM refused the token of the shop, which is paused')

/**
 * A queue job of a paused shop goes back to wait before anything is read. One that its schedule repeats within the hour
 * ends instead: a weekend of them would wait side by side and then all list the same at once.
 * @throws DelayedError
 */
const pausedShop = async (
  { job, token }: Running,
  definition: AnyQueueJob,
  gate: ShopGate,
): Promise<'skip' | 'run'> => {
  if (!definition.callsTekmetric) return 'run'
  const wait = await gate.waitMs(shopOf(job.data))
  if (wait === 0) return 'run'
  // What a job scheduler makes carries its schedule; BullMQ's public type does not say so.
  const { repeat } = job.opts as { readonly repeat?: { readonly every?: number } }
  if ((repeat?.every ?? Infinity) <= REPEATED_SOON_MS) return 'skip'
  await job.moveToDelayed(Date.now() + wait, token)
  throw new DelayedError()
}

/** Runs `work` in the context of a queue job, whose signal fires at its time limit or when it must stop. */
const withContext = async <T>(
  { job, signal: stop, startedAt }: Running,
  definition: AnyQueueJob,
  { services, queueJobs }: WorkersOptions,
  log: Logger,
  work: (ctx: QueueJobContext) => Promise<T>,
): Promise<T> => {
  const { signal, release } = joinSignals([stop], { timeoutMs: definition.timeoutMs })
  try {
    return await work({
      services,
      log,
      signal,
      queueJobId: job.id ?? '',
      attempt: job.attemptsMade + 1,
      ageMs: () => performance.now() - startedAt,
      enqueue: (target, payloads, mode) => queueJobs.addMany(target, payloads, mode),
      unfinished: (queue) => queueJobs.unfinished(queue),
    })
  } finally {
    release()
  }
}

/** An abort by our own time limit is an upstream that hangs, not a bug. */
const timedOut = (
  { signal }: Running,
  definition: AnyQueueJob,
  thrown: unknown,
  state: RuntimeState,
): unknown => {
  const aborted = thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError')
  if (!aborted || signal.aborted || state.shuttingDown) return thrown
  return new UpstreamDown(`${definition.name} did not end within ${definition.timeoutMs} ms`, {
    cause: thrown,
  })
}

/** The definition's own bookkeeping for a final failure; its failure must not hide the first one. */
const reportFailure = async (
  running: Running,
  definition: AnyQueueJob,
  options: WorkersOptions,
  log: Logger,
  error: unknown,
): Promise<void> => {
  if (definition.onFailed === undefined) return
  try {
    const payload = parsePayload(definition, running.job.data)
    const { onFailed } = definition
    await withContext(running, definition, options, log, (ctx) => onFailed(payload, ctx, error))
  } catch (err) {
    log.error({ event: 'job.report-failed', err }, 'a failure could not be recorded; the sweeper will see it')
  }
}

const closeAll = async (workers: readonly Worker[], state: RuntimeState, log: Logger): Promise<void> => {
  const closing = Promise.all(workers.map((worker) => worker.close()))
  const grace = setTimeout(() => {
    state.shuttingDown = true
    log.warn({ event: 'shutdown.cancel' }, 'active queue jobs are handed back')
    for (const worker of workers) worker.cancelAllJobs('shutdown')
  }, GRACE_MS)
  try {
    await closing
  } finally {
    clearTimeout(grace)
  }
}

const shopOf = (data: unknown): number => {
  const shop = (data as { shop?: unknown } | null)?.shop
  return typeof shop === 'number' ? shop : 0
}

/** Ids that every log line of a queue job carries, when its payload has them. */
const idsOf = (data: unknown): Record<string, unknown> => {
  const { shop, ro, run, date } = (data ?? {}) as Record<string, unknown>
  return { shop, ro, run, date }
}

interface FinishedLine {
  readonly outcome: FinishedQueueJob['outcome']
  readonly error: unknown
  readonly ms: number
  readonly attempt: number
  readonly summary: QueueJobSummary
}

const logFinished = (log: Logger, { outcome, error, ms, attempt, summary }: FinishedLine): void => {
  const fields = { event: `job.${outcome}`, ms, attempt, ...summary }
  if (error === null) return log.info(fields, 'done')
  if (error instanceof NotYet) return log.debug(fields, 'goes on later')
  const withCause = { ...fields, failureClass: failureClassOf(error), reason: describe(error) }
  if (outcome === 'failed') return log.error({ ...withCause, err: error }, 'failed for good')
  return log.warn(withCause, outcome)
}
