// From a request to checked input: path, query and body, each field refused by name, all problems at once, unknown names too.
import type { Request } from 'express'
import type { z } from 'zod'
import { HttpProblem, type FieldProblem } from '../problem.ts'
import { queryOf } from '../query.ts'
import type { ApiRoute } from './route.ts'

export interface ReadInput {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** The problem that names fields. */
export const badInput = (errors: readonly FieldProblem[]): HttpProblem =>
  new HttpProblem({
    status: 400,
    code: 'BAD_INPUT',
    detail: `The request does not fit what this route accepts: ${errors.map(({ path }) => path).join(', ')}.`,
    errors,
  })

/** @throws HttpProblem 400 that names every field */
export const readInput = (route: ApiRoute, req: Request): ReadInput => {
  const errors: FieldProblem[] = []
  const query = namedOnce(queryOf(req), errors)
  const body = route.body === null ? noBody(req, errors) : bodyOf(req, errors)
  return checkInput(route, { params: req.params, query, body }, errors)
}

/** The same for input that did not come as a request of its own. @throws HttpProblem 400 that names every field */
export const checkInput = (route: ApiRoute, input: ReadInput, errors: FieldProblem[] = []): ReadInput => {
  const read = (where: string, shape: z.ZodObject, given: Readonly<Record<string, unknown>>) => {
    for (const name of Object.keys(given))
      if (!Object.hasOwn(shape.shape, name))
        errors.push({ path: name.slice(0, 100), message: `is not known in the ${where} of this route` })
    const known = Object.fromEntries(
      Object.entries(given).filter(([name]) => Object.hasOwn(shape.shape, name)),
    )
    const parsed = shape.safeParse(known)
    if (parsed.success) return parsed.data
    const found = parsed.error.issues.map(({ path, message }) => ({
      path: path.map(String).join('.') || where,
      message: known[String(path[0])] === undefined ? 'is required' : message,
    }))
    errors.push(...found)
    return {}
  }
  const params = read('path', route.params, input.params)
  const query = read('query', route.query, input.query)
  const body = route.body === null ? {} : read('body', route.body, input.body)
  // The first problem of a field is the plainest: what is no day is not also too late.
  const first = errors.filter(({ path }, i) => errors.findIndex((error) => error.path === path) === i)
  if (first.length > 0) throw badInput(first)
  return { params, query, body }
}

/** Each name once. */
const namedOnce = (query: URLSearchParams, errors: FieldProblem[]): Record<string, unknown> => {
  const given = new Map<string, string>()
  for (const [name, value] of query) {
    if (given.has(name)) errors.push({ path: name.slice(0, 100), message: 'is given more than once' })
    given.set(name, value)
  }
  return Object.fromEntries(given)
}

const bodyOf = (req: Request, errors: FieldProblem[]): Readonly<Record<string, unknown>> => {
  const body: unknown = req.body
  if (body === undefined || body === null) return {}
  if (typeof body === 'object' && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>
  errors.push({ path: 'body', message: 'must be a JSON object' })
  return {}
}

/** An empty object is what many clients send for nothing. */
const noBody = (req: Request, errors: FieldProblem[]): Readonly<Record<string, unknown>> => {
  for (const name of Object.keys(bodyOf(req, errors)))
    errors.push({
      path: name.slice(0, 100),
      message: 'is not read from the body; parameters go into the query',
    })
  return {}
}
