// Reads JSON bodies and refuses others by name: a parser would read them as empty, and their fields would get the blame.
import express, { type RequestHandler } from 'express'
import { HttpProblem } from './problem.ts'

/** @param limit of the body, as `16kb`. A request without a body, which most are, costs nothing. */
export const jsonBody = (limit: string): RequestHandler => {
  const read = express.json({ limit })
  return (req, res, next) => {
    const hasBody = req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0
    if (!hasBody) return next()
    if (!req.is('application/json'))
      throw new HttpProblem({
        status: 415,
        code: 'NOT_JSON',
        detail: 'The body must be JSON (Content-Type: application/json).',
        errors: [{ path: 'Content-Type', message: 'must be application/json' }],
      })
    read(req, res, next)
  }
}
