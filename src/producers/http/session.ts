// Who sends a request: a bearer token, or a browser's session cookies (access and refresh token, HttpOnly, SameSite=Strict).
// An expired access token is renewed with the refresh token on the way, so that a person who watches the board is not sent away.
import type { IncomingMessage } from 'node:http'
import type { CookieOptions, Request, RequestHandler, Response } from 'express'
import { tokenKey, type Auth, type Identity } from '../../core/auth/auth.ts'
import { TokenRefused } from '../../core/auth/refusals.ts'
import type { AuthSession } from '../../core/auth/supabase-auth.ts'
import type { CallerLimits } from './api/limits.ts'
import { HttpProblem } from './problem.ts'

export interface Caller {
  readonly identity: Identity
  readonly accessToken: string
  readonly via: 'bearer' | 'cookie'
}

export interface Sessions {
  /** Finds out who is calling; see `callerOf`. Refuses nobody: that is for the routes. */
  readonly identify: RequestHandler
  /** Gives the browser its cookies. */
  open(res: Response, session: AuthSession): void
  /** Takes them away. */
  clear(res: Response): void
  /** The refresh token of a browser, if it sent one. */
  refreshTokenOf(req: Request): string | null
  /** True when the request could be authorized by a cookie. */
  hasCookies(req: Request): boolean
}

/** A working day: after that long without a request a browser signs in again. */
const REFRESH_COOKIE_SECONDS = 12 * 3600
/** Requests that were under way with the old refresh token share the renewal for this long. */
const RENEWAL_SHARED_MS = 30_000

/** Browsers drop a cookie of more than 4,096 bytes without a word, and the login would seem to do nothing. */
const MAX_COOKIE_CHARACTERS = 4_000

const callers = new WeakMap<IncomingMessage, Caller>()
const refusals = new WeakMap<IncomingMessage, TokenRefused>()

/** The caller that `Sessions.identify` found, or null. */
export const callerOf = (req: IncomingMessage): Caller | null => callers.get(req) ?? null

/** Why the token that the request carried was refused; null when it carried none, or a good one. */
export const refusalOf = (req: IncomingMessage): TokenRefused | null => refusals.get(req) ?? null

/** The token of `Authorization: Bearer …`, or null. */
export const bearerOf = (req: Request): string | null =>
  /^Bearer\s+(\S+)$/i.exec(req.get('authorization') ?? '')?.[1] ?? null

export interface SessionOptions {
  readonly auth: Auth
  /** Cookies are marked Secure and bound to this host by name. */
  readonly https: boolean
  /** Bounds tokens that nobody knows, by address; what it throws is the answer. */
  readonly strangers: Pick<CallerLimits, 'tryUnknown'>
}

export const createSessions = ({ auth, https, strangers }: SessionOptions): Sessions => {
  const prefix = https ? '__Host-' : ''
  const access = `${prefix}warehouse_session`
  const refresh = `${prefix}warehouse_refresh`
  const attributes: CookieOptions = { httpOnly: true, sameSite: 'strict', secure: https, path: '/' }
  const renew = shareRenewals(auth)

  const open = (res: Response, session: AuthSession): void => {
    if (session.accessToken.length > MAX_COOKIE_CHARACTERS)
      throw new HttpProblem({
        status: 422,
        code: 'SESSION_TOO_LARGE',
        detail:
          'The profile of this account is too large for a browser session; shorten its metadata in Supabase.',
      })
    res.cookie(access, session.accessToken, { ...attributes, maxAge: session.expiresIn * 1_000 })
    res.cookie(refresh, session.refreshToken, { ...attributes, maxAge: REFRESH_COOKIE_SECONDS * 1_000 })
  }
  const clear = (res: Response): void => {
    res.clearCookie(access, attributes)
    res.clearCookie(refresh, attributes)
  }
  const callerBy = async (accessToken: string, via: Caller['via']): Promise<Caller> => ({
    identity: await auth.identify(accessToken),
    accessToken,
    via,
  })
  const renewed = async (res: Response, refreshToken: string): Promise<Caller> => {
    try {
      const session = await renew(refreshToken)
      const caller = await callerBy(session.accessToken, 'cookie')
      open(res, session)
      return caller
    } catch (err) {
      if (err instanceof TokenRefused) clear(res)
      throw err
    }
  }
  /** Both cookies are one attempt: an expired session with a good refresh token is none. */
  const byCookie = async (req: Request, res: Response): Promise<Caller | null> => {
    const [token, refreshToken] = [cookieOf(req, access), cookieOf(req, refresh)]
    try {
      if (token !== null) return await callerBy(token, 'cookie')
    } catch (err) {
      const isOver = err instanceof TokenRefused && err.refusal === 'expired'
      if (!isOver || refreshToken === null) throw err
    }
    return refreshToken === null ? null : renewed(res, refreshToken)
  }
  /** The caller, or null when there is none or the token is refused. @throws HttpProblem 429 */
  const find = async (req: Request, res: Response): Promise<Caller | null> => {
    // An Authorization header decides alone: a request is never half bearer, half cookie.
    const bearer = bearerOf(req)
    const given = bearer === null ? [cookieOf(req, access), cookieOf(req, refresh)] : [bearer]
    const tokens = given.filter((token) => token !== null)
    if (tokens.length === 0) return null
    const lookUp = () => (bearer === null ? byCookie(req, res) : callerBy(bearer, 'bearer'))
    try {
      if (tokens.some((token) => auth.knows(token))) return await lookUp()
      return await strangers.tryUnknown(req.ip ?? 'unknown', lookUp)
    } catch (err) {
      if (!(err instanceof TokenRefused)) throw err
      refusals.set(req, err)
      return null
    }
  }
  return {
    open,
    clear,
    refreshTokenOf: (req) => cookieOf(req, refresh),
    hasCookies: (req) => cookieOf(req, access) !== null || cookieOf(req, refresh) !== null,
    identify: async (req, res, next) => {
      const caller = await find(req, res)
      if (caller) callers.set(req, caller)
      next()
    },
  }
}

/** One renewal per refresh token, however many requests of a page ask at the same time: a refresh token works once. */
const shareRenewals = (auth: Auth): ((refreshToken: string) => Promise<AuthSession>) => {
  const underWay = new Map<string, Promise<AuthSession>>()
  return (refreshToken) => {
    const key = tokenKey(refreshToken)
    const known = underWay.get(key)
    if (known) return known
    const renewal = auth.refresh(refreshToken)
    underWay.set(key, renewal)
    renewal.catch(() => underWay.delete(key)) // The next request may find the auth service back.
    setTimeout(() => underWay.delete(key), RENEWAL_SHARED_MS).unref()
    return renewal
  }
}

const cookieOf = (req: Request, name: string): string | null => {
  for (const pair of (req.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return decoded(pair.slice(at + 1).trim())
  }
  return null
}

/** Tokens are printable; what is not never reaches the auth service. */
export const TOKEN = /^[\x21-\x7e]+$/

const decoded = (value: string): string | null => {
  try {
    const text = decodeURIComponent(value)
    return TOKEN.test(text) ? text : null
  } catch {
    return null // Not ours: we write cookies URL-encoded.
  }
}
