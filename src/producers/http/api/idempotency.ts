// Idempotency-Key: the same caller, route, parameters and key get the same answer, also from another process and after a
// restart. The claim is written before the work begins. What is refused (4xx) gives the key back; what fails on our side may
// have opened its run, so the next try takes over its claim and finds that run.
import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { z } from 'zod'
import type { Identity } from '../../../core/auth/auth.ts'
import { HttpProblem, toProblem } from '../problem.ts'
import { badInput, type ReadInput } from './input.ts'
import type { ApiParts } from './parts.ts'
import { nameOf, type ApiAnswer, type ApiRoute } from './route.ts'

const HEADER = 'Idempotency-Key'
const SHAPE = /^[\x21-\x7e]{1,200}$/

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What is kept of an answer: enough to send it again, and to wait again. */
const Kept = z.object({ body: z.record(z.string(), z.unknown()), waitFor: z.any().optional() })

export interface Once {
  readonly identity: Identity
  readonly input: ReadInput
  /** `requestKey` is the same for every try, also after one that failed. */
  readonly work: (requestKey: string | undefined) => Promise<ApiAnswer>
}

/** @throws HttpProblem 400 for a header that is no key */
const keyOf = (req: Request): string | null => {
  const given = req.get(HEADER)
  if (given === undefined) return null
  if (!SHAPE.test(given))
    throw badInput([{ path: HEADER, message: 'must be 1 to 200 printable characters without spaces' }])
  return given
}

/** Parameters in a fixed order; how long the caller waits does not make another request. */
const fingerprintOf = (route: ApiRoute, { params, query }: ReadInput): string => {
  const named = Object.entries({ ...query, ...params }).filter(
    ([name, v]) => name !== 'wait' && v !== undefined,
  )
  return hash(
    JSON.stringify([nameOf({ ...route, method: 'POST' }), named.toSorted(([a], [b]) => (a < b ? -1 : 1))]),
  )
}

/** Does the work once per key. @throws HttpProblem 409 while it is being done, 422 for a key of another request */
export const once = async (
  route: ApiRoute,
  req: Request,
  { services }: ApiParts,
  { identity, input, work }: Once,
): Promise<ApiAnswer> => {
  const key = route.enqueues ? keyOf(req) : null
  if (key === null) return work(undefined)
  const { apiRequests } = services.warehouse
  const request = { caller: `${identity.kind}:${identity.userId}`, keyHash: hash(key) }
  const claimed = await apiRequests.claim({ ...request, fingerprint: fingerprintOf(route, input) })
  if (claimed.state === 'busy') throw busy()
  if (claimed.state === 'other') throw usedOtherwise()
  if (claimed.state === 'answered') {
    const { body, waitFor } = Kept.parse(claimed.answer)
    return { status: claimed.status, body, ...(waitFor === undefined ? {} : { waitFor }) }
  }
  try {
    const answer = await work(`api.${claimed.claim}`)
    const { status, body, waitFor } = answer
    await apiRequests.settle(request, { status, body: { body: body ?? {}, ...(waitFor ? { waitFor } : {}) } })
    return answer
  } catch (error) {
    const { status } = toProblem(error)
    const kept = status < 500 ? null : { status, body: {} }
    await apiRequests.settle(request, kept).catch(() => undefined) // A claim nobody settles is taken over in two minutes.
    throw error
  }
}

const busy = (): HttpProblem =>
  new HttpProblem({
    status: 409,
    code: 'REQUEST_UNDER_WAY',
    detail: 'A request with this Idempotency-Key is being worked on; ask again in a moment.',
    headers: { 'Retry-After': '1' },
  })

const usedOtherwise = (): HttpProblem =>
  new HttpProblem({
    status: 422,
    code: 'IDEMPOTENCY_KEY_REUSED',
    detail: 'This Idempotency-Key was used for another request; take a new one for each.',
    errors: [{ path: HEADER, message: 'was used with other parameters' }],
  })
