// Why a caller is not let in. Both are the caller's to solve; neither message says more than the caller may know.
import { AppError, type AppErrorOptions } from '../errors.ts'

/** The email or the password is wrong, or the account may not sign in. */
export class SignInRefused extends AppError {
  constructor(message = 'Wrong email or password.', options?: AppErrorOptions) {
    super('data', 'SIGN_IN_REFUSED', message, options)
  }
}

/**
 * `expired` and `signed-out` ask for a new login, `malformed` and `signature` are forged or foreign, `claims` is a valid
 * token of the wrong kind (an API key, another audience), `no-key` means that this server lacks the key to check it,
 * `unknown-key` is a machine key that never was or was revoked.
 */
export type TokenRefusal =
  | 'expired'
  | 'signed-out'
  | 'malformed'
  | 'signature'
  | 'claims'
  | 'no-key'
  | 'unknown-key'

/** A token that does not identify a signed-in user. */
export class TokenRefused extends AppError {
  readonly refusal: TokenRefusal
  constructor(refusal: TokenRefusal, options?: AppErrorOptions) {
    super('data', 'TOKEN_REFUSED', SENTENCES[refusal], options)
    this.refusal = refusal
  }
}

const SENTENCES: Readonly<Record<TokenRefusal, string>> = {
  expired: 'The token has expired; sign in again.',
  'signed-out': 'The session behind this token has ended; sign in again.',
  malformed: 'The token is neither a JWT nor a whole machine key (whk_ and 43 characters).',
  signature: 'The signature of the token is not valid here.',
  claims: 'The token does not belong to a signed-in user.',
  'unknown-key': 'This machine key is not known here, or it was revoked.',
  'no-key': 'This server has no key to check this kind of token.',
}
