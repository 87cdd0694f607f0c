// `?wait=true`: holds an answer until what it asked for has ended, at most 55 s, and adds how it ended. Of a paused shop it is
// not held: what was asked for goes on when a token works.
import { joinSignals } from '../../../core/joined-signal.ts'
import type { Services } from '../../../core/services.ts'
import type { BackfillProgress } from '../../../core/warehouse/backfills.ts'
import type { RunProgress } from '../../../core/warehouse/runs.ts'
import { followBackfill, followFanOut, followRun, isEnded, pausedSince, type FanOut } from '../../waiting.ts'
import type { ApiParts } from './parts.ts'
import { backfillOf, runOf } from './present.ts'
import type { ApiAnswer, WaitFor } from './route.ts'

interface Waited {
  readonly finished: boolean
  readonly state: object
  /** ISO; not null: the waiting was given up because the shop is paused. */
  readonly pausedAt: string | null
}

/** Ends the waiting: nothing moves until a person brings a token that works. */
class ShopPaused extends Error {
  readonly since: string
  constructor(since: string) {
    super('the shop is paused')
    this.since = since
  }
}

/** Many may wait at once, each asking the warehouse. */
const POLL_MS = 500
/** Snapshots and days of one RO follow within a second or two. */
const FAN_OUT_MS = 5_000

const leftOf = ({ staleRos, dirtyDays }: FanOut) => ({ snapshots: staleRos, days: dirtyDays })

interface Following {
  readonly signal: AbortSignal
  /** Told how far it is and, while it goes on, whose token it takes. */
  readonly tell: (state: object, shopTmId: number | null) => Promise<void>
}

const follow = async (services: Services, what: WaitFor, { signal, tell }: Following): Promise<void> => {
  switch (what.kind) {
    case 'run': {
      const onProgress = (run: RunProgress) => tell({ run: runOf(run) }, isEnded(run) ? null : run.shopTmId)
      const ended = await followRun(services, what.runId, { signal, onProgress, pollMs: POLL_MS })
      if (what.fanOutOf !== null)
        await fanOutOf(services, { shopId: what.fanOutOf, signal, run: runOf(ended), tell })
      return
    }
    case 'backfill': {
      const onProgress = (seen: BackfillProgress) =>
        tell({ backfill: backfillOf(seen) }, seen.status === 'finished' ? null : seen.shopTmId)
      await followBackfill(services, what.backfillId, { signal, onProgress, pollMs: POLL_MS })
      return
    }
    case 'fan-out': {
      const onProgress = (left: FanOut) => tell({ left: leftOf(left) }, null)
      await followFanOut(services, what.shopId, { signal, onProgress, pollMs: POLL_MS })
    }
  }
}

interface AfterRun extends Following {
  readonly shopId: string
  readonly run: object
}

/**
 * The run has ended; a moment more, so that whoever reads the figures next finds them computed. A shop where others are at
 * work is never done, so the waiting is short, and `left` says what is not computed yet.
 */
const fanOutOf = async (services: Services, { shopId, run, signal, tell }: AfterRun): Promise<void> => {
  const brief = joinSignals([signal], { timeoutMs: FAN_OUT_MS })
  const onProgress = (left: FanOut) => tell({ run, left: leftOf(left) }, null)
  try {
    await followFanOut(services, shopId, { signal: brief.signal, onProgress, pollMs: POLL_MS })
  } catch (error) {
    if (!brief.signal.aborted) throw error
  } finally {
    brief.release()
  }
}

/** Until it has ended, the signal fires or the shop turns out to be paused. */
const waitFor = async (services: Services, what: WaitFor, signal: AbortSignal): Promise<Waited> => {
  let state: object = {}
  const tell = async (now: object, shopTmId: number | null): Promise<void> => {
    state = now
    const since = shopTmId === null ? null : await pausedSince(services, shopTmId)
    if (since !== null) throw new ShopPaused(since)
  }
  try {
    await follow(services, what, { signal, tell })
    return { finished: true, state, pausedAt: null }
  } catch (error) {
    if (error instanceof ShopPaused) return { finished: false, state, pausedAt: error.since }
    if (signal.aborted) return { finished: false, state, pausedAt: null }
    throw error
  }
}

/** The answer with `finished` and how far it is: 200 at the end, 202 when the time was over first or the shop is paused. */
export const afterWaiting = async (
  { services, times }: Pick<ApiParts, 'services' | 'times'>,
  answer: ApiAnswer,
  gone: AbortSignal,
): Promise<ApiAnswer> => {
  const { waitFor: what } = answer
  if (what === undefined) return answer
  const { signal, release } = joinSignals([gone], { timeoutMs: times.mostWait })
  try {
    const { finished, state, pausedAt } = await waitFor(services, what, signal)
    const why = pausedAt === null ? {} : { shop_paused_at: pausedAt }
    return { status: finished ? 200 : 202, body: { ...answer.body, finished, ...why, ...state } }
  } finally {
    release()
  }
}
