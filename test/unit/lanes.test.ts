// The place in the line of a queue with lanes, as a table and as an order of service.
import { describe, expect, it } from 'vitest'
import { optionsOf } from '../../src/core/enqueue.ts'
import { LANES, priorityOf, type Lane } from '../../src/core/queues.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'

describe('the place in the line', () => {
  it.each<[Lane, number, number]>([
    ['interactive', 0, 1],
    ['interactive', 49_999, 1],
    ['incremental', 0, 11],
    ['incremental', 19, 201],
    ['repair', 19, 401],
    ['backfill', 0, 101],
    ['backfill', 149, 15_001],
    ['backfill', 50_000, 2_000_001],
  ])('of %s, turn %i, is %i', (lane, turn, place) => {
    expect(priorityOf(lane, turn)).toBe(place)
  })

  it('is one that BullMQ takes, whatever the lane and the turn', () => {
    for (const lane of LANES)
      for (const turn of [0, 1, 1_000_000, Number.MAX_SAFE_INTEGER]) {
        expect(priorityOf(lane, turn)).toBeGreaterThanOrEqual(1)
        expect(priorityOf(lane, turn)).toBeLessThanOrEqual(2_097_151)
      }
  })

  it('of a payload without a turn is that of turn 0', () => {
    const payload = { shop: 4321, ro: 1, lane: 'backfill', reason: 'listed' } as const
    expect(optionsOf(syncRepairOrder, payload).priority).toBe(101)
    expect(optionsOf(syncRepairOrder, { ...payload, turn: 3 }).priority).toBe(401)
  })
})

interface Line {
  readonly name: string
  readonly lane: Lane
  readonly length: number
}

/** Who is served when all of these wait at once. */
const served = (lines: readonly Line[]): string[] =>
  lines
    .flatMap(({ name, lane, length }) =>
      Array.from({ length }, (_, turn) => ({ name, place: priorityOf(lane, turn) })),
    )
    .toSorted((a, b) => a.place - b.place)
    .map(({ name }) => name)

describe('the order of service', () => {
  it('lets shops take turns: nine with 20 each are through after at most twice their number', () => {
    const small = Array.from({ length: 9 }, (_, i) => ({
      name: `small ${i}`,
      lane: 'incremental' as const,
      length: 20,
    }))
    const order = served([{ name: 'large', lane: 'incremental', length: 50_000 }, ...small])
    expect(order.lastIndexOf('small 8')).toBeLessThan(2 * 9 * 20)
  })

  it('gives backfill a share beside live work of any length, and no more than a tenth of it', () => {
    const order = served([
      { name: 'live', lane: 'incremental', length: 1_000 },
      { name: 'backfill', lane: 'backfill', length: 1_000 },
    ])
    const share = order.slice(0, 1_000).filter((name) => name === 'backfill').length / 1_000
    expect(share).toBeGreaterThan(0.08)
    expect(share).toBeLessThanOrEqual(0.1)
  })
})
