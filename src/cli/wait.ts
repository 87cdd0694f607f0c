// Waits for what was asked for: the run first, then the snapshots and days that follow from it.
import { AppError } from '../core/errors.ts'
import type { RunProgress } from '../core/warehouse/runs.ts'
import {
  fanOutLeft,
  followBacklog,
  followRun,
  isEnded,
  pausedSince,
  type Backlog,
} from '../producers/waiting.ts'
import type { Program } from '../program.ts'
import { createProgress, print, printJson } from './output.ts'

/** Snapshots and days follow within seconds; a sweep would catch lost ones within two minutes (G6). */
const FANOUT_LIMIT_MS = 180_000

export interface WaitOptions {
  readonly label: string
  readonly quiet: boolean
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal
}

/**
 * Waits until a run has ended, showing a progress bar on a terminal.
 * @throws AppError of class credential when the shop is paused: waiting on would be waiting for a person
 */
export const waitForRun = async (
  { services, budgetUsage }: Program,
  runId: string,
  { label, quiet, signal }: WaitOptions,
): Promise<RunProgress> => {
  const progress = createProgress(label, quiet)
  const onProgress = async (run: RunProgress) => {
    progress.update(run.fetched - run.pending, run.fetched, await budgetNote(budgetUsage(run.shopTmId)))
    if (!isEnded(run)) await refusePaused(services, run.shopTmId)
  }
  try {
    return await followRun(services, runId, { onProgress, signal })
  } finally {
    progress.end()
  }
}

/** The worker may have a token that this command has not: then there is nothing to say, and nothing to fail for. */
const budgetNote = (usage: ReturnType<Program['budgetUsage']>): Promise<string> =>
  usage.then(
    ({ usedLastMinute, currentPerMinute }) => `budget used ${usedLastMinute} of ${currentPerMinute} a minute`,
    () => '',
  )

/** @throws AppError of class credential when the shop is paused */
export const refusePaused = async (services: Program['services'], shopTmId: number): Promise<void> => {
  if ((await pausedSince(services, shopTmId)) !== null)
    throw new AppError(
      'credential',
      'SHOP_PAUSED',
      `shop ${shopTmId} is paused because TM refuses its token; what was asked for waits and continues once a token works`,
    )
}

interface BacklogWait {
  readonly shopId: string | null
  readonly left: (backlog: Backlog) => number
  readonly what: (backlog: Backlog) => string
  readonly signal: AbortSignal | undefined
}

/** @throws AppError when it takes longer than anybody who works would need */
const waitForBacklog = (
  { services }: Program,
  { shopId, left, what, signal }: BacklogWait,
): Promise<void> => {
  const deadline = Date.now() + FANOUT_LIMIT_MS
  const onProgress = (backlog: Backlog) => {
    if (left(backlog) > 0 && Date.now() > deadline)
      throw new AppError('transient', 'FANOUT_SLOW', `${what(backlog)}; is a worker running?`)
  }
  return followBacklog(services, { shopId, left }, { onProgress, signal })
}

/** Waits until no snapshot and no day of the shop is left to compute (all shops when null). */
export const waitForFanOut = (program: Program, shopId: string | null, signal?: AbortSignal): Promise<void> =>
  waitForBacklog(program, {
    shopId,
    signal,
    left: fanOutLeft,
    what: ({ staleRos, dirtyDays }) => `${staleRos} snapshots and ${dirtyDays} days are still waiting`,
  })

/** Waits until every customer and vehicle that ROs name was looked up: what is shown behind a metric is whole then too. */
export const waitForParties = (program: Program, signal: AbortSignal): Promise<void> =>
  waitForBacklog(program, {
    shopId: null,
    signal,
    left: ({ unknownParties }) => unknownParties,
    what: ({ unknownParties }) => `${unknownParties} customers and vehicles are still to be looked up`,
  })

const COUNTS = ['fetched', 'created', 'updated', 'unchanged', 'deleted', 'skipped', 'failed'] as const

/** Prints a run's counts and failures; marks the process as failed when anything in it failed. */
export const reportRun = (run: RunProgress, json: boolean): void => {
  if (run.failed > 0 || run.status === 'failed') process.exitCode = 1
  if (json) return printJson(run)
  print(COUNTS.map((name) => `${name} ${run[name]}`).join(', '))
  if (run.truncated) print('Attention: a listing was truncated; a sweep or a report window finds the rest.')
  if (run.deletionsHeld > 0)
    print(
      `Attention: ${run.deletionsHeld} deletions wait for you: warehouse deletions list --shop ${run.shopTmId}`,
    )
  if (run.status === 'failed') print(`The run failed: ${JSON.stringify(run.error)}`)
  for (const { ro, reason } of run.failures) print(`  RO ${ro}: ${reason}`)
  for (const { id, reason } of run.refused) print(`  ${run.kind} ${id}: ${reason}`)
}
