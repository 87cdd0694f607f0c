// `?wait=true`: holds an answer until what it asked for has ended, at most 55 s, and adds how it ended.
import { joinSignals } from '../../../core/joined-signal.ts'
import type { Services } from '../../../core/services.ts'
import type { BackfillProgress } from '../../../core/warehouse/backfills.ts'
import type { RunProgress } from '../../../core/warehouse/runs.ts'
import { followBackfill, followFanOut, followRun, type FanOut } from '../../waiting.ts'
import type { ApiParts } from './parts.ts'
import { backfillOf, runOf } from './present.ts'
import type { ApiAnswer, WaitFor } from './route.ts'

interface Waited {
  readonly finished: boolean
  readonly state: object
  /** Whose token the work takes; null for work that asks nothing of TM. */
  readonly shopTmId: number | null
}

const waitFor = (services: Services, what: WaitFor, signal: AbortSignal): Promise<Waited> => {
  switch (what.kind) {
    case 'run':
      return forRun(services, what, signal)
    case 'backfill':
      return forBackfill(services, what.backfillId, signal)
    case 'fan-out':
      return forFanOut(services, what.shopId, signal)
  }
}

const forRun = async (
  services: Services,
  { runId, fanOutOf }: Extract<WaitFor, { kind: 'run' }>,
  signal: AbortSignal,
): Promise<Waited> => {
  let state: object = {}
  let shopTmId: number | null = null
  const onProgress = (run: RunProgress) => {
    state = { run: runOf(run) }
    shopTmId = run.shopTmId
  }
  const finished = await untilEnd(signal, async () => {
    await followRun(services, runId, { signal, onProgress })
    if (fanOutOf !== null) await followFanOut(services, fanOutOf, { signal })
  })
  return { finished, state, shopTmId }
}

const forBackfill = async (services: Services, backfillId: string, signal: AbortSignal): Promise<Waited> => {
  let state: object = {}
  let shopTmId: number | null = null
  const onProgress = (seen: BackfillProgress) => {
    state = { backfill: backfillOf(seen) }
    shopTmId = seen.shopTmId
  }
  const finished = await untilEnd(signal, () => followBackfill(services, backfillId, { signal, onProgress }))
  return { finished, state, shopTmId }
}

const forFanOut = async (services: Services, shopId: string, signal: AbortSignal): Promise<Waited> => {
  let state: object = {}
  const onProgress = ({ staleRos, dirtyDays }: FanOut) =>
    void (state = { left: { snapshots: staleRos, days: dirtyDays } })
  const finished = await untilEnd(signal, () => followFanOut(services, shopId, { signal, onProgress }))
  return { finished, state, shopTmId: null }
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
  { services, times }: Pick<ApiParts, 'services' | 'times'>,
  answer: ApiAnswer,
  gone: AbortSignal,
): Promise<ApiAnswer> => {
  const { waitFor: what } = answer
  if (what === undefined) return answer
  const { signal, release } = joinSignals([gone], { timeoutMs: times.mostWait })
  try {
    const { finished, state, shopTmId } = await waitFor(services, what, signal)
    if (finished) return { status: 200, body: { ...answer.body, finished, ...state } }
    const pausedAt = shopTmId === null ? null : (await services.shops.byTmId(shopTmId)).pausedAt
    const why = pausedAt === null ? {} : { shop_paused_at: pausedAt }
    return { status: 202, body: { ...answer.body, finished, ...why, ...state } }
  } finally {
    release()
  }
}
