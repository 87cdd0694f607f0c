// Where TM sends its webhooks: POST /api/webhooks/tekmetric?token=<WEBHOOK_TOKEN>&shop_id=<TM's shop number>. The token in the
// address is all that TM can send; whoever has it can make us read an RO again, and nothing more. Without the right one
// there is nothing at this address. Not a route of the API's table: it has no caller, takes any body, and is not for programs.
import { randomUUID } from 'node:crypto'
import express, { Router, type Request, type RequestHandler } from 'express'
import { answersAs } from '../answer-times.ts'
import { notFound } from '../problem.ts'
import { queryOf } from '../query.ts'
import { isSecret } from '../secret.ts'
import type { HintDesk } from '../../webhook/hints.ts'

export interface WebhookRouteOptions {
  /** null: no address. */
  readonly token: string | null
  readonly desk: HintDesk
}

export const WEBHOOK_PATH = '/api/webhooks/tekmetric'

/** A large RO with all its jobs comes to some hundred kilobytes. */
const BODY_LIMIT = '2mb'

export const webhookRoute = ({ token, desk }: WebhookRouteOptions): Router => {
  const router = Router()
  router.post(WEBHOOK_PATH, knowing(token), answersAs(`POST ${WEBHOOK_PATH}`), anyBody(), (req, res) => {
    const body: unknown = req.body
    // Before anything is done with it, looking into it included: TM waits for no work of ours.
    res.status(200).json({})
    desk.take(Buffer.isBuffer(body) ? body : Buffer.alloc(0), shopOf(req))
  })
  return router
}

/** Before the body is read. */
const knowing =
  (token: string | null): RequestHandler =>
  (req, _res, next) => {
    if (token === null || !isSecret(queryOf(req).get('token') ?? '', token)) throw notFound()
    next()
  }

/**
 * Reads the body. One that is too large, or encoded in a way that we cannot read, is a hint that we do not understand, no
 * fault of TM's. Nothing of it is kept; in its place stands a text that no other hint has, so that each is counted as
 * unreadable, and as one of those that are taken in a minute.
 */
const anyBody = (): RequestHandler => {
  const read = express.raw({ limit: BODY_LIMIT, type: () => true })
  return (req, res, next) =>
    read(req, res, (err?: unknown) => {
      if (err !== undefined) req.body = Buffer.from(`unreadable ${randomUUID()}`)
      next()
    })
}

/** A number that makes no sense is no number: the rest of the hint may still do. */
const shopOf = (req: Request): number | null => {
  const given = queryOf(req).get('shop_id') ?? ''
  return /^\d{1,12}$/.test(given) ? Number(given) : null
}
