// The RO of the worked example, and fixtures that say how an answer differs from it and what must come of that.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FoundRepairOrder } from '../../src/core/tekmetric/types.ts'

const folder = fileURLToPath(new URL('../fixtures/tekmetric/', import.meta.url))

export type Json = Record<string, unknown>

const load = (path: string): Json => JSON.parse(readFileSync(`${folder}${path}`, 'utf8')) as Json

export const SHOP = 4321
export const RO = 318204417

/** A fresh copy of the worked example's answers, as `readRepairOrder` returns them. */
export const workedExample = (): FoundRepairOrder => ({
  kind: 'found',
  shopTmId: SHOP,
  ro: RO,
  header: load('repair-orders/worked-example/header.json'),
  estimate: load('repair-orders/worked-example/estimate.json'),
  profitLabor: load('repair-orders/worked-example/profit-labor.json'),
  profitMissing: false,
  fetchedAt: '2026-03-05T02:00:00.000Z',
})

export interface Case {
  readonly promise: string
  /** Path → value. */
  readonly change?: Json
  /** Path → JSON text, for numbers that JavaScript cannot write. */
  readonly raw?: Record<string, string>
  readonly remove?: readonly string[]
  /** Path → new name of its last key. */
  readonly rename?: Record<string, string>
  readonly bundle?: Json
  readonly issues?: Record<string, string>
}

export const casesIn = (name: 'accepted' | 'refused'): ReadonlyArray<readonly [string, Case]> =>
  readdirSync(`${folder}${name}`).map((file) => {
    const test = load(`${name}/${file}`) as unknown as Case
    return [`${test.promise} (${file})`, test] as const
  })

const keysOf = (path: string): { readonly parents: string[]; readonly last: string } => {
  const keys = path.split('.')
  return { parents: keys.slice(0, -1), last: keys.at(-1) ?? '' }
}

const child = (value: unknown, key: string): unknown => (value as Json)[key]

export const at = (value: unknown, path: string): unknown => path.split('.').reduce(child, value)

export const set = (target: object, path: string, value: unknown): void => {
  const { parents, last } = keysOf(path)
  ;(parents.reduce<unknown>(child, target) as Json)[last] = value
}

const remove = (target: object, path: string): void => {
  const { parents, last } = keysOf(path)
  delete (parents.reduce<unknown>(child, target) as Json)[last]
}

/** The worked example with a case's differences applied. */
export const answersOf = ({
  change = {},
  raw = {},
  remove: removed = [],
  rename = {},
}: Case): FoundRepairOrder => {
  const read = workedExample()
  for (const [path, value] of Object.entries(change)) set(read, path, structuredClone(value))
  for (const [path, json] of Object.entries(raw)) set(read, path, JSON.parse(json))
  for (const path of removed) remove(read, path)
  for (const [path, to] of Object.entries(rename)) {
    const { parents } = keysOf(path)
    set(read, [...parents, to].join('.'), at(read, path))
    remove(read, path)
  }
  return read
}
