// Access tokens as Supabase issues them: @supabase/lite leaves out app_metadata, user_metadata and the issuer, which
// policies and API servers rely on. Its token answers are signed again with those claims added.
import { decodeJwt, SignJWT } from 'jose'
import { z } from 'zod'

const tokenAnswer = z.looseObject({
  access_token: z.string(),
  user: z.looseObject({
    app_metadata: z.record(z.string(), z.unknown()).default({}),
    user_metadata: z.record(z.string(), z.unknown()).default({}),
  }),
})

export interface TokenOptions {
  readonly jwtSecret: string
  /** `http://127.0.0.1:<port>/auth/v1` */
  readonly issuer: string
}

/** Signs claims with the project's secret (HS256). Whoever holds the secret can be anybody. */
export const signClaims = (claims: Record<string, unknown>, jwtSecret: string): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(jwtSecret))

/** The same answer, its access token replaced by a complete one; anything else passes unchanged. */
export const completeTokens = async (response: Response, options: TokenOptions): Promise<Response> => {
  if (!response.ok || !response.headers.get('content-type')?.includes('json')) return response
  const body: unknown = await response.clone().json()
  const parsed = tokenAnswer.safeParse(body)
  if (!parsed.success) return response
  const { access_token: given, user } = parsed.data
  const claims = { ...decodeJwt(given), iss: options.issuer, ...pick(user) }
  const complete = { ...parsed.data, access_token: await signClaims(claims, options.jwtSecret) }
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return new Response(JSON.stringify(complete), { status: response.status, headers })
}

const pick = (user: { app_metadata: object; user_metadata: object }) => ({
  app_metadata: user.app_metadata,
  user_metadata: user.user_metadata,
})
