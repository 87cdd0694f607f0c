// Where TM sends its webhooks: POST /api/webhooks/tekmetric?token=<WEBHOOK_TOKEN>&shop_id=<TM's shop number>. The token in the
// address is all that TM can send; whoever has it can make us read an RO again, and nothing more. Without the right one
// there is nothing at this address. Not a route of the API's table: it has no caller, takes any body, and is not for programs.
import { createHash, timingSafeEqual } from 'node:crypto'
import express, { Router, type Request, type RequestHandler } from 'express'
import { notFound } from '../problem.ts'
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
  router.post(
    WEBHOOK_PATH,
    knowing(token),
    express.raw({ limit: BODY_LIMIT, type: () => true }),
    (req, res) => {
      const body: unknown = req.body
      // Before anything is done with it, looking into it included: TM waits for no work of ours.
      res.status(200).json({})
      desk.take(Buffer.isBuffer(body) ? body : Buffer.alloc(0), shopOf(req))
    },
  )
  return router
}

/** Before the body is read. Digests of equal length are compared, so that the time taken tells nothing. */
const knowing = (token: string | null): RequestHandler => {
  const expected = token === null ? null : digest(token)
  return (req, _res, next) => {
    const given = digest(queryOf(req).get('token') ?? '')
    if (expected === null || !timingSafeEqual(given, expected)) throw notFound()
    next()
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const queryOf = (req: Request): URLSearchParams => {
  const at = req.originalUrl.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : req.originalUrl.slice(at + 1))
}

/** A number that makes no sense is no number: the rest of the hint may still do. */
const shopOf = (req: Request): number | null => {
  const given = queryOf(req).get('shop_id') ?? ''
  return /^\d{1,12}$/.test(given) ? Number(given) : null
}
