// The authoritative read of one RO: which calls, in which order, and what a failure of each means.
import { describe, expect, it } from 'vitest'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import type { FoundRepairOrder, RepairOrderRead } from '../../src/core/tekmetric/types.ts'
import { RO, SHOP, workedExample, type Json } from './tekmetric-fixtures.ts'
import { json, startWorld, type Reply } from './tekmetric-server.ts'

const PATHS = {
  header: `/api/shop/${SHOP}/repair-order/${RO}`,
  estimate: `/api/repair-order/${RO}/estimate`,
  profit: `/api/repair-order/${RO}/profit/labor`,
}
const example = workedExample()

const answering = (replies: Partial<Record<keyof typeof PATHS, Reply>> = {}): Reply => {
  const all = {
    header: json(example.header),
    estimate: json(example.estimate),
    profit: json(example.profitLabor),
    ...replies,
  }
  const byPath = new Map(Object.entries(PATHS).map(([name, path]) => [path, all[name as keyof typeof PATHS]]))
  return (input) => (byPath.get(input.seen.path) ?? json('', 404))(input)
}

const read = async (reply: Reply) => {
  const world = await startWorld(reply)
  const result = await world.client.readRepairOrder({ shopTmId: SHOP, ro: RO, lane: 'repair' })
  return { world, result, paths: world.requests.map(({ path }) => path) }
}

const found = (result: RepairOrderRead): FoundRepairOrder => {
  if (result.kind !== 'found') throw new Error('the RO is missing')
  return result
}

it('reads header, estimate and profit in this order, with two calls taken at once and the third ahead of others', async () => {
  const before = new Date().toISOString()
  const { world, result, paths } = await read(answering())
  expect(paths).toEqual([PATHS.header, PATHS.estimate, PATHS.profit])
  expect(world.acquired.map(({ calls, lane, continues }) => [calls, lane, continues])).toEqual([
    [2, 'repair', false],
    [1, 'repair', true],
  ])
  expect(result).toEqual({ ...example, fetchedAt: expect.any(String) as string })
  expect(result.fetchedAt >= before && result.fetchedAt <= new Date().toISOString()).toBe(true)
})

it('the moment of the read is its beginning', async () => {
  let answered = ''
  const { result } = await read(
    answering({
      header: (input) => {
        answered = new Date().toISOString()
        json(example.header)(input)
      },
    }),
  )
  expect(result.fetchedAt <= answered).toBe(true)
})

const withJobs = (jobs: unknown): Json => ({ ...(example.estimate as Json), jobs })

describe('profit and labor', () => {
  it.each<[string, unknown]>([
    ['no job', []],
    [
      'only declined and undecided jobs',
      [{ authorized: false }, { authorized: null }, { status: 'Pending' }],
    ],
  ])('are not asked for with %s', async (_, jobs) => {
    const { result, paths } = await read(answering({ estimate: json(withJobs(jobs)) }))
    expect(paths).toHaveLength(2)
    expect(result).toMatchObject({ kind: 'found', profitLabor: null, profitMissing: false })
  })

  it.each<[string, Json]>([
    ['true', { authorized: true }],
    ['"true"', { authorized: 'true' }],
    ['a missing decision and the status Approved', { status: 'Approved' }],
  ])('are asked for with a job whose decision is %s', async (_, job) => {
    const { paths } = await read(answering({ estimate: json(withJobs([{ authorized: null }, job])) }))
    expect(paths).toHaveLength(3)
  })

  it('are asked for when the jobs stand under their older name', async () => {
    const { jobs, ...rest } = example.estimate as Json
    const { result, paths } = await read(answering({ estimate: json({ ...rest, repairOrderJobs: jobs }) }))
    expect(paths).toHaveLength(3)
    expect(normalizeRepairOrder(found(result)).jobs).toHaveLength(3)
  })

  it('that are 404 leave the line items to stand in', async () => {
    const { result } = await read(answering({ profit: json('', 404) }))
    expect(result).toMatchObject({ kind: 'found', profitLabor: null, profitMissing: true })
  })

  it('that fail otherwise fail the whole read', async () => {
    await expect(read(answering({ profit: json('', 500) }))).rejects.toMatchObject({ code: 'UPSTREAM_DOWN' })
  })
})

describe('absence', () => {
  it('404 on the header of the shop is a missing RO, and nothing else is asked', async () => {
    const { result, paths } = await read(answering({ header: json('', 404) }))
    expect(result).toMatchObject({ kind: 'missing', shopTmId: SHOP, ro: RO })
    expect(paths).toEqual([PATHS.header])
  })

  it('404 on the estimate of an RO that exists is a fault of the moment, not an RO without jobs', async () => {
    await expect(read(answering({ estimate: json('', 404) }))).rejects.toMatchObject({
      failureClass: 'transient',
    })
  })

  it('404 on the estimate of a deleted RO is a deletion by the header alone, with its dates', async () => {
    const header = {
      ...(example.header as Json),
      repairOrderStatus: { id: 7, code: 'DELETED' },
      deletedDate: '2026-03-06T10:00:00Z',
    }
    const { result } = await read(answering({ header: json(header), estimate: json('', 404) }))
    expect(result).toMatchObject({
      kind: 'deleted',
      ro: RO,
      updatedDate: (example.header as Json)['updatedDate'],
      deletedDate: '2026-03-06T10:00:00Z',
    })
  })

  it('a header that is JSON null is an answer to be refused, not a missing RO', async () => {
    const { result } = await read(answering({ header: json('null') }))
    expect(() => normalizeRepairOrder(found(result))).toThrow(/header/)
  })

  it('the thin route without a shop is never used', async () => {
    const { paths } = await read(answering())
    expect(paths).not.toContain(`/api/repair-order/${RO}`)
  })
})

describe('an answer that cannot be used', () => {
  it('is returned as sent, so that it can be kept for diagnosis, and refused by the normalizer', async () => {
    const { result } = await read(answering({ estimate: json(withJobs('none')) }))
    expect(() => normalizeRepairOrder(found(result))).toThrow(/estimate\.jobs/)
  })

  it.each(['header', 'estimate'] as const)('a %s that fails leaves no result at all', async (part) => {
    await expect(read(answering({ [part]: json('<html>') }))).rejects.toMatchObject({ code: 'UPSTREAM_DOWN' })
  })
})
