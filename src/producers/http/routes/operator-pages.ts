// The operator's pages, behind the session. Each is a view of routes of the API, called for the person who looks (api/within.ts);
// forms are protected as every write on the authority of a cookie is (same-origin.ts).
import { Router, urlencoded, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { shopsWith, type Identity } from '../../../core/auth/identity.ts'
import type { Role } from '../../../core/auth/roles.ts'
import { FAILED_PATH, SCHEDULES_PATH, SEARCH_PATH } from '../addresses.ts'
import type { ApiParts } from '../api/parts.ts'
import { callWithin, routeNamed } from '../api/within.ts'
import { failedPage, type FailedRow, type Quarantine } from '../failed-page.ts'
import { inWordsOfThePage, type Typed } from '../operator-frame.ts'
import { notFound, toProblem } from '../problem.ts'
import { schedulesPage, type ScheduleRow } from '../schedules-page.ts'
import { searchPage, type SearchResult } from '../search-page.ts'
import { sessionRequired } from '../session-required.ts'
import { callerOf } from '../session.ts'

const SEARCH = routeNamed('GET', '/api/queue-jobs')
const FAILED = routeNamed('GET', '/api/failed')
const RETRY = routeNamed('POST', '/api/failed/retry')
const SCHEDULES = routeNamed('GET', '/api/schedules')

const HOUR_MS = 3600_000
const Text = z.string().max(100).catch('')
/** `shop` is what the commands call it, and what people write into an address. */
const SearchForm = z
  .object({ shop: Text, shop_id: Text, ro_number: Text })
  .transform(({ shop, shop_id, ro_number }) => ({ shop_id: shop_id || shop, ro_number: ro_number.trim() }))
const FailedForm = z.object({
  shop_id: Text,
  queue: Text,
  class: Text,
  since: Text,
  ro_number: Text,
  limit: z.string().max(10).catch('100'),
})
const RetryForm = FailedForm.extend({ rate: z.string().max(10).catch('60') })

export const operatorPages = (parts: ApiParts): Router => {
  const router = Router()
  const door: RequestHandler[] = [parts.sessions.identify, sessionRequired(parts.sessions)]
  const form = urlencoded({ extended: false, limit: '4kb' })
  router.get(SEARCH_PATH, ...door, (req, res) => showSearch(parts, req, res))
  router.get(FAILED_PATH, ...door, (req, res) =>
    showFailed(parts, { req, res, typed: FailedForm.parse(req.query), done: null }),
  )
  router.post(FAILED_PATH, ...door, form, (req, res) => retry(parts, req, res))
  router.get(SCHEDULES_PATH, ...door, async (req, res) => {
    const { body } = await callWithin(SCHEDULES, { parts, req, res })
    const { schedules } = body as { schedules: readonly ScheduleRow[] }
    res.type('html').send(schedulesPage({ reader: readerOf(req), schedules }))
  })
  for (const act of ['pause', 'resume']) {
    const route = routeNamed('POST', `/api/schedules/{id}/${act}`)
    router.post(`${SCHEDULES_PATH}/:id/${act}`, ...door, async (req, res) => {
      await callWithin(route, { parts, req, res, params: { id: String(req.params['id']) } })
      res.redirect(303, SCHEDULES_PATH)
    })
  }
  return router
}

const showSearch = async (parts: ApiParts, req: Request, res: Response): Promise<void> => {
  const typed = SearchForm.parse(req.query)
  const reader = readerOf(req)
  const { shops } = await shopsFor(parts, reader, 'employee')
  const answer = await orProblem(async () => {
    if (typed.ro_number !== '')
      return (await callWithin(SEARCH, { parts, req, res, query: typed })).body as SearchResult
    // No route is called that would count the request.
    await parts.limits.take(reader)
    return null
  })
  const { value: result, problem, status } = answer
  res.status(status).type('html').send(searchPage({ reader, shops, typed, result, problem }))
}

interface Shown {
  readonly req: Request
  readonly res: Response
  readonly typed: z.output<typeof FailedForm> & Typed
  readonly done: string | null
}

const showFailed = async (parts: ApiParts, { req, res, typed, done }: Shown): Promise<void> => {
  const reader = readerOf(req)
  const { shops, all } = await shopsFor(parts, reader, 'manager')
  // Who has not every shop looks at one at a time; the first is as good as any.
  const filled = {
    ...typed,
    shop_id: typed.shop_id === '' && !all ? String(shops[0]?.tmId ?? '') : typed.shop_id,
  }
  const answer = await orProblem(async () => {
    const { body } = await callWithin(FAILED, { parts, req, res, query: filterOf(filled) })
    return body as { failed: readonly FailedRow[]; quarantine: Quarantine }
  })
  const { value: found, problem, status } = answer
  const shown = { reader, shops, allShops: all, typed: filled, found, done, problem }
  res.status(status).type('html').send(failedPage(shown))
}

const retry = async (parts: ApiParts, req: Request, res: Response): Promise<void> => {
  const { rate, ...typed } = RetryForm.parse(req.body ?? {})
  const query = { ...filterOf(typed), rate, preview: 'false' }
  const { body } = await callWithin(RETRY, { parts, req, res, query })
  const { retried, coalesced, refused, minutes } = body as {
    retried: number
    coalesced: number
    refused: readonly { name: string; why: string }[]
    minutes: number
  }
  const stays = refused.length === 0 ? '' : ` ${refused.length} stay failed: ${refused[0]?.why ?? ''}.`
  const spread = minutes > 0 ? `, the last within ${minutes} min` : ''
  const done = `${retried} asked for again${spread}; ${coalesced} were waiting already.${stays}`
  await showFailed(parts, { req, res, typed, done })
}

/** The form's hours become the instant that the API takes. */
const filterOf = ({ since, ...typed }: z.output<typeof FailedForm>): Typed => ({
  ...typed,
  since: /^\d{1,4}$/.test(since) ? new Date(Date.now() - Number(since) * HOUR_MS).toISOString() : since,
})

/** Whom the door has let in. */
const readerOf = (req: Request): Identity => {
  const caller = callerOf(req)
  if (caller === null) throw notFound()
  return caller.identity
}

/** The shops where the person has the role, by TM's number. */
const shopsFor = async ({ services }: ApiParts, reader: Identity, role: Role) => {
  const mine = shopsWith(reader, role)
  const shops = await services.shops.all()
  return { shops: shops.filter(({ id }) => mine === null || mine.includes(id)), all: mine === null }
}

interface Outcome<T> {
  readonly value: T | null
  readonly problem: string | null
  readonly status: number
}

/** What the API refuses is said on the page, next to what was typed; what is not the person's to see, or our fault, is no page. */
const orProblem = async <T>(work: () => Promise<T>): Promise<Outcome<T>> => {
  try {
    return { value: await work(), problem: null, status: 200 }
  } catch (error) {
    const { status, detail, errors = [] } = toProblem(error)
    if (status >= 500 || status === 401 || status === 403) throw error
    const fields = errors.map(inWordsOfThePage).join('; ')
    return { value: null, problem: status === 400 ? fields : detail, status }
  }
}
