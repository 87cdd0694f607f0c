// Stored answers give the same bundle as the answers themselves, without what must never be stored.
import { describe, expect, it } from 'vitest'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import { keepsRaw, packRead, unpackRead } from '../../src/core/tekmetric/raw-payload.ts'
import type { FoundRepairOrder } from '../../src/core/tekmetric/types.ts'
import { answersOf, casesIn, workedExample } from './tekmetric-fixtures.ts'

const again = (read: FoundRepairOrder): FoundRepairOrder => unpackRead(packRead(read).payload, read)

describe('a read that was packed and unpacked', () => {
  it.each(casesIn('accepted'))('gives the same bundle: %s', (_promise, fixture) => {
    const read = answersOf(fixture)
    expect(normalizeRepairOrder(again(read))).toEqual(normalizeRepairOrder(read))
  })

  it.each(casesIn('refused'))('is refused for the same fields: %s', (_promise, fixture) => {
    const read = answersOf(fixture)
    const issuesOf = (of: FoundRepairOrder): unknown => {
      try {
        return normalizeRepairOrder(of)
      } catch (error) {
        return (error as { details: { issues: unknown } }).details.issues
      }
    }
    expect(issuesOf(again(read))).toEqual(issuesOf(read))
  })

  it('holds no nonce, no token and no permission', () => {
    const read = workedExample()
    const header = {
      ...(read.header as object),
      nonce: 'n-1',
      accessToken: 't-1',
      inner: [{ permissions: ['p-1'] }],
    }
    expect(JSON.stringify(again({ ...read, header }))).not.toMatch(/n-1|t-1|p-1/)
  })

  it('has the same hash for the same answers, another for others, and is smaller than they are', () => {
    const read = workedExample()
    expect(packRead(read).hash).toBe(packRead({ ...read, fetchedAt: '2027-01-01T00:00:00Z' }).hash)
    expect(packRead(read).hash).not.toBe(packRead({ ...read, profitMissing: true }).hash)
    const { data, bytes } = packRead(read).payload
    expect(data.length).toBeLessThan(bytes)
  })
})

describe('a stored payload that is none', () => {
  it.each([null, {}, { encoding: 'gzip+base64', data: 'no' }, { encoding: 'zip', data: '' }])(
    '%j is refused as data, without its content',
    (stored) => {
      const { shopTmId, ro, fetchedAt } = workedExample()
      expect(() => unpackRead(stored, { shopTmId, ro, fetchedAt })).toThrow('a stored payload cannot be read')
    },
  )
})

describe('STORE_RAW_PAYLOADS', () => {
  const ros = Array.from({ length: 4_000 }, (_, i) => ({ shop: 4321, ro: 318_000_000 + i }))

  it('off keeps none, all keeps every one', () => {
    expect(ros.filter((which) => keepsRaw('off', which))).toEqual([])
    expect(ros.filter((which) => keepsRaw('all', which))).toHaveLength(ros.length)
  })

  it('sample keeps about one RO in twenty, always the same ones', () => {
    const kept = ros.filter((which) => keepsRaw('sample', which))
    expect(kept.length / ros.length).toBeGreaterThan(0.035)
    expect(kept.length / ros.length).toBeLessThan(0.065)
    expect(ros.filter((which) => keepsRaw('sample', which))).toEqual(kept)
  })
})
