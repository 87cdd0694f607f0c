// `wait=true` of a paused shop: nothing moves until a person brings a token, so the answer says so instead of being held.
import { expect, test, vi } from 'vitest'
import type { Services } from '../../src/core/services.ts'
import type { Shop } from '../../src/core/warehouse/warehouse.ts'
import { afterWaiting } from '../../src/producers/http/api/wait.ts'

const SINCE = '2026-03-04T12:00:00Z'
const run = {
  runId: 'r',
  shopTmId: 4321,
  status: 'syncing',
  pending: 1,
  fetched: 1,
  refused: [],
  failures: [],
}

interface Wish {
  readonly endsAtLook?: number
  readonly fanOutOf?: string | null
  readonly backlog?: () => Promise<object>
}

/** A shop as it is remembered, then as it is; and a run that ends at the given look. */
const made = (
  pauses: readonly (string | null)[],
  {
    endsAtLook = Infinity,
    fanOutOf = null,
    backlog = async () => ({ staleRos: 0, dirtyDays: 0 }),
  }: Wish = {},
) => {
  const left = [...pauses]
  let looks = 0
  const services = {
    shops: {
      byTmId: async () => ({ pausedAt: left.length > 1 ? left.shift() : left[0] }) as Shop,
      forget: () => undefined,
    },
    warehouse: {
      operations: { backlog },
      runs: {
        progress: async () => ({ ...run, status: (looks += 1) >= endsAtLook ? 'finished' : 'syncing' }),
      },
    },
  } as unknown as Services
  const times = { mostWait: 3_600_000, heartbeat: 1_000, eventsEvery: 1_000 }
  const answer = { status: 202, body: {}, waitFor: { kind: 'run', runId: 'r', fanOutOf } } as const
  return afterWaiting({ services, times }, answer, new AbortController().signal)
}

test('the answer comes at once and says since when', async () => {
  expect(await made([SINCE])).toMatchObject({ status: 202, body: { finished: false, shop_paused_at: SINCE } })
})

test('a pause that has ended since it was remembered holds nobody up', async () => {
  const { status, body } = await made([SINCE, null], { endsAtLook: 3 })
  expect([status, body]).toEqual([200, expect.objectContaining({ finished: true })])
  expect(body).not.toHaveProperty('shop_paused_at')
})

test('the end of a run is not held up by what others have the shop compute', async () => {
  vi.useFakeTimers()
  try {
    const backlog = async () => ({ staleRos: 3, dirtyDays: 1 })
    const waited = made([null], { endsAtLook: 1, fanOutOf: 'shop', backlog })
    await vi.advanceTimersByTimeAsync(6_000)
    expect(await waited).toMatchObject({
      status: 200,
      body: { finished: true, run: { status: 'finished' }, left: { snapshots: 3, days: 1 } },
    })
  } finally {
    vi.useRealTimers()
  }
})

test('a run that has ended is told as ended, paused shop or not', async () => {
  expect(await made([SINCE], { endsAtLook: 1 })).toMatchObject({ status: 200, body: { finished: true } })
})
