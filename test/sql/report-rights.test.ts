// Who may ask for reports: a signed-in user for the own shops, nobody signed out, the service role for all. A shop that
// is not the caller's answers nothing at all: zeros would be a statement about it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createReportWorld, type ReportWorld } from './support/report-world.ts'
import { sampleJob } from './support/ro-writer.ts'

const ANNA = { user: '11111111-1111-4111-8111-111111111111' }
const BERT = { user: '22222222-2222-4222-8222-222222222222' }
const DAY = '2026-03-04'

let world: ReportWorld
let shopOfAnna: string
let shopOfBert: string

const callsFor = (shop: string): readonly (readonly [string, readonly unknown[]])[] => [
  ['report_period', [shop, 'today']],
  ['report_summary', [shop, DAY, DAY]],
  ['report_daily', [shop, DAY, DAY]],
  ['report_technicians', [shop, DAY, DAY]],
  ['report_advisors', [shop, DAY, DAY]],
  ['report_repair_orders', [shop, DAY, DAY]],
  ['report_exceptions', [shop, DAY, DAY]],
  ['report_estimated_costs', [shop, DAY, DAY]],
  ['report_restatements', [shop, '2026-01-01Z']],
  ['report_work_in_progress', [shop]],
  ['explain_day', [shop, DAY]],
]
const names = callsFor('').map(([name]) => name)
const argsOf = (name: string, shop: string) => callsFor(shop).find(([known]) => known === name)?.[1] ?? []

beforeAll(async () => {
  world = await createReportWorld()
  const open = async (user: string): Promise<string> => {
    const shop = await world.startShop()
    const technician = await world.addEmployee(1, user)
    const labor = [{ hours: 1, total: 5000, cost: 100, source: 'default' as const, technician }]
    await world.count({ ro: 1, statusId: 5, posted: DAY, jobs: [{ authorized: true, labor }] })
    await world.put({ ro: 2, statusId: 2, jobs: [sampleJob(null)] })
    await world.client.query(
      `insert into public.metric_restatements (shop_id, metric_date, metric) values ($1, $2, 'net_sales')`,
      [shop, DAY],
    )
    await world.grant(user)
    return shop
  }
  shopOfAnna = await open(ANNA.user)
  shopOfBert = await open(BERT.user)
})
afterAll(() => world.close())

describe.each(names)('%s', (name) => {
  test('answers a user about the own shop as it answers the service role', async () => {
    const own = await world.ask(name, argsOf(name, shopOfAnna), ANNA)
    expect(own).not.toBeNull()
    expect(own).toEqual(await world.ask(name, argsOf(name, shopOfAnna)))
  })

  test('answers nothing about somebody else’s shop, nor about one that is not there', async () => {
    expect(await world.ask(name, argsOf(name, shopOfBert), ANNA)).toBeNull()
    expect(await world.ask(name, argsOf(name, shopOfAnna), BERT)).toBeNull()
    expect(await world.ask(name, argsOf(name, '00000000-0000-4000-8000-000000000000'))).toBeNull()
  })

  test('is refused to who is not signed in', async () => {
    await expect(world.ask(name, argsOf(name, shopOfAnna), 'anon')).rejects.toMatchObject({ code: '42501' })
  })
})

test('a user is not told about stored answers of TM, the service role is', async () => {
  await world.client.query("update public.repair_orders set content_hash = 'h' where shop_id = $1", [
    shopOfAnna,
  ])
  await world.client.query(
    `insert into public.tm_raw_payloads (shop_id, entity_type, entity_tm_id, payload, content_hash)
     values ($1, 'repair-order', 1, '{}', 'h')`,
    [shopOfAnna],
  )
  const payload = async (reader: 'service_role' | typeof ANNA): Promise<unknown> => {
    const day = await world.ask<{ repair_orders: { source: { payload: unknown } }[] }>(
      'explain_day',
      [shopOfAnna, DAY],
      reader,
    )
    return day.repair_orders[0]?.source.payload
  }
  expect(await payload(ANNA)).toBeNull()
  expect(await payload('service_role')).toMatchObject({ id: expect.any(String) as string })
})
