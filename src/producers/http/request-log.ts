// One finished line per request: method, path without query, status, milliseconds, user id. Never headers, cookies, tokens or bodies.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import { pinoHttp } from 'pino-http'
import type { Logger } from '../../core/logger.ts'
import { callerOf } from './session.ts'

/** Request ids of proxies and callers are kept when they are harmless to log and to send back. */
const USABLE_ID = /^[\w.-]{8,64}$/

const requestId = (req: IncomingMessage, res: ServerResponse): string => {
  const given = req.headers['x-request-id']
  const id = typeof given === 'string' && USABLE_ID.test(given) ? given : randomUUID()
  res.setHeader('X-Request-Id', id)
  return id
}

/** Polls of the board and probes would drown what matters; of readiness, every change has a line of its own. */
const isRoutine = (path: string, status: number): boolean =>
  path === '/readyz' ||
  (status < 400 && (path === '/healthz' || path === '/metrics' || path.startsWith('/admin/queues/')))

const pathOf = (req: IncomingMessage): string => {
  const url = 'originalUrl' in req && typeof req.originalUrl === 'string' ? req.originalUrl : (req.url ?? '')
  return url.split('?', 1)[0] ?? ''
}

const line = (req: IncomingMessage, res: ServerResponse, timing: { readonly ms?: number }) => {
  const caller = callerOf(req)
  return {
    event: 'http.done',
    method: req.method,
    path: pathOf(req),
    status: res.statusCode,
    ms: timing.ms,
    ...(caller ? { user: caller.identity.userId, role: caller.identity.role } : {}),
  }
}

/** Gives every request an id (also in the answer, `X-Request-Id`) and a child logger, and logs its end. */
export const requestLog = (log: Logger): RequestHandler =>
  pinoHttp({
    logger: log,
    genReqId: requestId,
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'request', responseTime: 'ms' },
    wrapSerializers: false,
    serializers: { req: () => undefined, res: () => undefined },
    customLogLevel: (req, res) => {
      if (req.method === 'GET' && isRoutine(pathOf(req), res.statusCode)) return 'debug'
      return res.statusCode >= 500 ? 'error' : 'info'
    },
    customSuccessObject: (req, res, timing: { ms?: number }) => line(req, res, timing),
    customErrorObject: (req, res, _error, timing: { ms?: number }) => line(req, res, timing),
    customSuccessMessage: () => 'request done',
    customErrorMessage: () => 'request failed',
  })
