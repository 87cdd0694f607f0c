// A route of the table, called by a page of ours on behalf of the person who looks at it: the same gate, the same look at the
// input, the same handler and the same entry in the audit log as over the API, so that a page can do nothing that the API cannot.
import type { Request, Response } from 'express'
import { admit, scopeOf } from './gate.ts'
import { checkInput } from './input.ts'
import { auditing, handled } from './mount.ts'
import type { ApiParts } from './parts.ts'
import type { ApiAnswer, ApiRoute } from './route.ts'
import { API_ROUTES } from './table.ts'

/** @throws Error when the table has no such route: a mistake of ours, found when the pages are mounted */
export const routeNamed = (method: ApiRoute['method'], path: string): ApiRoute => {
  const route = API_ROUTES.find((one) => one.method === method && one.path === path)
  if (route === undefined) throw new Error(`there is no route ${method} ${path}`)
  return route
}

export interface Within {
  readonly parts: ApiParts
  readonly req: Request
  readonly res: Response
  readonly params?: Readonly<Record<string, string>>
  /** As texts; an empty one counts as not given, as a form sends it. */
  readonly query?: Readonly<Record<string, string>>
}

/** @throws HttpProblem as the API would answer */
export const callWithin = async (
  route: ApiRoute,
  { parts, req, res, params = {}, query = {} }: Within,
): Promise<ApiAnswer> => {
  const act = auditing(route, { req, res, parts })
  const identity = await admit(route, req, parts)
  const filled = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
  const input = checkInput(route, { params, query: filled, body: {} })
  act.knows({ ...input.params, ...input.query })
  const scope = await scopeOf(route, identity, input, parts)
  act.concerns(scope)
  const context = { parts, req, res, log: req.log, signal: parts.closing, requestKey: undefined, ...scope }
  return handled(route, input, context)
}
