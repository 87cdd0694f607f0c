// The lists of customers and vehicles: every shape TM sends, every way a list can be paged, and what is refused.
import { describe, expect, it } from 'vitest'
import { prefersList } from '../../src/workers/jobs/fetch-unknown-parties.ts'
import { collect, json, startWorld, type Reply } from './tekmetric-server.ts'

const shopTmId = 4321
const aCustomer = (id: number, more: object = {}) => ({
  id,
  firstName: 'Sample',
  lastName: `No ${id}`,
  companyName: null,
  email: [],
  phone: [],
  customerType: { id: 1, name: 'Person' },
  address: null,
  taxExempt: false,
  okForMarketing: null,
  notes: '',
  ...more,
})
const aVehicle = (id: number, more: object = {}) => ({
  id,
  customerId: 1,
  make: 'Honda',
  model: 'CR-V',
  ...more,
})

const readCustomer = async (more: object) => {
  const world = await startWorld(json(aCustomer(1, more)))
  return world.client.customer({ shopTmId, customer: 1 })
}
const readVehicle = async (more: object) => {
  const world = await startWorld(json(aVehicle(1, more)))
  return world.client.vehicle({ shopTmId, vehicle: 1 })
}

describe('a customer', () => {
  it('of the specification arrives in its columns', async () => {
    const sent = {
      email: ['sample.customer@example.com'],
      phone: [{ number: '5550100199', type: 'Mobile', primary: true }],
      address: { address1: '1 Test Way', address2: null, city: 'Testville', state: 'NY', zip: 10000 },
      arCreditLimit: 0.0,
      leadSource: 'Web',
      storeCreditBalanceAge: 12,
      updatedDate: '2026-03-01T10:00:00Z',
    }
    expect(await readCustomer(sent)).toEqual({
      tm_id: 1,
      first_name: 'Sample',
      last_name: 'No 1',
      company_name: null,
      email: ['sample.customer@example.com'],
      phone_primary: '5550100199',
      phone_primary_type: 'Mobile',
      phone_secondary: null,
      phone_secondary_type: null,
      address1: '1 Test Way',
      address2: null,
      city: 'Testville',
      state: 'NY',
      zip: '10000',
      country: null,
      customer_type_id: 1,
      customer_type: 'Person',
      tax_exempt: false,
      ok_for_marketing: null,
      notes: null,
      tm_extra: { arCreditLimit: 0, leadSource: 'Web' },
      tm_updated_at: '2026-03-01T10:00:00Z',
    })
  })

  it.each([
    [null, null],
    [undefined, null],
    [[], []],
    ['', []],
    ['a@example.com', ['a@example.com']],
    [
      ['a@example.com', ' a@example.com ', null, 'b@example.com'],
      ['a@example.com', 'b@example.com'],
    ],
  ])('whose e-mail is %j has %j', async (email, expected) => {
    expect((await readCustomer({ email }))?.email).toEqual(expected)
  })

  it('has its primary phone first, and further ones kept', async () => {
    const phone = [
      { number: '1', type: 'Home', primary: false },
      { number: '', type: 'Fax' },
      { number: 2, type: { name: 'Mobile' }, primary: true },
      { number: '3' },
    ]
    expect(await readCustomer({ phone })).toMatchObject({
      phone_primary: '2',
      phone_primary_type: 'Mobile',
      phone_secondary: '1',
      tm_extra: { otherPhones: [{ number: '3', type: null }] },
    })
    expect(await readCustomer({ phone: '5550100' })).toMatchObject({ phone_primary: '5550100' })
    expect(await readCustomer({ phone: null })).toMatchObject({ phone_primary: null })
  })

  it('of a company has its name under either spelling', async () => {
    for (const name of ['companyName', 'businessName'])
      expect(await readCustomer({ companyName: undefined, [name]: ' Acme ' })).toMatchObject({
        company_name: 'Acme',
      })
  })

  it.each([
    [{ taxExempt: 'perhaps' }, 'taxExempt', 'is neither true nor false'],
    [{ phone: [{ number: {} }] }, 'phone.0.number', 'is not text'],
    [{ customerType: { id: 3e9, name: 'Person' } }, 'customerType', 'is too large'],
    [{ id: 2 }, 'id', 'is another record'],
  ])('that says %j is refused with its path', async (more, path, message) => {
    await expect(readCustomer(more)).rejects.toMatchObject({
      code: 'UPSTREAM_CHANGED',
      details: { customer: 1, issues: [{ path, message }] },
    })
  })

  it('that TM does not have is null', async () => {
    const world = await startWorld(json('', 404))
    expect(await world.client.customer({ shopTmId, customer: 1 })).toBeNull()
    expect(await world.client.vehicle({ shopTmId, vehicle: 1 })).toBeNull()
  })
})

describe('a vehicle', () => {
  it('has make, model and engine whether TM sends a text or an object', async () => {
    const sent = {
      make: { id: 59, name: 'Honda' },
      model: 'CR-V',
      modelId: 664,
      subModel: null,
      engine: { id: 4411, name: '1.5L L4 Turbo' },
    }
    expect(await readVehicle(sent)).toMatchObject({
      make: 'Honda',
      make_id: 59,
      model: 'CR-V',
      model_id: 664,
      sub_model: null,
      sub_model_id: null,
      engine: '1.5L L4 Turbo',
      engine_id: 4411,
    })
  })

  it.each([
    [{ vin: '' }, { vin: null }],
    [{ vin: null }, { vin: null }],
    [{ vin: ' 1HGTEST ' }, { vin: '1HGTEST' }],
    [{ odometer: null, milesIn: 81240.0 }, { odometer: 81_240 }],
    [{ odometer: '81240.5' }, { odometer: 81_240.5 }],
    [{ odometer: 0, milesIn: 5 }, { odometer: 0 }],
    [{ year: '2018' }, { year: 2018 }],
    [{ year: null }, { year: null }],
    [{ customerId: null, customer: { id: 7 } }, { customer_tm_id: 7 }],
    [{ color: { name: 'Blue' } }, { color: 'Blue' }],
    [
      { transmission: { code: 'A' }, bodyStyle: 'SUV' },
      { tm_extra: { transmission: { code: 'A' }, bodyStyle: 'SUV' } },
    ],
  ])('that says %j means %j', async (sent, expected) => {
    expect(await readVehicle(sent)).toMatchObject(expected)
  })

  it('whose year is no number, or none a table can hold, is refused with its path', async () => {
    for (const year of ['new', 20_180_000_000, 2018.5])
      await expect(readVehicle({ year })).rejects.toMatchObject({ details: { issues: [{ path: 'year' }] } })
  })
})

/** A list of `total` customers as TM might page it. */
interface Paging {
  readonly total: number
  readonly cap?: number
  readonly wrapper?: 'page' | 'array'
  readonly ignoresPage?: boolean
  /** Rows lost at the start of every later page of the first walk. */
  readonly loses?: number
}
const listOf = ({ total, cap = 100, wrapper = 'page', ignoresPage = false, loses = 0 }: Paging): Reply => {
  const all = Array.from({ length: total }, (_, i) => aCustomer(i + 1))
  const walks = { count: 0 }
  return (input) => {
    const { query } = input.seen
    const page = ignoresPage ? 0 : Number(query.get('page'))
    if (page === 0) walks.count += 1
    const size = Math.min(Number(query.get('size')), cap)
    const start = page * size + (page > 0 && walks.count === 1 ? loses : 0)
    const content = all.slice(start, start + size)
    const totalPages = Math.ceil(total / size)
    const place = { totalPages, totalElements: total, number: page, last: page >= totalPages - 1 }
    json(wrapper === 'array' ? content : { content, ...place })(input)
  }
}
const walk = async (reply: Reply) => {
  const world = await startWorld(reply)
  const pages = await collect(world.client.customerPages({ shopTmId, lane: 'repair' }))
  const ids = pages.flatMap(({ rows }) => rows.map(({ tm_id }) => tm_id))
  return { pages, ids, calls: world.requests.length, truncated: pages.some((page) => page.truncated), world }
}

describe('a list', () => {
  it.each([
    ['pages that say which is the last', { total: 250 }, 3],
    ['pages that TM caps below what was asked for', { total: 250, cap: 30 }, 9],
    ['a bare array that honours `page`', { total: 250, wrapper: 'array' }, 4],
    ['a bare array that ignores `page`', { total: 60, wrapper: 'array', ignoresPage: true }, 2],
    ['nothing', { total: 0 }, 1],
    ['an empty array', { total: 0, wrapper: 'array' }, 1],
  ] satisfies [string, Paging, number][])('of %s shows everybody once', async (_name, paging, calls) => {
    const { ids, truncated, calls: made } = await walk(listOf(paging))
    expect(new Set(ids).size).toBe(paging.total)
    expect(ids).toHaveLength(paging.total)
    expect({ truncated, made }).toEqual({ truncated: false, made: calls })
  })

  it('that loses rows between two pages is read once more', async () => {
    const { ids, truncated, calls } = await walk(listOf({ total: 250, loses: 5 }))
    expect(new Set(ids).size).toBe(250)
    expect(ids).toHaveLength(250)
    expect({ truncated, calls }).toEqual({ truncated: false, calls: 6 })
  })

  it('whose pages repeat although TM counts more is truncated', async () => {
    const { ids, truncated } = await walk(listOf({ total: 250, ignoresPage: true }))
    expect({ shown: ids.length, truncated }).toEqual({ shown: 100, truncated: true })
  })

  it('of a full bare array that ignores `page` is truncated: there may be more', async () => {
    const { truncated } = await walk(listOf({ total: 900, cap: 200, wrapper: 'array', ignoresPage: true }))
    expect(truncated).toBe(true)
  })

  it('with a page that fails throws, and never passes for a short one', async () => {
    const pages = listOf({ total: 250 })
    await expect(
      walk((input) => (input.seen.query.get('page') === '1' ? json('', 500)(input) : pages(input))),
    ).rejects.toMatchObject({ code: 'UPSTREAM_DOWN' })
  })

  it('goes on past a record that does not parse, and names it', async () => {
    const { pages, ids } = await walk(
      json([aCustomer(1), aCustomer(2, { taxExempt: 'no idea' }), aCustomer(3)]),
    )
    expect(ids).toEqual([1, 3])
    expect(pages[0]?.refused).toEqual([{ id: 2, reason: 'taxExempt is neither true nor false' }])
  })

  it('of nothing but records that do not parse, or of one without an id, is a changed answer', async () => {
    for (const rows of [
      [1, 2].map((id) => aCustomer(id, { taxExempt: 'x' })),
      [aCustomer(1), { name: 'who' }],
    ])
      await expect(walk(json(rows))).rejects.toMatchObject({ code: 'UPSTREAM_CHANGED' })
  })

  it('pays for every page in the lane of its caller', async () => {
    const { world } = await walk(listOf({ total: 150 }))
    expect(world.acquired.map(({ calls, lane }) => [calls, lane])).toEqual([
      [1, 'repair'],
      [1, 'repair'],
    ])
  })
})

describe('how unknown customers are got', () => {
  const unknown = (fresh: number, listPages: number | null, unlisted = 0) => ({
    fresh,
    listPages,
    unlisted,
    tmIds: [],
  })
  it.each([
    ['a few', unknown(3, 5), 0, false],
    ['as many as the list has pages', unknown(100, 100), 0, false],
    ['more than that', unknown(101, 100), 0, true],
    ['more than a few of a short list', unknown(21, 2), 0, true],
    ['a few while hundreds of ROs wait, with a list', unknown(3, 5), 490, false],
    ['the first of hundreds, without a list', unknown(1, null), 490, true],
    ['a few of a small first backfill', unknown(5, null), 4, false],
    ['only those the list did not show', unknown(0, null, 400), 490, false],
  ])('%s', (_what, parties, pending, expected) => {
    expect(prefersList(parties, pending)).toBe(expected)
  })
})
