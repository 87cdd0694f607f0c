// Lists (tekmetric-api.md §4.1, §4.6–4.9): boards, the posted report, people; how they are cut into pages.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'
import { serve } from './simulator-client.ts'
import type { Row, Served } from './simulator-client.ts'

vi.setConfig({ testTimeout: 30_000 })

let served: Served
let ros: SimRepairOrder[]
const of = (shop: number): SimRepairOrder[] => ros.filter((ro) => ro.shopTmId === shop)
const withStatus = (...ids: number[]): SimRepairOrder[] => of(4321).filter((ro) => ids.includes(ro.statusId))
const first = (list: SimRepairOrder[]): SimRepairOrder => {
  if (!list[0]) throw new Error('no such RO')
  return list[0]
}

beforeAll(async () => {
  served = await serve()
  ros = served.sim.truth().repairOrders
}, 30_000)
afterAll(() => served.close())

describe('boards', () => {
  const board = async (name: string, page = 0): Promise<Row[]> =>
    (
      await served.get(`/api/shop/4321/job-board-group-by?view=list&board=${name}&page=${page}&size=500`)
    ).json<Row[]>()

  test('show all open ROs, overlap, and never more than the cap however large the size', async () => {
    const [active, complete, posted] = await Promise.all(
      ['ACTIVE', 'COMPLETE', 'POSTED'].map((name) => board(name)),
    )
    const ids = (rows: Row[] | undefined) => (rows ?? []).map((row) => row.id)
    expect(new Set([...ids(active), ...ids(complete)])).toEqual(
      new Set(withStatus(1, 2, 3).map((ro) => ro.id)),
    )
    expect(ids(active).some((id) => ids(complete).includes(id))).toBe(true)
    expect(posted).toHaveLength(81)
    expect((posted?.[0]?.['updatedDate'] as string) >= (posted?.[80]?.['updatedDate'] as string)).toBe(true)
    for (const key of ['customerId', 'vehicleId', 'serviceWriterId'])
      expect(Object.keys(posted?.[0] ?? {})).not.toContain(key)
  })

  test('repeat page 0 when pages are ignored, and end with an empty page when they are honoured', async () => {
    expect(await board('POSTED', 7)).toEqual(await board('POSTED', 0))
    served.sim.setQuirks({ boardPaging: 'honoured', boardPageSize: 50 })
    const pages = await Promise.all([0, 1, 2].map((page) => board('POSTED', page)))
    expect(pages.map((rows) => rows.length)).toEqual([50, 31, 0])
    expect(new Set(pages.flat().map((row) => row.id)).size).toBe(81)
    served.sim.setQuirks({ boardPaging: 'ignored' })
  })

  test('arrive bare or wrapped', async () => {
    served.sim.setQuirks({ boardWrapper: 'content' })
    const reply = await served.get('/api/shop/4321/job-board-group-by?board=ACTIVE')
    expect(reply.json<{ content: Row[] }>().content.length).toBeGreaterThan(0)
    served.sim.setQuirks({ boardWrapper: 'array' })
  })

  test('the older list and unknown boards fail', async () => {
    expect((await served.get('/api/shop/4321/repair-order?status=5')).status).toBe(404)
    expect((await served.get('/api/shop/4321/job-board-group-by?board=NONE')).status).toBe(400)
  })

  test('search finds an RO by its number', async () => {
    const ro = first(withStatus(5))
    const { content } = (await served.get(`/api/shop/4321/repair-orders?search=${ro.number}&size=5`)).json<{
      content: Row[]
    }>()
    expect(content.map((row) => row.id)).toEqual([ro.id])
  })
})

describe('the posted report', () => {
  interface Page {
    content: Row[]
    hasNext: boolean
    nextKeys: unknown
  }
  const window = 'start=2026-02-01T00:00:00.000-05:00&end=2026-03-31T23:59:59.999-04:00'
  const page = async (nextKeys: unknown = null, more = ''): Promise<Page> => {
    const key =
      nextKeys === null
        ? ''
        : `&nextKeys=${encodeURIComponent(typeof nextKeys === 'string' ? nextKeys : JSON.stringify(nextKeys))}`
    const reply = await served.get(
      `/api/reporting/profit-details-report?shopIds=4321&${window}&size=500${key}${more}`,
    )
    return reply.json<Page>()
  }
  const walk = async (): Promise<Row[]> => {
    const rows: Row[] = []
    let last = await page()
    rows.push(...last.content)
    while (last.hasNext) rows.push(...(last = await page(last.nextKeys)).content)
    expect(last.nextKeys).toBeNull()
    return rows
  }

  test('lists every posted RO once, newest first, 100 at a time, with string or object keys', async () => {
    const expected = new Set(withStatus(5, 6).map((ro) => ro.id))
    for (const reportKeys of ['string', 'object'] as const) {
      served.sim.setQuirks({ reportKeys })
      const one = await page()
      expect([one.content.length, typeof one.nextKeys]).toEqual([100, reportKeys])
      const rows = await walk()
      expect(rows).toHaveLength(expected.size)
      expect(new Set(rows.map((row) => row.repairOrderId))).toEqual(expected)
      const dates = rows.map((row) => row['postedDate'] as string)
      expect(dates).toEqual(dates.toSorted().reverse())
    }
    served.sim.setQuirks({ reportKeys: 'string' })
  })

  test('a row has repairOrderId, and neither id, status nor updatedDate', async () => {
    const row = (await page()).content[0] ?? ({} as Row)
    expect(Object.keys(row)).toContain('repairOrderId')
    for (const key of ['id', 'status', 'repairOrderStatus', 'updatedDate'])
      expect(Object.keys(row)).not.toContain(key)
  })

  test('refuses bare dates, dates without an offset, an empty shop list and a foreign shop', async () => {
    const status = async (query: string) =>
      (await served.get(`/api/reporting/profit-details-report?${query}`)).status
    expect(await status('shopIds=4321&start=2026-03-01&end=2026-03-02')).toBe(400)
    expect(await status('shopIds=4321&start=2026-03-01T00:00:00&end=2026-03-02T00:00:00')).toBe(400)
    expect(await status(`shopIds=&${window}`)).toBe(400)
    expect(await status(`shopIds=4322&${window}`)).toBe(403)
    expect(await status(`shopIds=4321&${window}`)).toBe(200)
  })

  test('its bounds are inclusive instants, so a shop day needs the offset of that day', async () => {
    const late = first(
      withStatus(5).filter(
        (ro) => (ro.postedDate ?? '').slice(11, 13) < '04' && (ro.postedDate ?? '') < '2026-03-08',
      ),
    )
    const at = late.postedDate ?? ''
    const rows = (
      await served.get(`/api/reporting/profit-details-report?shopIds=4321&start=${at}&end=${at}`)
    ).json<Page>().content
    expect(rows.map((row) => row.repairOrderId)).toContain(late.id)
    const day = new Date(Date.parse(at) - 5 * 3_600_000).toISOString().slice(0, 10)
    const ofDay = `start=${day}T00:00:00.000-05:00&end=${day}T23:59:59.999-05:00`
    const inDay = (
      await served.get(`/api/reporting/profit-details-report?shopIds=4321&${ofDay}`)
    ).json<Page>().content
    expect(inDay.map((row) => row.repairOrderId)).toContain(late.id)
  })

  test('count and summary agree with the rows', async () => {
    const rows = await walk()
    const count = (
      await served.get(`/api/reporting/profit-details-report/count?shopIds=4321&${window}`)
    ).json()
    expect(count).toEqual({ count: rows.length })
    const total = (
      await served.get(`/api/reporting/profit-details-report/summary?shopIds=4321&${window}&metric=TOTAL`)
    ).json()
    expect(total['totalProfit']).toBe(rows.reduce((sum, row) => sum + (row['totalProfit'] as number), 0))
    const average = (
      await served.get(`/api/reporting/profit-details-report/summary?shopIds=4321&${window}&metric=AVG`)
    ).json()
    expect(average['totalProfit']).toBeCloseTo((total['totalProfit'] as number) / rows.length, 6)
  })
})

describe('people', () => {
  const employees = async (path: string): Promise<Row[]> =>
    (await served.get(`/api/shop/4321/${path}`)).json<Row[]>()

  test('the lite list has deactivated people when asked for ALL, and no pay', async () => {
    const [all, active] = await Promise.all([
      employees('employees-lite?status=ALL&size=500'),
      employees('employees-lite?status=ACTIVE'),
    ])
    expect(all.length).toBeGreaterThan(active.length)
    expect(all.some((row) => row['deactivated'] === true)).toBe(true)
    for (const row of all) expect(Object.keys(row)).not.toContain('hourlyRate')
  })

  test('some are in no list, deleted ones have no full record, the singular list fails', async () => {
    const { employees: people } = served.sim.truth()
    const listed = new Set((await employees('employees-lite?status=ALL')).map((row) => row.id))
    const own = people.filter((person) => person.shopTmId === 4321)
    expect(own.some((person) => !listed.has(person.id))).toBe(true)
    const deleted = own.filter((person) => !person.hasFullRecord)
    expect(deleted.some((person) => listed.has(person.id))).toBe(true)
    for (const person of deleted)
      expect((await served.get(`/api/shop/4321/employee/${person.id}`)).status).toBe(404)
    expect((await served.get('/api/shop/4321/employee')).status).toBe(404)
    const alpha = (await served.get('/api/shop/4321/employee/200457')).json()
    expect([alpha['hourlyRate'], alpha['employeePayType'], alpha['canPerformWork']]).toEqual([
      3200,
      { code: 'HOURLY' },
      true,
    ])
  })

  test('customers come in pages of at most 100, with e-mail as list, text and null', async () => {
    interface Page {
      content: (Row & { email: unknown; address: unknown })[]
      totalPages: number
      totalElements: number
      last: boolean
    }
    const all: Page['content'] = []
    for (let number = 0; ; number++) {
      const page = (await served.get(`/api/shop/4321/customer?page=${number}&size=1000`)).json<Page>()
      expect(page.content.length).toBeLessThanOrEqual(100)
      all.push(...page.content)
      if (page.last) break
    }
    expect(new Set(all.map((row) => row.id)).size).toBe(
      served.sim.truth().customers.filter((row) => row.shopTmId === 4321).length,
    )
    const shapes = new Set(
      all.map(({ email }) => (Array.isArray(email) ? 'list' : email === null ? 'null' : typeof email)),
    )
    expect(shapes).toEqual(new Set(['list', 'string', 'null']))
    expect(all.some((row) => row.address === null)).toBe(true)
  })

  test('vehicles have make, model and engine as text in one and as object in the next', async () => {
    const { content } = (await served.get('/api/shop/4321/vehicle?page=0&size=100')).json<{
      content: Row[]
    }>()
    for (const key of ['make', 'model', 'engine']) {
      expect(new Set(content.map((row) => typeof row[key]))).toEqual(new Set(['string', 'object']))
    }
    const some = content[0] ?? ({} as Row)
    expect((await served.get(`/api/shop/4321/vehicle/${some.id}`)).json()).toEqual(some)
    const ofOwner = (
      await served.get(
        `/api/shop/4321/customer/${String(some['customerId'])}/vehicles-search?archivedOnly=false&size=50`,
      )
    ).json<{ content: Row[] }>()
    expect(ofOwner.content.map((row) => row.id)).toContain(some.id)
    expect((await served.get('/api/shop/4321/vehicle/1')).status).toBe(404)
    expect((await served.get('/api/shop/4321/customer/1')).status).toBe(404)
  })

  test('the shop has a name and no time zone', async () => {
    const shop = (await served.get('/api/shop/4321')).json()
    expect(shop['name']).toBe('Example Garage')
    expect(JSON.stringify(shop)).not.toMatch(/New_York|timezone/i)
  })
})
