// What the API's routes work with. Made once per process.
import type { Auth } from '../../../core/auth/auth.ts'
import type { Producer } from '../../producer.ts'
import type { ResyncDesk } from '../../resync-desk.ts'
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

export interface ApiParts extends Producer {
  readonly auth: Auth
  readonly sessions: Sessions
  readonly signIn: SignIn
  readonly desk: ResyncDesk
  readonly feed: EventFeed
  readonly audit: Audit
  readonly limits: CallerLimits
  readonly installation: Installation
  /** Fires when the server closes: streams and waiting answers end. */
  readonly closing: AbortSignal
}
