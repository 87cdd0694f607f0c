// Errors leave as application/problem+json (RFC 9457) with the request id; a browser that navigates gets the same as a small page.
// 4xx is the caller's fault, 503 a part of ours that is away, 500 a bug. Causes and stacks stay in the log.
import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import { SignInRefused, TokenRefused } from '../../core/auth/refusals.ts'
import {
  AppError,
  PayloadInvalid,
  UpstreamChanged,
  UpstreamForbidden,
  UpstreamThrottled,
  UsageError,
} from '../../core/errors.ts'
import { isNavigation } from './navigation.ts'
import { errorPage } from './pages.ts'

export interface FieldProblem {
  readonly path: string
  readonly message: string
}

export interface HttpProblemOptions {
  readonly status: number
  /** Stable, upper snake; listed in the runbook. */
  readonly code: string
  /** A sentence for the caller. */
  readonly detail: string
  readonly errors?: readonly FieldProblem[]
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer other than the one asked for. Thrown by routes, sent by `problemHandler`. */
export class HttpProblem extends AppError {
  readonly answer: HttpProblemOptions
  constructor(answer: HttpProblemOptions) {
    super(answer.status >= 500 ? 'transient' : 'data', answer.code, answer.detail)
    this.answer = answer
  }
}

/** Also the answer to whoever may not know that a page exists. */
export const notFound = (): HttpProblem =>
  new HttpProblem({ status: 404, code: 'NOT_FOUND', detail: 'There is nothing at this address.' })

/** The last route: everything that nobody answered. */
export const unknownRoute: RequestHandler = () => {
  throw notFound()
}

/** Sends whatever was thrown; express calls it with rejected promises too. */
export const problemHandler: ErrorRequestHandler = (err: unknown, req, res, next) => {
  // Answered already, for example as late: what came after is of no use to the caller.
  if (res.writableEnded) return
  if (res.headersSent) {
    next(err)
    return
  }
  const problem = toProblem(err)
  if (problem.status >= 500)
    req.log.error({ event: 'http.failed', code: problem.code, err }, 'a request failed through our fault')
  res.status(problem.status).set({ ...problem.headers, 'Cache-Control': 'no-store' })
  const requestId = requestIdOf(req)
  const title = STATUS_CODES[problem.status] ?? 'Error'
  if (isNavigation(req)) {
    res.type('html').send(errorPage({ title, detail: problem.detail, requestId }))
    return
  }
  const { status, code, detail, errors } = problem
  res
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, code, detail, errors, request_id: requestId }))
}

/** The id of a request, as in its log lines. */
export const requestIdOf = ({ id }: Request): string => (typeof id === 'string' ? id : '')

/** What the caller is told of an error. */
export const toProblem = (err: unknown): HttpProblemOptions => {
  if (err instanceof HttpProblem) return err.answer
  if (err instanceof TokenRefused || err instanceof SignInRefused)
    return {
      status: 401,
      code: err.code,
      detail: err.message,
      headers: { 'WWW-Authenticate': 'Bearer realm="tekmetric-warehouse"' },
    }
  if (err instanceof UsageError || err instanceof PayloadInvalid)
    return { status: 400, code: err.code, detail: err.message }
  if (err instanceof UpstreamThrottled) return tooMany(err.code, err.waitMs)
  if (err instanceof UpstreamForbidden)
    return {
      status: 503,
      code: err.code,
      detail: 'Tekmetric refuses the token of this shop; it works again when the shop has a good one.',
      headers: { 'Retry-After': '60' },
    }
  if (err instanceof UpstreamChanged)
    return {
      status: 502,
      code: err.code,
      detail: 'Tekmetric answered in a shape that this release cannot read.',
    }
  if (err instanceof AppError && err.failureClass === 'transient')
    return {
      status: 503,
      code: err.code,
      detail:
        'A part of the service does not answer just now; what was asked for may still happen. Try again in a moment.',
      headers: { 'Retry-After': '5' },
    }
  return (
    bodyProblem(err) ?? {
      status: 500,
      code: 'INTERNAL',
      detail: 'Something went wrong on our side; the request id leads to the reason.',
    }
  )
}

/** 429 with the wait in whole seconds. */
export const tooMany = (code: string, waitMs: number): HttpProblemOptions => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
  const wait = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
  return {
    status: 429,
    code,
    detail: `Too many attempts. Try again in ${wait}.`,
    headers: { 'Retry-After': String(seconds) },
  }
}

/** What body parsers and express itself throw: errors with a `status` below 500 and, for bodies, a `type`. */
const bodyProblem = (err: unknown): HttpProblemOptions | null => {
  if (!(err instanceof Error) || !('status' in err) || typeof err.status !== 'number') return null
  if (err.status < 400 || err.status >= 500) return null
  const type = 'type' in err && typeof err.type === 'string' ? err.type : ''
  const detail = BODY_SENTENCES[type] ?? 'The request cannot be read.'
  return { status: err.status, code: 'REQUEST_UNREADABLE', detail }
}

const BODY_SENTENCES: Readonly<Record<string, string>> = {
  'entity.parse.failed': 'The body is not valid JSON.',
  'entity.too.large': 'The body is too large.',
  'encoding.unsupported': 'The content encoding of the body is not supported.',
  'charset.unsupported': 'The character set of the body is not supported.',
  'request.aborted': 'The body ended early.',
}
