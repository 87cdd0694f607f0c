// The people of a shop: everybody once, pay only where TM shows it, nothing private that is not needed.
import { describe, expect, it } from 'vitest'
import { json, startWorld, type Reply } from './tekmetric-server.ts'

const shopTmId = 4321
const lite = (id: number, more: object = {}) => ({
  id,
  firstName: 'Tech',
  lastName: `No ${id}`,
  employeeRole: { id: 3, code: '3', name: 'Technician' },
  disabled: false,
  deactivated: false,
  ...more,
})
const full = (id: number, more: object = {}) => ({
  ...lite(id),
  email: `tech${id}@example.com`,
  employeePayType: { code: 'HOURLY' },
  hourlyRate: 3200.0,
  salary: null,
  canPerformWork: true,
  createdDate: '2023-02-01T14:00:00Z',
  address: { address1: 'private' },
  permissions: ['private'],
  account: { password: 'private' },
  ...more,
})

interface Shop {
  readonly list: unknown
  readonly records?: Record<number, Reply>
}

const people = async ({ list, records = {} }: Shop) => {
  const world = await startWorld((input) => {
    const { path } = input.seen
    if (path.endsWith('/employees-lite'))
      return (typeof list === 'function' ? (list as Reply) : json(list))(input)
    return (records[Number(path.split('/').at(-1))] ?? json('', 404))(input)
  })
  return { world, rows: await world.client.employees({ shopTmId }) }
}

it('a full record brings the pay and nothing that is not needed', async () => {
  const { rows } = await people({ list: [lite(1)], records: { 1: json(full(1)) } })
  expect(rows).toEqual([
    {
      tm_id: 1,
      first_name: 'Tech',
      last_name: 'No 1',
      email: 'tech1@example.com',
      role: 3,
      role_name: 'Technician',
      status: 'ACTIVE',
      can_perform_work: true,
      tm_created_at: '2023-02-01T14:00:00Z',
      tm_updated_at: null,
      lite: false,
      hourly_rate: 3200,
      salary: null,
      pay_type: 'HOURLY',
    },
  ])
})

it('a person whose full record is gone keeps the lite row, which knows no pay', async () => {
  const { rows } = await people({ list: [lite(1), lite(2)], records: { 2: json(full(2)) } })
  expect(rows.map(({ tm_id, lite: isLite }) => [tm_id, isLite])).toEqual([
    [1, true],
    [2, false],
  ])
  expect(Object.keys(rows[0] ?? {})).not.toContain('hourly_rate')
})

it('asks for everybody, also those who left', async () => {
  const { world } = await people({ list: { content: [] } })
  expect(Object.fromEntries(world.requests[0]?.query ?? [])).toEqual({ status: 'ALL', size: '500' })
})

describe('whether somebody works here', () => {
  it.each([
    [{ disabled: false, deactivated: false }, 'ACTIVE'],
    [{ disabled: true, deactivated: false }, 'INACTIVE'],
    [{ disabled: false, deactivated: true }, 'INACTIVE'],
    [{ disabled: undefined, deactivated: undefined, active: false }, 'INACTIVE'],
    [{ disabled: undefined, deactivated: undefined, active: true }, 'ACTIVE'],
    [{ disabled: undefined, deactivated: undefined }, null],
  ])('%j is %s: what TM does not say is unknown', async (flags, status) => {
    const { rows } = await people({ list: [lite(1, flags)] })
    expect(rows[0]?.status).toBe(status)
  })
})

it('pay that is no amount is refused with its path', async () => {
  await expect(
    people({ list: [lite(1)], records: { 1: json(full(1, { hourlyRate: 'n/a' })) } }),
  ).rejects.toMatchObject({
    code: 'UPSTREAM_CHANGED',
    details: { employee: 1, issues: [{ path: 'hourlyRate', message: 'is not a number' }] },
  })
})

it('a login that may not see pay still gets everybody, and asks for no further records', async () => {
  const list = Array.from({ length: 40 }, (_, i) => lite(i + 1))
  const records = Object.fromEntries(list.map(({ id }) => [id, json('', 403)]))
  const { world, rows } = await people({ list, records })
  expect(rows).toHaveLength(40)
  expect(rows.every((row) => row.lite)).toBe(true)
  expect(world.requests.length).toBeLessThanOrEqual(1 + 4)
})

it('a full record that fails otherwise fails the whole list', async () => {
  for (const status of [401, 500])
    await expect(people({ list: [lite(1)], records: { 1: json('', status) } })).rejects.toThrow(
      String(status),
    )
})

it('a list longer than one page is read to its end, each person once', async () => {
  const all = Array.from({ length: 700 }, (_, i) => lite(i + 1))
  const pages: Reply = (input) => {
    const page = Number(input.seen.query.get('page') ?? 0)
    json(all.slice(page * 500, (page + 1) * 500))(input)
  }
  const { rows } = await people({ list: pages })
  expect(new Set(rows.map((row) => row.tm_id)).size).toBe(700)
})

it('a list that ignores `page` is not read for ever', async () => {
  const all = Array.from({ length: 500 }, (_, i) => lite(i + 1))
  const { world, rows } = await people({ list: all })
  expect(rows).toHaveLength(500)
  expect(world.requests.filter(({ path }) => path.endsWith('lite'))).toHaveLength(2)
})
