// Properties of the value readers; their behaviour case by case is in the fixtures.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { feeTypeOf } from '../../src/core/tekmetric/fee-type.ts'
import { scrubMessage, withoutSecrets } from '../../src/core/tekmetric/scrub.ts'
import { cents, instant, timesCents } from '../../src/core/tekmetric/values.ts'

describe('quantity × cents', () => {
  it.each([
    [5.5, 899, 4945],
    [1.005, 100, 101],
    [2.675, 100, 268],
    [0, 899, 0],
    [1e-7, 100, 0],
    [1e21, 0, 0],
    [2.5, -1, -3],
    [0.333, 333, 111],
    [6.02, 1250, 7525],
  ])('%f × %i = %i, half away from zero', (quantity, unit, total) => {
    expect(timesCents(quantity, unit)).toBe(total)
  })

  it('is exact for quantities in thousandths', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        (q, c) => {
          const exact = BigInt(q) * BigInt(c)
          const sign = exact < 0n ? -1n : 1n
          expect(BigInt(timesCents(q / 1000, c))).toBe((sign * (exact * sign * 2n + 1000n)) / 2000n)
        },
      ),
    )
  })
})

describe('cents', () => {
  it('are the same number as a float, a quoted float and an integer', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_147_483_647, max: 2_147_483_647 }), (amount) => {
        for (const sent of [
          amount,
          `${amount}`,
          `${amount}.0`,
          ` ${amount}.00 `,
          JSON.parse(`${amount}.0`) as number,
        ])
          expect(cents.parse(sent)).toBe(amount === 0 ? 0 : amount)
      }),
    )
  })

  it('never come from a value with a fraction of a cent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.integer({ min: 1, max: 999 }),
        (units, part) => {
          expect(cents.safeParse(units + part / 1000).success).toBe(false)
        },
      ),
    )
  })
})

describe('instants', () => {
  it('keep their microseconds and their moment whatever the offset', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (date, offset) => {
          const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
          const [hours, minutes] = [Math.abs(offset) / 60, Math.abs(offset) % 60].map((n) =>
            String(Math.floor(n)).padStart(2, '0'),
          )
          const read = instant.parse(`${local}456789${offset < 0 ? '-' : '+'}${hours}:${minutes}`)
          expect(read).toBe(`${date.toISOString().slice(0, -1)}456Z`)
        },
      ),
    )
  })

  it.each([
    'yesterday',
    '2026-03-05',
    '2026-13-01T00:00:00Z',
    '2026-03-05T25:00:00Z',
    '2026-02-29T00:00:00Z',
    '20260305T010203Z',
  ])('refuse %s', (text) => {
    expect(instant.safeParse(text).success).toBe(false)
  })
})

describe('fee names', () => {
  it.each([
    ['Shop Supplies ', 'shop_supplies'],
    ['SHOP  SUPPLY CHARGE', 'shop_supplies'],
    ['Haz Mat', 'hazmat'],
    ['hazardous waste disposal', 'hazmat'],
    ['Environmental fee', 'environmental'],
    ['EPA', 'environmental'],
    ['Tire Disposal', 'disposal'],
    ['Battery recycling', 'disposal'],
    ['Repair warranty', 'other'],
    ['', 'other'],
    [null, 'other'],
  ] as const)('%j is %s', (name, type) => {
    expect(feeTypeOf(name)).toBe(type)
  })
})

describe('scrubbing', () => {
  it('takes secrets out of a raw answer at any depth and leaves the rest', () => {
    const raw = {
      nonce: 'n',
      a: [{ authToken: 't', authorized: true, permissions: [] }],
      customer: { email: 'kept' },
    }
    expect(withoutSecrets(raw)).toEqual({ a: [{ authorized: true }], customer: { email: 'kept' } })
  })

  it('makes a server message one short line without tokens and addresses', () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(60)}.${'b'.repeat(40)}`
    const scrubbed = scrubMessage(`bad\n date for jane@example.com with ${token} ${'x '.repeat(300)}`)
    expect(scrubbed).toMatch(/^bad date for \[e-mail] with \[long text] x x/)
    expect(scrubbed.length).toBeLessThanOrEqual(200)
  })
})
