// What a route is given and what it answers. Routes are pure functions of the world and the request.
import type { Answers } from './answers.ts'
import type { Fault } from './faults.ts'
import type { ShopState, World } from './world.ts'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly type: 'json' | 'html' | 'none'
}

export interface RouteContext {
  readonly world: World
  readonly answers: Answers
  /** Captured parts of the path, in order. */
  readonly params: readonly string[]
  readonly query: URLSearchParams
  /** The token's shop; null opens every shop. */
  readonly scope: { readonly shop: number | null }
  /** A fault that changes content (`malform`, `shift`), if one hits this request. */
  readonly fault: Fault | undefined
  /** The shop of the path; undefined on routes without one. */
  readonly shop: ShopState | undefined
}

export interface Route {
  readonly name: string
  readonly pattern: RegExp
  /** Which captured part is the shop, and which the RO (index into `params`). */
  readonly shopParam?: number
  readonly roParam?: number
  handle(context: RouteContext): Answer
}

export const json = (body: string, status = 200): Answer => ({ status, body, type: 'json' })
export const nothing = (status: number): Answer => ({ status, body: '', type: 'none' })

const PAGE =
  '<!doctype html><html><head><title>Tekmetric</title></head><body><div id="app"></div></body></html>'
export const html = (status: number): Answer => ({ status, body: PAGE, type: 'html' })

/** The error envelope of reads that fail with a message. */
export const problem = (status: number, message: string): Answer =>
  json(JSON.stringify({ type: 'ERROR', message, data: null, details: {} }), status)

/** A whole number of the query, or the fallback. */
export const intOf = (query: URLSearchParams, name: string, fallback: number): number => {
  const value = Number(query.get(name) ?? fallback)
  return Number.isInteger(value) && value >= 0 ? value : fallback
}
