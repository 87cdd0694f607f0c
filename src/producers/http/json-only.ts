// Refuses bodies that are not JSON, before a parser would read them as empty ones and their fields would get the blame.
import type { RequestHandler } from 'express'
import { HttpProblem } from './problem.ts'

export const jsonOnly: RequestHandler = (req, _res, next) => {
  const hasBody = req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0
  if (hasBody && !req.is('application/json'))
    throw new HttpProblem({
      status: 415,
      code: 'NOT_JSON',
      detail: 'The body must be JSON (Content-Type: application/json).',
      errors: [{ path: 'Content-Type', message: 'must be application/json' }],
    })
  next()
}
