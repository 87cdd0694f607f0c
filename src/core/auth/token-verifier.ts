// Checks a Supabase access token: signature, expiry, audience, kind. HS256 tokens are checked with the project's secret,
// asymmetric ones with its JWKS; which of the two is used follows from the algorithm, so neither key can stand in for the other.
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTVerifyOptions,
} from 'jose'
import { z } from 'zod'
import { UpstreamDown } from '../errors.ts'
import { TokenRefused, type TokenRefusal } from './refusals.ts'

export interface TokenVerifierOptions {
  /** The project's JWT secret; null when the project signs asymmetrically only. */
  readonly jwtSecret: string | null
  /** The project's JWKS; null when it has none. */
  readonly jwksUrl: string | null
  readonly fetch?: typeof fetch
}

export interface VerifiedToken {
  readonly userId: string
  readonly expiresAt: Date
}

export interface TokenVerifier {
  /** @throws TokenRefused when the token does not hold; UpstreamDown when the JWKS cannot be read */
  verify(token: string): Promise<VerifiedToken>
}

/** What an access token of a signed-in user says; API keys (`anon`, `service_role`) have another role and no subject. */
const Claims = z.object({ sub: z.string().min(1), exp: z.number(), role: z.literal('authenticated') })

const SHARED = ['HS256']
const ASYMMETRIC = ['ES256', 'RS256', 'EdDSA']
const CLOCK_TOLERANCE_SECONDS = 5

/** Makes the verifier. Nothing is fetched before the first asymmetric token. */
export const createTokenVerifier = ({ jwtSecret, jwksUrl, fetch }: TokenVerifierOptions): TokenVerifier => {
  const secret = jwtSecret === null ? null : new TextEncoder().encode(jwtSecret)
  const jwks =
    jwksUrl === null
      ? null
      : createRemoteJWKSet(new URL(jwksUrl), fetch === undefined ? {} : { [customFetch]: fetch })
  const payloadOf = async (token: string) => {
    const options: JWTVerifyOptions = {
      audience: 'authenticated',
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    }
    const algorithm = algorithmOf(token)
    if (SHARED.includes(algorithm) && secret !== null)
      return (await jwtVerify(token, secret, { ...options, algorithms: SHARED })).payload
    if (ASYMMETRIC.includes(algorithm) && jwks !== null)
      return (await jwtVerify(token, jwks, { ...options, algorithms: ASYMMETRIC })).payload
    throw new TokenRefused('no-key', { details: { algorithm: algorithm.slice(0, 16) } })
  }
  return {
    verify: async (token) => {
      try {
        const claims = Claims.safeParse(await payloadOf(token))
        if (!claims.success) throw new TokenRefused('claims')
        return { userId: claims.data.sub, expiresAt: new Date(claims.data.exp * 1_000) }
      } catch (err) {
        throw asRefusal(err)
      }
    },
  }
}

const algorithmOf = (token: string): string => {
  try {
    return decodeProtectedHeader(token).alg ?? ''
  } catch (cause) {
    throw new TokenRefused('malformed', { cause }) // jose reports it as a plain TypeError, as it does a failed fetch.
  }
}

const REFUSALS: Readonly<Record<string, TokenRefusal>> = {
  [errors.JWTExpired.code]: 'expired',
  [errors.JWTClaimValidationFailed.code]: 'claims',
  [errors.JWSSignatureVerificationFailed.code]: 'signature',
  [errors.JWKSNoMatchingKey.code]: 'no-key',
  [errors.JWKSMultipleMatchingKeys.code]: 'no-key',
  [errors.JOSENotSupported.code]: 'malformed',
  [errors.JOSEAlgNotAllowed.code]: 'no-key',
  [errors.JWSInvalid.code]: 'malformed',
  [errors.JWTInvalid.code]: 'malformed',
}

const asRefusal = (err: unknown): Error => {
  if (err instanceof TokenRefused) return err
  const refusal = err instanceof errors.JOSEError ? REFUSALS[err.code] : undefined
  if (refusal !== undefined) return new TokenRefused(refusal, { cause: err })
  return new UpstreamDown('the keys of the project (JWKS) cannot be read', { cause: err })
}
