// The HTTP app without listen: every route group is mounted here, in the order in which a request meets it.
// Everything it needs comes in; nothing is started, connected or read from the environment.
import { setMaxListeners } from 'node:events'
import type { Queue } from 'bullmq'
import express, { type Express, type RequestHandler } from 'express'
import type { Auth } from '../../core/auth/auth.ts'
import type { Logger } from '../../core/logger.ts'
import type { Producer } from '../producer.ts'
import type { ScheduleDesk } from '../schedules.ts'
import { createHintDesk, type HintLimits } from '../webhook/hints.ts'
import { BOARD_PATH } from './addresses.ts'
import { createResyncDesk } from '../resync-desk.ts'
import { answerTimes, type AnswerTime } from './answer-times.ts'
import { createAudit, type Audit } from './api/audit.ts'
import { docsRouter } from './api/docs.ts'
import { createEventFeed } from './api/event-feed.ts'
import { createCallerLimits, type LimitOptions } from './api/limits.ts'
import { apiRouter } from './api/mount.ts'
import { openApiDocument } from './api/openapi.ts'
import { API_TIMES, type ApiParts, type ApiTimes, type Installation } from './api/parts.ts'
import { API_ROUTES } from './api/table.ts'
import { isLoopbackHost } from './listen.ts'
import { createLoginAttempts, type LoginLimits } from './login-attempts.ts'
import { HttpProblem, problemHandler, unknownRoute } from './problem.ts'
import { requestLog } from './request-log.ts'
import { healthRoutes, type ReadinessReport } from './routes/health.ts'
import { loginPageRoutes } from './routes/login-page.ts'
import { metricsRoutes, type MetricsRouteOptions } from './routes/metrics.ts'
import { operatorPages } from './routes/operator-pages.ts'
import { queueBoard } from './routes/queue-board.ts'
import { webhookRoute } from './routes/webhook.ts'
import { sameOriginWrites } from './same-origin.ts'
import { securityHeaders } from './security-headers.ts'
import { createSessions } from './session.ts'
import { createSignIn } from './sign-in.ts'

export interface HttpAppOptions {
  /** All queues; Bull Board shows exactly these. */
  readonly queues: readonly Queue[]
  readonly readiness: () => Promise<ReadinessReport>
  /** `/metrics`, where it belongs to this port. */
  readonly metrics?: MetricsRouteOptions | undefined
  /** Told of every answer of the API that is meant to be quick. */
  readonly onAnswer?: ((answer: AnswerTime) => void) | undefined
  readonly auth: Auth
  readonly log: Logger
  /** What the API asks and where it asks for work. */
  readonly producer: Producer
  readonly installation: Installation
  readonly schedules: ScheduleDesk
  /** Secret of TM's webhook address; default null: there is none. */
  readonly webhookToken?: string | null
  readonly hintLimits?: HintLimits
  /** Fires when the server closes: streams and waiting answers end. */
  readonly closing?: AbortSignal
  /** Where acts of operators go; default the warehouse of `producer`, never flushed at the end. */
  readonly audit?: Audit
  readonly limits?: LimitOptions
  readonly times?: Partial<ApiTimes>
  /** Where people reach this server when that is not where it listens; https here makes cookies Secure. */
  readonly publicUrl?: string | null
  /** Answer only requests addressed to this machine: a page elsewhere cannot reach a demo by DNS rebinding. */
  readonly loopbackOnly?: boolean
  /**
   * How many proxies stand in front; their X-Forwarded-For tells the caller's address.
   * Default (null) 1 with an https `publicUrl`, since we speak http and somebody must end the TLS; else 0.
   */
  readonly trustedProxies?: number | null
  readonly loginLimits?: LoginLimits
  /** Limit of one read of the queue store by the board; default 20 s. */
  readonly boardTimeoutMs?: number
}

/** Builds the app. The caller owns the queues and closes them after the server. */
export const createHttpApp = (options: HttpAppOptions): Express => {
  const { auth, log, queues, readiness, publicUrl = null } = options
  const https = publicUrl !== null && new URL(publicUrl).protocol === 'https:'
  const limits = createCallerLimits(options.limits)
  const sessions = createSessions({ auth, https, strangers: limits })
  const signIn = createSignIn({ auth, attempts: createLoginAttempts(options.loginLimits) })
  const parts = apiPartsOf(options, { auth, sessions, signIn, limits })

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag') // Nothing of ours is stored by anybody: `noStore`.
  app.set('trust proxy', options.trustedProxies ?? (https ? 1 : 0))
  if (options.onAnswer !== undefined) app.use(answerTimes(options.onAnswer))
  app.use(requestLog(log), securityHeaders({ https }), noStore)
  if (options.loopbackOnly === true) app.use(loopbackOnly)
  app.use(healthRoutes({ readiness, log }))
  if (options.metrics !== undefined) app.use(metricsRoutes(options.metrics))
  app.use(webhookRoute({ token: options.webhookToken ?? null, desk: parts.hints }))
  app.use(sameOriginWrites({ sessions, publicUrl }))
  app.use(apiRouter(API_ROUTES, parts))
  app.use(docsRouter(openApiDocument(API_ROUTES, { version: options.installation.version, publicUrl })))
  app.use(loginPageRoutes({ auth, sessions, signIn }))
  app.use(operatorPages(parts))
  const board = { queues, sessions, limits, audit: parts.audit, basePath: BOARD_PATH }
  app.use(BOARD_PATH, queueBoard({ ...board, readTimeoutMs: options.boardTimeoutMs }))
  app.use(unknownRoute, problemHandler)
  return app
}

const apiPartsOf = (
  {
    producer,
    installation,
    schedules,
    log,
    closing = new AbortController().signal,
    audit,
    times,
    hintLimits,
  }: HttpAppOptions,
  door: Pick<ApiParts, 'auth' | 'sessions' | 'signIn' | 'limits'>,
): ApiParts => {
  const { warehouse } = producer.services
  setMaxListeners(0, closing) // Every stream and waiting answer is one; how many there may be is bounded elsewhere.
  const allTimes = { ...API_TIMES, ...times }
  return {
    ...producer,
    ...door,
    installation,
    desk: createResyncDesk(producer, 'api'),
    schedules,
    hints: createHintDesk(producer, log, hintLimits),
    times: allTimes,
    feed: createEventFeed({ warehouse, log, everyMs: allTimes.eventsEvery }),
    audit: audit ?? createAudit(warehouse, log),
    closing,
  }
}

const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store')
  next()
}

const loopbackOnly: RequestHandler = (req, _res, next) => {
  if (!isLoopbackHost(req.hostname))
    throw new HttpProblem({
      status: 421,
      code: 'LOOPBACK_ONLY',
      detail: 'This server has a demo login and answers on this machine only, at 127.0.0.1 or localhost.',
    })
  next()
}
