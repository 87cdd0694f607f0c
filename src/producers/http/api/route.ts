// How a route of the API is defined: method, path, who may, what goes in, what comes out, what it does, in one object. The
// table of all of them (table.ts) mounts the handlers, generates the OpenAPI document and drives the access test.
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Identity } from '../../../core/auth/auth.ts'
import type { Role } from '../../../core/auth/roles.ts'
import type { Logger } from '../../../core/logger.ts'
import type { BackfillProgress } from '../../../core/warehouse/backfills.ts'
import type { RunProgress } from '../../../core/warehouse/runs.ts'
import type { Shop } from '../../../core/warehouse/warehouse.ts'
import { Flag } from './fields.ts'
import type { ApiParts } from './parts.ts'

/**
 * Whose business a route is:
 * - `public` everybody's, without a token;
 * - `shop` that of the shop named by the query parameter `shop_id`;
 * - `shops` that of the shops where the caller has the role: one with `shop_id`, else all of them;
 * - `run`, `backfill` that of the shop of the run or backfill in the path (`{id}`);
 * - `installation` that of no single shop: the role must hold for the installation as a whole.
 */
export type Scope = 'public' | 'shop' | 'shops' | 'run' | 'backfill' | 'installation'

export type Tag = 'auth' | 'sync' | 'metrics' | 'runs' | 'operations' | 'reports'

/** What an answer waits for when `?wait=true`. Kept with an Idempotency-Key, so ids only. */
export type WaitFor =
  | { readonly kind: 'run'; readonly runId: string; readonly fanOutOf: string | null }
  | { readonly kind: 'backfill'; readonly backfillId: string }
  | { readonly kind: 'fan-out'; readonly shopId: string }

export interface ApiAnswer {
  readonly status: number
  /** null: no body. */
  readonly body: object | null
  readonly waitFor?: WaitFor
}

interface BaseContext {
  readonly parts: ApiParts
  readonly req: Request
  readonly res: Response
  readonly log: Logger
  /** Fires when the server closes; for streams and waiting answers also when the caller has gone. */
  readonly signal: AbortSignal
  /** The same for every try of one Idempotency-Key; undefined without one. */
  readonly requestKey: string | undefined
}

/** What the gate found out before the handler runs. */
interface ScopeContext {
  readonly public: object
  readonly shop: { readonly identity: Identity; readonly shop: Shop }
  /** `shopIds` null: every shop. `shop`: the one named, if any. */
  readonly shops: {
    readonly identity: Identity
    readonly shop: Shop | null
    readonly shopIds: readonly string[] | null
  }
  readonly run: { readonly identity: Identity; readonly run: RunProgress }
  readonly backfill: { readonly identity: Identity; readonly backfill: BackfillProgress }
  readonly installation: { readonly identity: Identity }
}

export type ApiContext<S extends Scope = Scope> = BaseContext & ScopeContext[S]

/** Sends events until the signal fires. */
export type Emit = (event: { readonly event: string; readonly data: object; readonly id?: string }) => void

type Fields = z.ZodObject<z.core.$ZodLooseShape>

interface Input<P extends Fields, Q extends Fields, B extends Fields> {
  readonly params: z.output<P>
  readonly query: z.output<Q>
  readonly body: z.output<B>
}

interface Spec<S extends Scope, P extends Fields, Q extends Fields, B extends Fields> {
  readonly method: 'GET' | 'POST'
  /** As OpenAPI writes it: `/api/runs/{id}`. */
  readonly path: string
  readonly tag: Tag
  /** A few words. */
  readonly summary: string
  /** What a caller must know beyond them. */
  readonly about?: string
  readonly scope: S
  /** The least role; null only for `public`. */
  readonly role: S extends 'public' ? null : Role
  readonly params?: P
  readonly query?: Q
  /** Without it a body is refused. */
  readonly body?: B
  /** Asks for queue work: takes `wait` and an `Idempotency-Key`. */
  readonly enqueues?: boolean
  /** False for queue work that has no common end: it takes no `wait`. */
  readonly waits?: boolean
  /** Also answers to GET, with a bearer token only: older callers use it. */
  readonly alsoGet?: boolean
  /** The good answers; `z.null()` means no body. */
  readonly answers: Readonly<Record<number, { readonly about: string; readonly body: z.ZodType }>>
}

type Handle<S extends Scope, I> = (input: I, ctx: ApiContext<S>) => Promise<ApiAnswer>
type Stream<S extends Scope, I> = (input: I, ctx: ApiContext<S>, emit: Emit) => Promise<void>

/** A definition with its types forgotten: what the table holds. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly tag: Tag
  readonly summary: string
  readonly about: string | null
  readonly scope: Scope
  readonly role: Role | null
  readonly params: Fields
  readonly query: Fields
  readonly body: Fields | null
  readonly enqueues: boolean
  /** A session cookie may authorize it. */
  readonly cookie: boolean
  readonly answers: Readonly<Record<number, { readonly about: string; readonly body: z.ZodType }>>
  // eslint-disable-next-line typescript/no-explicit-any -- a list of differently typed definitions has no better type
  readonly handle: Handle<any, any> | null
  // eslint-disable-next-line typescript/no-explicit-any -- as above
  readonly stream: Stream<any, any> | null
}

const NOTHING = z.object({})
const WAIT = { wait: Flag.optional().describe('Hold the answer until the end, at most 55 s.') }

const routesOf = <S extends Scope, P extends Fields, Q extends Fields, B extends Fields>(
  { alsoGet = false, enqueues = false, waits = enqueues, ...spec }: Spec<S, P, Q, B>,
  doing: Pick<ApiRoute, 'handle' | 'stream'>,
): readonly ApiRoute[] => {
  const query: Fields = spec.query ?? NOTHING
  const route: ApiRoute = {
    ...spec,
    ...doing,
    about: spec.about ?? null,
    params: spec.params ?? NOTHING,
    query: waits ? query.extend(WAIT) : query,
    body: spec.body ?? null,
    enqueues,
    cookie: true,
  }
  return alsoGet ? [route, { ...route, method: 'GET', cookie: false }] : [route]
}

/** Defines a route that answers once. */
export const defineRoute = <
  S extends Scope,
  P extends Fields = typeof NOTHING,
  Q extends Fields = typeof NOTHING,
  B extends Fields = typeof NOTHING,
>(
  spec: Spec<S, P, Q, B> & { readonly handle: Handle<S, Input<P, Q, B>> },
): readonly ApiRoute[] => {
  const { handle, ...rest } = spec
  return routesOf(rest as Spec<S, P, Q, B>, { handle, stream: null })
}

/** Defines a route that streams events (SSE). */
export const defineStream = <
  S extends Scope,
  P extends Fields = typeof NOTHING,
  Q extends Fields = typeof NOTHING,
>(
  spec: Spec<S, P, Q, typeof NOTHING> & { readonly stream: Stream<S, Input<P, Q, typeof NOTHING>> },
): readonly ApiRoute[] => {
  const { stream, ...rest } = spec
  return routesOf(rest as Spec<S, P, Q, typeof NOTHING>, { handle: null, stream })
}

/** `POST /api/runs/{id}`: how logs, the audit log and tests name a route. */
export const nameOf = ({ method, path }: Pick<ApiRoute, 'method' | 'path'>): string => `${method} ${path}`
