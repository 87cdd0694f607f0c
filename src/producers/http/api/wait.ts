// `?wait=true`: holds an answer until what it asked for has ended, at most 55 s, and adds how it ended.
import type { ApiAnswer, WaitFor } from './route.ts'
import type { Services } from '../../../core/services.ts'
import { followBackfill, followFanOut, followRun, isEnded } from '../../waiting.ts'
import { backfillOf, runOf } from './present.ts'

/** Proxies and platforms cut a silent request after 60 s. */
export const MOST_WAIT_MS = 55_000

interface Waited {
  readonly finished: boolean
  readonly state: object
}

const waiting: {
  readonly [K in WaitFor['kind']]: (
    services: Services,
    what: Extract<WaitFor, { kind: K }>,
    signal: AbortSignal,
  ) => Promise<Waited>
} = {
  run: async (services, { runId, fanOutOf }, signal) => {
    let state: object = {}
    const onProgress = (run: Parameters<typeof runOf>[0]) => void (state = { run: runOf(run) })
    const finished = await untilEnd(signal, async () => {
      const run = await followRun(services, runId, { signal, onProgress })
      if (fanOutOf !== null && isEnded(run)) await followFanOut(services, fanOutOf, { signal })
    })
    return { finished, state }
  },
  backfill: async (services, { backfillId }, signal) => {
    let state: object = {}
    const onProgress = (seen: Parameters<typeof backfillOf>[0]) =>
      void (state = { backfill: backfillOf(seen) })
    const finished = await untilEnd(signal, () =>
      followBackfill(services, backfillId, { signal, onProgress }),
    )
    return { finished, state }
  },
  'fan-out': async (services, { shopId }, signal) => {
    let state: object = {}
    const onProgress = ({ staleRos, dirtyDays }: { staleRos: number; dirtyDays: number }) =>
      void (state = { left: { snapshots: staleRos, days: dirtyDays } })
    const finished = await untilEnd(signal, () => followFanOut(services, shopId, { signal, onProgress }))
    return { finished, state }
  },
}

/** @returns false when the signal ended it */
const untilEnd = async (signal: AbortSignal, work: () => Promise<unknown>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

/** The answer with `finished` and how far it is: 200 at the end, 202 when the time was over first. */
export const afterWaiting = async (
  services: Services,
  answer: ApiAnswer,
  gone: AbortSignal,
): Promise<ApiAnswer> => {
  const { waitFor: what } = answer
  if (what === undefined) return answer
  const signal = AbortSignal.any([gone, AbortSignal.timeout(MOST_WAIT_MS)])
  const { finished, state } = await (waiting[what.kind] as (typeof waiting)['run'])(
    services,
    what as never,
    signal,
  )
  return { status: finished ? 200 : 202, body: { ...answer.body, finished, ...state } }
}
