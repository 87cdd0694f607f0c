// Bull Board on all queues, behind the session. Managers and admins act, employees look, nobody else learns that it is here.
// There are two boards over the same queues: the read-only one hides its buttons and refuses writes by itself (405);
// the gate in front refuses them too, so that no handler of the board has to be trusted with it.
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { Queue } from 'bullmq'
import express, { type Express, type RequestHandler } from 'express'
import { hasRole } from '../../../core/auth/roles.ts'
import { presentable } from '../censor.ts'
import { FAILED_PATH, SCHEDULES_PATH, SEARCH_PATH } from '../addresses.ts'
import { statusOf, type Audit } from '../api/audit.ts'
import type { CallerLimits } from '../api/limits.ts'
import { HttpProblem, requestIdOf } from '../problem.ts'
import { boardPolicy } from '../security-headers.ts'
import { isWrite, signInFirst } from '../session-required.ts'
import { callerOf, type Sessions } from '../session.ts'

export interface QueueBoardOptions {
  readonly queues: readonly Queue[]
  readonly sessions: Sessions
  readonly audit: Audit
  /** The board polls: a request counts as one of the API does. */
  readonly limits: Pick<CallerLimits, 'take'>
  /** Where the board is mounted, for example `/admin/queues`. */
  readonly basePath: string
  /** Limit of one read of the queue store; default 20 s. */
  readonly readTimeoutMs?: number | undefined
}

/** An app to mount at `basePath`; it lets nobody in by itself whom the session does not name. */
export const queueBoard = (options: QueueBoardOptions): Express => {
  const { queues, sessions, basePath } = options
  const app = express().disable('x-powered-by')
  const acting = board({ queues, basePath, readOnly: false })
  const looking = board({ queues, basePath, readOnly: true })
  app.use(sessions.identify, logAct(options.audit), gate(options), boardPolicy)
  // The files of the board are the same for everybody and carry a hash in their name, but still need the session above.
  app.use('/static', (_req, res, next) => {
    res.set('Cache-Control', 'private, max-age=3600')
    next()
  })
  app.use(
    withoutOutsideFonts,
    readsWithin(options.readTimeoutMs ?? DEFAULT_READ_TIMEOUT_MS),
    (req, res, next) => {
      const handle = mayAct(req) ? acting : looking
      handle(req, res, next)
    },
  )
  return app
}

const mayAct = (req: express.Request): boolean => hasRole(callerOf(req)?.identity.role ?? null, 'manager')

const gate =
  ({ sessions, limits }: Pick<QueueBoardOptions, 'sessions' | 'limits'>): RequestHandler =>
  async (req, res, next) => {
    const caller = callerOf(req)
    if (caller !== null && hasRole(caller.identity.role, 'employee')) {
      await limits.take(caller.identity)
      if (isWrite(req) && !mayAct(req))
        throw new HttpProblem({
          status: 403,
          code: 'ROLE_REQUIRED',
          detail: 'Changing queues takes the role manager; yours may look at them.',
        })
      next()
      return
    }
    signInFirst(req, res, sessions)
  }

/** A queue store that is away makes BullMQ wait without end; a page that polls would pile up requests. */
const DEFAULT_READ_TIMEOUT_MS = 20_000

const readsWithin =
  (timeoutMs: number): RequestHandler =>
  (req, res, next) => {
    if (!isWrite(req)) {
      const away = { code: 'QUEUE_STORE_AWAY', detail: 'The queue store does not answer just now.' }
      const late = setTimeout(() => next(new HttpProblem({ status: 503, ...away })), timeoutMs)
      res.once('finish', () => clearTimeout(late))
      res.once('close', () => clearTimeout(late))
    }
    next()
  }

/** The board's page asks another host for its font; our policy would refuse it with an error in the console. */
const OUTSIDE_FONT = /<link [^>]*href="https?:\/\/[^>]*>/g

/** The page without that request; it falls back to a font of the system. */
const withoutOutsideFonts: RequestHandler = (_req, res, next) => {
  const render = res.render.bind(res)
  const sendWithout = (failed: Error | null, page: string): void => {
    if (failed === null) res.send(page.replaceAll(OUTSIDE_FONT, ''))
    else next(failed)
  }
  res.render = (view: string, values?: object) => render(view, values, sendWithout)
  next()
}

/** Who did what to which queue, with what outcome; also what the gate refuses. Who left before we know them does nothing. */
const logAct =
  (audit: Audit): RequestHandler =>
  (req, res, next) => {
    if (res.destroyed) return
    const caller = callerOf(req)
    if (isWrite(req) && caller)
      res.once('close', () => {
        const { kind: actorKind, userId: actorId, name: actorName } = caller.identity
        const [act, status] = [`${req.method} ${req.originalUrl.split('?', 1)[0]}`, statusOf(res)]
        const at = new Date().toISOString()
        const who = { at, actorKind, actorId, actorName, shopId: null, target: {} }
        audit.record({ ...who, act, status, requestId: requestIdOf(req) }, req.log)
      })
    next()
  }

const board = (options: { queues: readonly Queue[]; basePath: string; readOnly: boolean }): Express => {
  const serverAdapter = new ExpressAdapter().setBasePath(options.basePath)
  createBullBoard({
    queues: options.queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: options.readOnly })),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Warehouse queues',
        hideDocsLink: true,
        miscLinks: [
          { text: 'Find an RO', url: SEARCH_PATH },
          ...(options.readOnly
            ? []
            : [
                { text: 'Failed work', url: FAILED_PATH },
                { text: 'Schedules', url: SCHEDULES_PATH },
              ]),
          { text: 'Sign out', url: '/logout' },
        ],
        ...(options.readOnly
          ? { environment: { label: 'read only', color: '#1f5fbf', textColor: '#ffffff' } }
          : {}),
      },
      handlerHooks: {
        after: (_context, result) => ({ ...result, body: presentable(result.body) as typeof result.body }),
      },
    },
  })
  const app = serverAdapter.getRouter() as Express
  return app.disable('x-powered-by')
}
