// Boards and the posted report: where a walk ends, what it repeats, and what its bounds are.
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/core/errors.ts'
import { reportBounds } from '../../src/core/tekmetric/listings.ts'
import { collect, json, startWorld, type Reply } from './tekmetric-server.ts'

const shopTmId = 4321
const row = (id: number, more: object = {}) => ({
  id,
  repairOrderNumber: id + 100,
  updatedDate: '2026-03-04T01:42:50Z',
  ...more,
})
const ids = (pages: ReadonlyArray<{ readonly rows: ReadonlyArray<{ readonly ro: number }> }>) =>
  pages.map(({ rows }) => rows.map(({ ro }) => ro))

describe('a board', () => {
  const walk = async (reply: Reply) => {
    const world = await startWorld(reply)
    return { world, pages: await collect(world.client.boardPages({ shopTmId, board: 'POSTED' })) }
  }
  const pagesOf =
    (...pages: object[][]): Reply =>
    (input) =>
      json(pages[Number(input.seen.query.get('page'))] ?? [])(input)

  it('is read page by page until an empty page', async () => {
    const { world, pages } = await walk(pagesOf([row(1), row(2)], [row(3)]))
    expect(ids(pages)).toEqual([[1, 2], [3]])
    expect(world.requests.map(({ path, query }) => [path, query.get('board'), query.get('page')])).toEqual([
      ['/api/shop/4321/job-board-group-by', 'POSTED', '0'],
      ['/api/shop/4321/job-board-group-by', 'POSTED', '1'],
      ['/api/shop/4321/job-board-group-by', 'POSTED', '2'],
    ])
  })

  it('that ignores `page` and repeats itself ends at the first repetition', async () => {
    const { world, pages } = await walk(json([row(1), row(2)]))
    expect(ids(pages)).toEqual([[1, 2]])
    expect(world.requests).toHaveLength(2)
  })

  it('whose rows shift between pages shows each RO once', async () => {
    const { pages } = await walk(pagesOf([row(1), row(2)], [row(2), row(3)], [row(3), row(1)]))
    expect(ids(pages)).toEqual([[1, 2], [3]])
  })

  it('that never ends is cut at the cap, loudly', async () => {
    const { world, pages } = await walk(({ n, ...rest }) => json([row(n)])({ n, ...rest }))
    expect(world.requests).toHaveLength(50)
    expect(pages.map(({ truncated }) => truncated).indexOf(true)).toBe(49)
  })

  it('whose second page fails throws after the first', async () => {
    const world = await startWorld(({ n, ...rest }) =>
      (n === 1 ? json([row(1)]) : json('', 500))({ n, ...rest }),
    )
    const pages = world.client.boardPages({ shopTmId, board: 'ACTIVE' })
    expect((await pages.next()).value?.rows).toHaveLength(1)
    await expect(pages.next()).rejects.toMatchObject({ code: 'UPSTREAM_DOWN' })
  })

  it.each([
    ['an array', (rows: object[]) => rows],
    ['content', (content: object[]) => ({ content })],
    ['repairOrders', (repairOrders: object[]) => ({ repairOrders })],
    ['data', (data: object[]) => ({ data })],
  ])('may come as %s', async (_, wrap) => {
    const { pages } = await walk(({ n, ...rest }) => json(wrap(n === 1 ? [row(1)] : []))({ n, ...rest }))
    expect(ids(pages)).toEqual([[1]])
  })

  it('row is read leniently: floats, older names, nothing but an id', async () => {
    const text = `[{"id":7.0,"roNumber":"12.0","repairOrderStatus":{"id":5.0,"statusCode":"POSTED"},"updatedDate":"2026-03-04T01:42:50.123456789Z","postedDate":null},{"id":8}]`
    const { pages } = await walk(json(text))
    expect(pages[0]?.rows).toEqual([
      {
        ro: 7,
        roNumber: 12,
        updated: '2026-03-04T01:42:50.123456Z',
        posted: null,
        completed: null,
        statusId: 5,
      },
      { ro: 8, roNumber: null, updated: null, posted: null, completed: null, statusId: null },
    ])
  })
})

describe('the posted report', () => {
  const window = { shopTmId, from: '2026-03-01', to: '2026-03-31', timezone: 'America/New_York' }
  const walk = async (reply: Reply) => {
    const world = await startWorld(reply)
    return { world, pages: await collect(world.client.postedPages(window)) }
  }
  const page = (list: number[], hasNext: boolean | null, nextKeys?: unknown) => ({
    content: list.map((repairOrderId) => ({
      repairOrderId,
      repairOrderNumber: 1,
      postedDate: '2026-03-05T01:12:09Z',
    })),
    ...(hasNext === null ? {} : { hasNext }),
    nextKeys,
  })
  const inTurn =
    (...answers: object[]): Reply =>
    ({ n, ...rest }) =>
      json(answers[n - 1] ?? {})({ n, ...rest })

  it('is asked with bounds that carry the offset of their own day', async () => {
    const { world } = await walk(inTurn(page([], false)))
    expect(Object.fromEntries(world.requests[0]?.query ?? [])).toEqual({
      shopIds: '4321',
      start: '2026-03-01T00:00:00.000-05:00',
      end: '2026-03-31T23:59:59.999-04:00',
      timezone: 'America/New_York',
      size: '100',
      sortBy: 'POSTED_DATE',
      sortOrder: 'DESC',
    })
  })

  it('maps `repairOrderId`; its rows have neither an update instant nor a status', async () => {
    const { pages } = await walk(inTurn(page([318204417], false)))
    expect(pages).toEqual([
      {
        page: 0,
        truncated: false,
        nextKey: null,
        rows: [
          {
            ro: 318204417,
            roNumber: 1,
            updated: null,
            posted: '2026-03-05T01:12:09Z',
            completed: null,
            statusId: null,
            figures: null,
            profit: { labor: null, parts: null, sublet: null, fees: null, total: null, margin: null },
          },
        ],
      },
    ])
  })

  it.each([
    ['numbers', [48771, 17043, 4900, 3350, 74064], '48771|17043|4900|3350|74064'],
    [
      'floats and texts in one spelling',
      [48771.0, '17043.0', 4900, '3350', 74064],
      '48771|17043|4900|3350|74064',
    ],
    ['cents in parts', [0.5, -17, 0, null, 74064], '0.5|-17|0||74064'],
    ['whatever else there is', ['NaN', { a: 1 }, true, '', 1], '"NaN"|{"a":1}|true||1'],
  ])('keeps the profits of a row for comparison: %s', async (_, sent, figures) => {
    const [laborProfit, partsTotalProfit, subletProfit, feesProfit, totalProfit] = sent
    const profits = { laborProfit, partsTotalProfit, subletProfit, feesProfit, totalProfit }
    const { pages } = await walk(json({ content: [{ repairOrderId: 1, ...profits }], hasNext: false }))
    expect(pages[0]?.rows[0]?.figures).toBe(figures)
  })

  it('gives the profits of a row as numbers, and nothing for what is none', async () => {
    const profits = {
      laborProfit: 48771.0,
      partsTotalProfit: '17043.0',
      subletProfit: null,
      totalProfitMargin: 'NaN',
    }
    const { pages } = await walk(json({ content: [{ repairOrderId: 1, ...profits }], hasNext: false }))
    expect(pages[0]?.rows[0]?.profit).toEqual({
      labor: 48_771,
      parts: 17_043,
      sublet: null,
      fees: null,
      total: null,
      margin: null,
    })
  })

  it.each([
    ['a string as it came', 'opaque+cursor/0002==', 'opaque+cursor/0002=='],
    ['an object as JSON', { id: 1, at: '2026-03-05' }, '{"id":1,"at":"2026-03-05"}'],
    ['an array as JSON', ['2026-03-05', 7], '["2026-03-05",7]'],
    ['a number as JSON', 0, '0'],
  ])('hands nextKeys back: %s', async (_, sent, expected) => {
    const { world, pages } = await walk(inTurn(page([1], true, sent), page([2], false)))
    expect(world.requests.map(({ query }) => query.get('nextKeys'))).toEqual([null, expected])
    expect(ids(pages)).toEqual([[1], [2]])
  })

  it.each<[string, object[], number[][], boolean, number]>([
    ['hasNext is false, even with a key', [page([1], false, 'k')], [[1]], false, 1],
    ['there is neither a key nor a claim of more', [page([1], null)], [[1]], false, 1],
    ['a page is empty', [page([1], null, 'k'), page([], null, 'l')], [[1]], false, 2],
    ['more is claimed without a key', [page([1], true, null)], [[1]], true, 1],
    ['the same key comes again', [page([1], true, 'k'), page([2], true, 'k')], [[1], [2]], true, 2],
    ['an empty page claims more', [page([1], true, 'k'), page([], true, 'l')], [[1], []], true, 2],
  ])('ends when %s', async (_, answers, expected, truncated, calls) => {
    const { world, pages } = await walk(inTurn(...answers))
    expect(ids(pages)).toEqual(expected)
    expect(pages.at(-1)?.truncated).toBe(truncated)
    expect(world.requests).toHaveLength(calls)
  })

  it('goes on after any page with the key that came with it', async () => {
    const { pages } = await walk(inTurn(page([1], true, { id: 1 }), page([2], true, 'b'), page([3], false)))
    expect(pages.map(({ nextKey }) => nextKey)).toEqual(['{"id":1}', 'b', null])
    const later = await startWorld(inTurn(page([2], true, 'b'), page([3], false)))
    const rest = await collect(later.client.postedPages({ ...window, startKey: '{"id":1}' }))
    expect(later.requests.map(({ query }) => query.get('nextKeys'))).toEqual(['{"id":1}', 'b'])
    expect(ids(rest)).toEqual([[2], [3]])
  })

  it.each<[string, Reply, number | null]>([
    ['a number', json({ count: 459 }), 459],
    ['a float', json('{"count":459.0}'), 459],
    ['nothing that can be read', json({ total: 459 }), null],
    ['404', json('', 404), null],
    ['400', json('', 400), null],
  ])('may be counted beforehand: TM answers %s', async (_, reply, expected) => {
    const world = await startWorld(reply)
    expect(await world.client.countPosted(window)).toBe(expected)
    expect(world.requests[0]?.path).toBe('/api/reporting/profit-details-report/count')
    expect(world.requests[0]?.query.get('start')).toBe('2026-03-01T00:00:00.000-05:00')
  })

  it('throws when the count fails for the moment: no answer is not "unknown"', async () => {
    const world = await startWorld(json('', 503))
    await expect(world.client.countPosted(window)).rejects.toMatchObject({ code: 'UPSTREAM_DOWN' })
  })

  it('shows an RO once that moved from one page to the next', async () => {
    const { pages } = await walk(inTurn(page([1, 2], true, 'a'), page([2, 3], false)))
    expect(ids(pages)).toEqual([[1, 2], [3]])
  })

  it('that never ends is cut at the cap, loudly', async () => {
    const { world, pages } = await walk(({ n, ...rest }) => json(page([n], true, `k${n}`))({ n, ...rest }))
    expect(world.requests).toHaveLength(500)
    expect(pages.at(-1)).toMatchObject({ page: 499, truncated: true })
  })

  it('of another shape is refused, not taken for an empty window', async () => {
    for (const answer of [{}, [], { content: null, hasNext: false }, { content: [{ id: 1 }] }])
      await expect(walk(json(answer))).rejects.toMatchObject({ code: 'UPSTREAM_CHANGED' })
  })
})

describe('the bounds of a window', () => {
  it.each([
    ['America/New_York', '2026-03-08', '-05:00', '-04:00'],
    ['America/New_York', '2026-11-01', '-04:00', '-05:00'],
    ['America/Los_Angeles', '2026-07-01', '-07:00', '-07:00'],
    ['America/Phoenix', '2026-07-01', '-07:00', '-07:00'],
    ['Asia/Kolkata', '2026-01-01', '+05:30', '+05:30'],
    ['UTC', '2026-01-01', '+00:00', '+00:00'],
  ])('in %s on %s start at %s and end at %s', (timezone, day, start, end) => {
    expect(reportBounds({ from: day, to: day, timezone })).toEqual({
      start: `${day}T00:00:00.000${start}`,
      end: `${day}T23:59:59.999${end}`,
    })
  })

  it('begin with the first moment of a day that has no midnight', () => {
    expect(reportBounds({ from: '2026-09-06', to: '2026-09-06', timezone: 'America/Santiago' }).start).toBe(
      '2026-09-06T01:00:00.000-03:00',
    )
  })

  it.each([
    ['2026-02-30', '2026-03-01', 'UTC'],
    ['2026-03-02', '2026-03-01', 'UTC'],
    ['2026-3-1', '2026-03-02', 'UTC'],
    ['2026-03-01', '2026-03-02', 'America/Gotham'],
  ])('%s to %s in %s are refused', (from, to, timezone) => {
    expect(() => reportBounds({ from, to, timezone })).toThrow(UsageError)
  })
})

describe('a number', () => {
  const found = async (content: object[]) =>
    (await startWorld(json({ content }))).client.findByNumber({ shopTmId, roNumber: 20418 })

  it('leads to the RO of this shop that has exactly this number', async () => {
    expect(
      await found([row(1, { repairOrderNumber: 204180 }), row(318204417, { repairOrderNumber: 20418.0 })]),
    ).toBe(318204417)
  })

  it('that nobody has leads to nothing', async () => {
    expect(await found([row(1)])).toBeNull()
  })

  it('that two ROs have is refused', async () => {
    const twice = [row(1, { repairOrderNumber: 20418 }), row(2, { repairOrderNumber: 20418 })]
    await expect(found(twice)).rejects.toMatchObject({ code: 'UPSTREAM_CHANGED' })
  })
})
