// What a machine key looks like: a mark that tells it from a JWT (and lets scanners of leaked secrets find it), then 256
// random bits. Only its SHA-256 is stored; with that many random bits a slow hash would add nothing.
import { createHash, randomBytes } from 'node:crypto'

const MARK = 'whk_'
const SECRET_BYTES = 32
const SHAPE = /^whk_[A-Za-z0-9_-]{43}$/
/** The mark and four characters: enough to recognise a key in a list, nothing to guess the rest with. */
const HINT_CHARACTERS = 8

export const isMachineKey = (token: string): boolean => SHAPE.test(token)

/** The form in which a key is stored and looked up. */
export const machineKeyHash = (key: string): string => createHash('sha256').update(key).digest('hex')

/** A new key, to be shown once. */
export const makeMachineKey = (): {
  readonly key: string
  readonly keyHash: string
  readonly hint: string
} => {
  const key = MARK + randomBytes(SECRET_BYTES).toString('base64url')
  return { key, keyHash: machineKeyHash(key), hint: key.slice(0, HINT_CHARACTERS) }
}
