// What counts as a change of an RO, and what does not.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/core/tekmetric/content-hash.ts'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import type { FoundRepairOrder } from '../../src/core/tekmetric/types.ts'
import { set, workedExample, type Json } from './tekmetric-fixtures.ts'

const hashWith = (changes: Json, base: Json = {}): string => {
  const read = workedExample()
  for (const [path, value] of Object.entries({ ...base, ...changes })) set(read, path, value)
  return normalizeRepairOrder(read).content_hash
}

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  )
}

/** Every integral number rendered as TM's floats and quoted floats. */
const asFloats = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => asFloats(item))
  if (typeof value === 'number' && Number.isInteger(value)) return `${value}.0`
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asFloats(inner)]))
}

const CLOSED = {
  'header.repairOrderStatus': { id: 5, code: 'POSTED' },
  'header.postedDate': '2026-03-05T01:12:09Z',
}
const RAISE = {
  'estimate.jobs.0.labor.0.technician.hourlyRate': 4100,
  'estimate.jobs.0.grossProfitAmount': 11048,
  'estimate.jobs.0.grossProfitPercentage': 0.6482,
  'estimate.jobs.0.grossProfitPerHour': 18413,
  'profitLabor.totalProfit.cost': 38090,
  'profitLabor.totalProfit.profit': 70174,
  'profitLabor.totalProfit.margin': 0.648175,
  'profitLabor.labor.0.cost': 2460,
}

describe('the same content', () => {
  it.each<[string, (read: FoundRepairOrder) => FoundRepairOrder]>([
    ['read at another moment', (read) => ({ ...read, fetchedAt: '2027-01-01T00:00:00.000Z' })],
    ['with keys in another order', (read) => shuffled(read) as FoundRepairOrder],
    [
      'with numbers as quoted floats',
      (read) => ({ ...read, estimate: asFloats(read.estimate), header: asFloats(read.header) }),
    ],
    [
      'with a new customer-authorization nonce',
      (read) => ({ ...read, header: { ...(read.header as Json), nonce: 'x' } }),
    ],
    [
      'with milliseconds on whole seconds',
      (read) => ({ ...read, header: { ...(read.header as Json), createdDate: '2026-03-03T13:20:11.000Z' } }),
    ],
  ])('%s has the same fingerprint', (_, change) => {
    expect(normalizeRepairOrder(change(workedExample())).content_hash).toBe(hashWith({}))
  })
})

describe('a change', () => {
  it.each<[string, Json]>([
    ['of the update instant alone', { 'header.updatedDate': '2026-03-04T01:42:51Z' }],
    ['of a unit price by a cent', { 'estimate.jobs.0.parts.0.cost': 513 }],
    ['of a line id (the job was saved again)', { 'estimate.jobs.0.parts.0.id': 1055009999 }],
    ['of a decision', { 'estimate.jobs.2.authorized': false }],
    ['of what was paid', { 'header.amountPaid': 100 }],
    ['of a name', { 'header.customer.lastName': 'Client' }],
    ['of something without a column', { 'header.keytag': '13' }],
    ['of pay while the RO is open', RAISE],
  ])('%s changes the fingerprint', (_, changes) => {
    expect(hashWith(changes)).not.toBe(hashWith({}))
  })

  it('of the order of lines changes the fingerprint', () => {
    const read = workedExample()
    const parts = (read.estimate as { jobs: Array<{ parts: unknown[] }> }).jobs[0]?.parts
    parts?.reverse()
    expect(normalizeRepairOrder(read).content_hash).not.toBe(hashWith({}))
  })
})

describe('a closed RO', () => {
  it.each([5, 6])('of status %i is not restated by a later pay change', (status) => {
    const closed = { ...CLOSED, 'header.repairOrderStatus': { id: status } }
    expect(hashWith(RAISE, closed)).toBe(hashWith({}, closed))
  })

  it.each<[string, Json]>([
    ['a part that cost more', { 'estimate.jobs.0.parts.0.cost': 513 }],
    ['other hours', { 'estimate.jobs.0.labor.0.hours': 0.7 }],
    ['another technician', { 'estimate.jobs.0.labor.0.technician.id': 200458 }],
    ['another revenue', { 'profitLabor.totalProfit.retail': 108265 }],
    ['a payment', { 'header.amountPaid': 112470 }],
  ])('is still changed by %s', (_, changes) => {
    expect(hashWith(changes, CLOSED)).not.toBe(hashWith({}, CLOSED))
  })

  it('differs from the open one', () => {
    expect(hashWith(CLOSED)).not.toBe(hashWith({}))
  })
})

describe('canonical JSON', () => {
  it('is one text for equal values, whatever the order of their keys, and parses back to the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(shuffled(value))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
