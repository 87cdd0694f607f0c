// Compares what a caller presents with a secret of ours, in a time that tells nothing: digests are equally long.
import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export const isSecret = (presented: string, secret: string): boolean =>
  timingSafeEqual(digest(presented), digest(secret))
