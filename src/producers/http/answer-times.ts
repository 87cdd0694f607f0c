// How long the API takes to answer, measured from the parsed head of a request until its answer is handed to the system.
// Only what has a name counts: routes of the API and the webhook, not pages, the board, streams or who asked to wait.
import type { RequestHandler, Response } from 'express'

export interface AnswerTime {
  /** `POST /api/sync/repair-orders/{ro}` */
  readonly route: string
  readonly status: number
  readonly ms: number
}

const names = new WeakMap<Response, string>()

/** Mount it first. A request whose caller left before the answer is not counted. */
export const answerTimes =
  (tell: (answer: AnswerTime) => void): RequestHandler =>
  (_req, res, next) => {
    const startedAt = performance.now()
    res.once('finish', () => {
      const route = names.get(res)
      if (route !== undefined) tell({ route, status: res.statusCode, ms: performance.now() - startedAt })
    })
    next()
  }

/** From here on the answer counts as one of this route. */
export const answersAs =
  (route: string): RequestHandler =>
  (_req, res, next) => {
    names.set(res, route)
    next()
  }

/** An answer that is meant to take long says nothing about the server. */
export const notTimed = (res: Response): void => void names.delete(res)
