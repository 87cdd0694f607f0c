// Small deterministic random numbers (sfc32). Every subject draws from its own stream, named by keys, so that
// adding one repair order changes no other. `chanceOf` is stateless: the same keys always give the same answer.

type Key = string | number

const mix = (h: number, value: number): number => {
  const x = Math.imul(h ^ value, 0x9e3779b1)
  return x ^ (x >>> 15)
}

/** 32-bit hash of the keys. Called for nearly every field of every answer, hence without building strings. */
export const hash32 = (...keys: readonly Key[]): number => {
  let h = 0x811c9dc5
  for (const key of keys) {
    if (typeof key === 'number') {
      h = mix(mix(h, key | 0), Math.floor(key / 4_294_967_296))
      continue
    }
    for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
    h = mix(h, key.length)
  }
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A number in [0, 1) that depends on the keys alone. */
export const fractionOf = (...keys: readonly Key[]): number => hash32(...keys) / 4_294_967_296

/** True for a share `probability` of all keys, always the same for the same keys. */
export const chanceOf = (probability: number, ...keys: readonly Key[]): boolean =>
  fractionOf(...keys) < probability

export interface Random {
  /** [0, 1) */
  next(): number
  /** Whole number, both ends included. */
  int(min: number, max: number): number
  /** Decimal in [min, max). */
  between(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
}

/** A stream of its own for these keys. */
export const randomStream = (...keys: readonly Key[]): Random => {
  let a = hash32('a', ...keys)
  let b = hash32('b', ...keys)
  let c = hash32('c', ...keys)
  let d = 1
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 8; i++) next()
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    between: (min, max) => min + next() * (max - min),
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly [T, ...T[]]): T => list[int(0, list.length - 1)] ?? list[0],
  }
}
