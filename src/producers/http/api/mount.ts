// Mounts the table of routes: who is calling, may they, is the input good, then the handler; the audit log at the end.
import { isDeepStrictEqual } from 'node:util'
import { Router, type Request, type RequestHandler, type Response } from 'express'
import type { Identity } from '../../../core/auth/auth.ts'
import { TokenRefused } from '../../../core/auth/refusals.ts'
import { joinSignals } from '../../../core/joined-signal.ts'
import { withinTime } from '../../../core/time-limit.ts'
import { answersAs, notTimed } from '../answer-times.ts'
import { jsonBody } from '../json-body.ts'
import { HttpProblem, requestIdOf } from '../problem.ts'
import { callerOf } from '../session.ts'
import { statusOf } from './audit.ts'
import { once } from './idempotency.ts'
import { admit, scopeOf } from './gate.ts'
import { readInput, type ReadInput } from './input.ts'
import type { ApiParts } from './parts.ts'
import { nameOf, type ApiAnswer, type ApiContext, type ApiRoute } from './route.ts'
import { streamTo } from './sse.ts'
import { afterWaiting } from './wait.ts'

/** Parameters go into the query: a body of this API is two short strings. */
const BODY_LIMIT = '16kb'
/** A handler asks the warehouse, the queue store and sometimes TM; none of them may make a caller wait for ever. */
const ANSWER_MS = 25_000

/** The routes of the table under one router. */
export const apiRouter = (routes: readonly ApiRoute[], parts: ApiParts): Router => {
  const router = Router()
  const body = jsonBody(BODY_LIMIT)
  const methods = new Map<string, string[]>()
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    methods.set(path, [...(methods.get(path) ?? []), route.method])
    const stages = [answersAs(nameOf(route)), parts.sessions.identify, enter(route, parts), body]
    if (route.method === 'GET') router.get(path, notByHead(route), ...stages, serve(route, parts))
    else router.post(path, ...stages, serve(route, parts))
  }
  for (const [path, allowed] of methods) router.all(path, wrongMethod(allowed))
  return router
}

/** Express answers HEAD with the GET handler: a look at the headers must not enqueue anything. */
const notByHead =
  (route: ApiRoute): RequestHandler =>
  (req, _res, next) => {
    if (req.method === 'HEAD' && (route.enqueues || route.stream !== null)) next('route')
    else next()
  }

const wrongMethod =
  (allowed: readonly string[]): RequestHandler =>
  () => {
    throw new HttpProblem({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      detail: `This address answers to ${allowed.join(' and ')}.`,
      headers: { Allow: allowed.join(', ') },
    })
  }

interface Entered {
  readonly identity: Identity
  readonly act: ReturnType<typeof auditing>
}
const entered = new WeakMap<Request, Entered>()

/**
 * Before the body is looked at: who may not use the route learns nothing else. For a caller who left while we found out who it
 * is, nothing is done: nobody would hear of it, the audit log included.
 */
const enter =
  (route: ApiRoute, parts: ApiParts): RequestHandler =>
  async (req, res, next) => {
    if (res.destroyed) return
    if (route.scope !== 'public') {
      const act = auditing(route, { req, res, parts })
      entered.set(req, { identity: await admit(route, req, parts), act })
    }
    next()
  }

const serve =
  (route: ApiRoute, parts: ApiParts): RequestHandler =>
  async (req, res) => {
    const { identity = null, act = null } = entered.get(req) ?? {}
    const input = readInput(route, req)
    act?.knows({ ...input.params, ...input.query })
    const scope = identity === null ? {} : await scopeOf(route, identity, input, parts)
    act?.concerns(scope)
    // Signals are not cheap: a quick answer needs none of its own.
    const lasts = route.stream !== null || input.query['wait'] === true
    if (lasts) notTimed(res)
    const joined = lasts ? joinSignals([goneSignal(res), parts.closing]) : null
    const signal = joined?.signal ?? parts.closing
    const context = { parts, req, res, log: req.log, signal, requestKey: undefined, ...scope }
    try {
      if (route.stream !== null) return await stream(route, { input, context, identity })
      send(res, await answer(route, { input, context, identity }))
    } finally {
      joined?.release()
    }
  }

interface Work {
  readonly input: ReadInput
  readonly context: ApiContext
  readonly identity: Identity | null
}

const answer = async (route: ApiRoute, { input, context, identity }: Work): Promise<ApiAnswer> => {
  const { parts, req, signal } = context
  const work = (requestKey: string | undefined): Promise<ApiAnswer> =>
    handled(route, input, { ...context, requestKey })
  if (identity === null) return work(undefined)
  const ask = () => once(route, req, parts, { identity, input, work })
  if (!route.enqueues || input.query['wait'] !== true) return ask()
  // Who waits holds a connection and asks the warehouse again and again, as a stream does; refused before anything is asked for.
  const release = parts.limits.openStream(identity)
  try {
    return await afterWaiting(parts, await ask(), signal)
  } finally {
    release()
  }
}

/** The handler's answer. @throws AppError (transient) when it takes too long; what was asked for may still happen */
export const handled = (route: ApiRoute, input: ReadInput, context: ApiContext): Promise<ApiAnswer> =>
  withinTime(
    route.handle?.(input, context) ?? Promise.reject(new Error('no handler')),
    ANSWER_MS,
    nameOf(route),
  )

const stream = async (route: ApiRoute, { input, context, identity }: Work): Promise<void> => {
  const { parts, req, res } = context
  if (identity === null) throw new Error('a public route does not stream')
  const release = parts.limits.openStream(identity)
  const accessToken = callerOf(req)?.accessToken ?? ''
  try {
    await streamTo(res, {
      signal: context.signal,
      heartbeatMs: parts.times.heartbeat,
      stillAllowed: () =>
        orRefused(async () => {
          const now = await scopeOf(route, await parts.auth.identify(accessToken), input, parts)
          return sameShops(now, context)
        }),
      send: async (emit, signal) => route.stream?.(input, { ...context, signal }, emit),
    })
  } finally {
    release()
  }
}

/** False when it is refused; an error that says nothing about the caller is thrown on. */
const orRefused = async (look: () => Promise<boolean>): Promise<boolean> => {
  try {
    return await look()
  } catch (error) {
    if (error instanceof TokenRefused || (error instanceof HttpProblem && error.answer.status < 500))
      return false
    throw error
  }
}

/** Whether a stream over several shops would tell of the same ones if it began now. */
const sameShops = (now: object, then: object): boolean => {
  const shopsOf = (scope: object) =>
    'shopIds' in scope && Array.isArray(scope.shopIds) ? new Set<unknown>(scope.shopIds) : null
  return isDeepStrictEqual(shopsOf(now), shopsOf(then))
}

const send = (res: Response, { status, body }: ApiAnswer): void => {
  if (res.destroyed) return
  if (body === null) res.status(status).end()
  else res.status(status).json(body)
}

/** Fires when the connection closes before the answer is out. */
const goneSignal = (res: Response): AbortSignal => {
  const gone = new AbortController()
  if (res.destroyed) gone.abort()
  else res.once('close', () => gone.abort())
  return gone.signal
}

export interface Audited {
  readonly req: Request
  readonly res: Response
  readonly parts: ApiParts
}

/** Records what changes something, done or refused, when its answer is out; the more is known of it, the more is recorded. */
export const auditing = (route: ApiRoute, { req, res, parts }: Audited) => {
  const at = new Date().toISOString()
  let target: Record<string, unknown> = {}
  let shopId: string | null = null
  if (route.method === 'POST' || route.enqueues)
    res.once('close', () => {
      const caller = callerOf(req)
      if (caller === null) return // A stranger is not an operator; the request log has the refusal.
      const { kind: actorKind, userId: actorId, name: actorName } = caller.identity
      const act = { at, actorKind, actorId, actorName, act: nameOf(route), shopId, target }
      parts.audit.record({ ...act, status: statusOf(res), requestId: requestIdOf(req) }, req.log)
    })
  return {
    knows: (given: Readonly<Record<string, unknown>>) => {
      const told = Object.entries(given).filter(([name, v]) => name !== 'shop_id' && v !== undefined)
      target = Object.fromEntries(told)
    },
    concerns: (scope: object) => {
      if ('shop' in scope && scope.shop !== null) shopId = (scope.shop as { id: string }).id
    },
  }
}
