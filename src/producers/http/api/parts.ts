// What the API's routes work with. Made once per process.
import type { Auth } from '../../../core/auth/auth.ts'
import type { Producer } from '../../producer.ts'
import type { ResyncDesk } from '../../resync-desk.ts'
import type { ScheduleDesk } from '../../schedules.ts'
import type { HintDesk } from '../../webhook/hints.ts'
import type { Sessions } from '../session.ts'
import type { SignIn } from '../sign-in.ts'
import type { Audit } from './audit.ts'
import type { EventFeed } from './event-feed.ts'
import type { CallerLimits } from './limits.ts'

/** Facts about this process that `/api/ops/summary` tells. */
export interface Installation {
  readonly version: string
  /** null when the build does not know. */
  readonly commit: string | null
  /** All writes go through the service key. */
  readonly serviceKeyInUse: boolean
  /** The budget of one credential. */
  readonly requestsPerMinute: number
  /** How much of a shop's budget was used; null without a token. */
  readonly budgetOf: (
    shopTmId: number,
  ) => Promise<{ readonly usedLastMinute: number; readonly currentPerMinute: number } | null>
}

/** In ms. */
export interface ApiTimes {
  /** How long `wait=true` holds an answer: proxies and platforms cut a silent request after 60 s. */
  readonly mostWait: number
  /** Shorter than what proxies take for silence, and as long as an identity is believed. */
  readonly heartbeat: number
  /** How often the warehouse is asked what happened, while somebody listens. */
  readonly eventsEvery: number
}

export const API_TIMES: ApiTimes = { mostWait: 55_000, heartbeat: 15_000, eventsEvery: 1_000 }

export interface ApiParts extends Producer {
  readonly auth: Auth
  readonly sessions: Sessions
  readonly signIn: SignIn
  readonly desk: ResyncDesk
  readonly schedules: ScheduleDesk
  readonly hints: HintDesk
  readonly feed: EventFeed
  readonly audit: Audit
  readonly limits: CallerLimits
  readonly installation: Installation
  readonly times: ApiTimes
  /** Fires when the server closes: streams and waiting answers end. */
  readonly closing: AbortSignal
}
