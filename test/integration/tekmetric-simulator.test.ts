// The client against the simulator: every RO of the default seed, in every way the simulator can render it, arrives as
// the simulator's own state says; every listing is complete; faults become the errors they stand for.
import { isDeepStrictEqual } from 'node:util'
import { DateTime } from 'luxon'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCallBudget } from '../../src/core/tekmetric/budget.ts'
import { createTekmetricClient, type TekmetricClient } from '../../src/core/tekmetric/client.ts'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import { createTokenProvider } from '../../src/core/tekmetric/tokens.ts'
import type { RepairOrderBundle } from '../../src/core/warehouse/bundle.ts'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'
import { createSimulator, type Simulator } from '../../src/embedded/simulator/simulator.ts'
import { fromBundle, fromTruth } from '../support/simulator-truth.ts'

let simulator: Simulator
let client: TekmetricClient
let standard: ReturnType<Simulator['quirks']>

beforeAll(async () => {
  simulator = createSimulator()
  standard = simulator.quirks()
  const { url } = await simulator.listen()
  client = createTekmetricClient({
    baseUrl: url,
    tokens: createTokenProvider({
      lookup: async (shop) => ({ token: simulator.tokens.for(shop), expiresAt: null }),
    }),
    budget: createCallBudget({
      limiter: new RateLimiterMemory({ points: 1, duration: 1 }),
      requestsPerMinute: 1_000_000,
    }),
  })
})
afterAll(async () => {
  await client.close()
  await simulator.close()
})
beforeEach(() => {
  simulator.setQuirks(standard)
  simulator.faults.clear()
})

const bundleOf = async ({ shopTmId, id }: SimRepairOrder): Promise<RepairOrderBundle> => {
  const read = await client.readRepairOrder({ shopTmId, ro: id })
  if (read.kind !== 'found') throw new Error(`RO ${id} is missing`)
  return normalizeRepairOrder(read)
}

/** A few at a time, as the workers do. */
const allBundles = async (list: readonly SimRepairOrder[]): Promise<Map<number, RepairOrderBundle>> => {
  const bundles = new Map<number, RepairOrderBundle>()
  const queue = list.values()
  const work = async () => {
    for (const ro of queue) bundles.set(ro.id, await bundleOf(ro))
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return bundles
}

describe('every RO of the default seed', () => {
  const differencesOf = async (list: readonly SimRepairOrder[]) => {
    const bundles = await allBundles(list)
    return list.flatMap((ro) => {
      const bundle = bundles.get(ro.id)!
      const [expected, arrived] = [fromTruth(ro, bundle), fromBundle(bundle)]
      const keys = Object.keys(expected) as Array<keyof typeof expected>
      return keys
        .filter((key) => !isDeepStrictEqual(arrived[key], expected[key]))
        .map((key) => ({ ro: ro.id, key, arrived: arrived[key], expected: expected[key] }))
    })
  }

  it('arrives exactly as the simulator holds it', async () => {
    const list = simulator.truth().repairOrders
    expect(list.length).toBeGreaterThan(700)
    expect(await differencesOf(list)).toEqual([])
  })

  it.each<[string, Parameters<Simulator['setQuirks']>[0]]>([
    ['plain integers', { floatLiterals: false }],
    ['quoted floats', { quotedNumbers: true }],
    ['sublets in both places', { subletPlacement: 'both' }],
  ])('arrives the same with %s', async (_, quirks) => {
    simulator.setQuirks(quirks)
    const list = simulator.truth().repairOrders
    const some = list.filter(({ jobs }, i) => i % 8 === 0 || jobs.some(({ sublets }) => sublets.length > 0))
    expect(await differencesOf(some)).toEqual([])
  })

  it('has one fingerprint, however its numbers are rendered', async () => {
    const list = simulator.truth().repairOrders.slice(0, 100)
    const hashes = async (quirks: Parameters<Simulator['setQuirks']>[0]) => {
      simulator.setQuirks({ ...standard, ...quirks })
      return [...(await allBundles(list))].sort(([a], [b]) => a - b).map(([, bundle]) => bundle.content_hash)
    }
    const floats = await hashes({})
    expect(await hashes({ floatLiterals: false })).toEqual(floats)
    expect(await hashes({ quotedNumbers: true })).toEqual(floats)
  })

  it('has profit when a job is authorized and the line items when the route is 404', async () => {
    simulator.setQuirks({ profitMissingShare: 0.5 })
    const list = simulator.truth().repairOrders.slice(0, 200)
    const bundles = await allBundles(list)
    const methods = new Set<string>()
    for (const ro of list) {
      const { repair_order: found } = bundles.get(ro.id)!
      const isSold = ro.jobs.some((job) => job.authorized === true)
      methods.add(`${isSold} ${found.calculation_method} ${found.authorized_revenue !== null}`)
    }
    expect([...methods].sort()).toEqual(['false TRUE_GP false', 'true LINE_ITEMS false', 'true TRUE_GP true'])
  })
})

describe('the listings', () => {
  const shop = () => simulator.shops[0]!

  it.each(['string', 'object'] as const)(
    'the report shows every posted RO of a window, with keys as %s',
    async (reportKeys) => {
      simulator.setQuirks({ reportKeys, reportPageSize: 40 })
      for (const { tmId, timeZone } of simulator.shops) {
        const expected = simulator
          .truth()
          .repairOrders.filter(
            (ro) => ro.shopTmId === tmId && (ro.statusId === 5 || ro.statusId === 6) && ro.postedDate,
          )
          .filter(({ postedDate }) => {
            const day = DateTime.fromISO(postedDate ?? '', { zone: timeZone }).toISODate() ?? ''
            return day >= '2026-03-01' && day <= '2026-03-15'
          })
        const seen: number[] = []
        const window = { shopTmId: tmId, from: '2026-03-01', to: '2026-03-15', timezone: timeZone }
        for await (const { rows, truncated } of client.postedPages(window)) {
          seen.push(...rows.map(({ ro }) => ro))
          expect(truncated).toBe(false)
        }
        expect(new Set(seen)).toEqual(new Set(expected.map(({ id }) => id)))
        expect(seen).toHaveLength(expected.length)
        expect(expected.length).toBeGreaterThan(40)
      }
    },
  )

  it.each([
    { boardPaging: 'ignored', boardWrapper: 'array' },
    { boardPaging: 'honoured', boardWrapper: 'content' },
    { boardPaging: 'honoured', boardWrapper: 'repairOrders' },
    { boardPaging: 'ignored', boardWrapper: 'data' },
  ] as const)('a board ends and shows each RO once with %j', async (quirks) => {
    simulator.setQuirks(quirks)
    for (const board of ['ACTIVE', 'POSTED', 'COMPLETE'] as const) {
      const seen: number[] = []
      for await (const { rows } of client.boardPages({ shopTmId: shop().tmId, board }))
        seen.push(...rows.map(({ ro }) => ro))
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.length).toBeLessThanOrEqual(81)
    }
  })

  it('a number leads to the RO of the shop asked, also when two shops use it', async () => {
    const { repairOrders } = simulator.truth()
    const [first, second] = simulator.shops
    const shared = repairOrders.find(
      (ro) =>
        ro.shopTmId === first!.tmId &&
        ro.statusId !== 7 &&
        repairOrders.some((other) => other.shopTmId === second!.tmId && other.number === ro.number),
    )!
    const ids = await Promise.all(
      [first!, second!].map(({ tmId }) => client.findByNumber({ shopTmId: tmId, roNumber: shared.number })),
    )
    expect(ids).toEqual(
      [first!, second!].map(
        ({ tmId }) => repairOrders.find((ro) => ro.shopTmId === tmId && ro.number === shared.number)?.id,
      ),
    )
  })

  it('the list of people has everybody TM lists, with pay where the record exists', async () => {
    for (const employeesWrapper of ['array', 'content'] as const) {
      simulator.setQuirks({ employeesWrapper })
      const rows = await client.employees({ shopTmId: shop().tmId })
      expect(rows.length).toBeGreaterThan(5)
      const byId = new Map(simulator.truth().employees.map((person) => [person.id, person]))
      for (const row of rows.filter(({ lite }) => !lite))
        expect(row.hourly_rate).toBe(byId.get(row.tm_id)?.hourlyRate)
      expect(rows.some(({ lite }) => !lite)).toBe(true)
    }
  })

  it('the shop says its name', async () => {
    expect(await client.shopInfo({ shopTmId: shop().tmId })).toEqual({ name: shop().name })
  })
})

describe('faults', () => {
  const ro = () =>
    simulator.truth().repairOrders.find(({ jobs }) => jobs.some((job) => job.authorized === true))!

  it.each<[string, Parameters<Simulator['faults']['add']>[0], string]>([
    ['status 500', { kind: 'status', status: 500 }, 'UPSTREAM_DOWN'],
    ['a reset', { kind: 'reset' }, 'UPSTREAM_DOWN'],
    ['a reset in the middle of the body', { kind: 'reset', afterBytes: 20 }, 'UPSTREAM_DOWN'],
    ['truncated JSON', { kind: 'truncate' }, 'UPSTREAM_DOWN'],
    ['HTML with status 200', { kind: 'html' }, 'UPSTREAM_DOWN'],
    ['429', { kind: 'status', status: 429, retryAfterSeconds: 1 }, 'UPSTREAM_THROTTLED'],
    ['403', { kind: 'status', status: 403 }, 'UPSTREAM_FORBIDDEN'],
  ])('%s on any of the three calls leaves no result', async (_, fault, code) => {
    for (const skip of [0, 1, 2]) {
      simulator.faults.clear()
      simulator.faults.add({ ...fault, skip, times: 2 })
      await expect(bundleOf(ro())).rejects.toMatchObject({ code })
    }
  })

  it('a price that is no price is refused with its path', async () => {
    simulator.faults.add({ kind: 'malform', route: 'estimate', path: 'jobs.*.parts.*.retail', value: 'n/a' })
    const target = simulator
      .truth()
      .repairOrders.find(({ jobs }) => jobs.some(({ parts }) => parts.length > 0))!
    await expect(bundleOf(target)).rejects.toMatchObject({
      code: 'UPSTREAM_CHANGED',
      details: {
        issues: [{ path: expect.stringMatching(/^estimate\.jobs\.\d+\.parts\.\d+\.retail$/) as string }],
      },
    })
  })

  it('an expired token is replaced by the one its source has meanwhile', async () => {
    const target = ro()
    await bundleOf(target)
    simulator.tokens.expire(target.shopTmId)
    simulator.tokens.issue(target.shopTmId)
    expect((await bundleOf(target)).repair_order.tm_id).toBe(target.id)
  })

  it('an RO that never existed is missing', async () => {
    expect(await client.readRepairOrder({ shopTmId: simulator.shops[0]!.tmId, ro: 1 })).toMatchObject({
      kind: 'missing',
    })
  })
})
