// The query of a request as it was sent. Express' own parser would give lists and objects, and drop what it cannot hold.
import type { Request } from 'express'

export const queryOf = ({ originalUrl }: Request): URLSearchParams => {
  const at = originalUrl.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : originalUrl.slice(at + 1))
}
