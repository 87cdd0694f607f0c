// The dashboard's figures and the explanation of a day over the API: the same as the warehouse says, page by page.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, SHOP_A, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'

let world: ApiWorld
let token: string
let today: string
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  world = await startApiWorld({ store, workers: true })
  await world.pipeline.sync({ shop: SHOP_A, source: 'all', daysBack: 8 })
  await world.pipeline.quiet()
  token = (await world.makeKey('employee', [world.shopA.id])).key
  today = new Date(world.pipeline.simulator.truth().now).toISOString().slice(0, 10)
})
afterAll(() => world.close())

const get = async (path: string) => {
  const answer = await ask(world, path, { token })
  expect({ path, status: answer.status, text: answer.text }).toMatchObject({ status: 200 })
  return (answer.json ?? {}) as Record<string, unknown>
}
const range = (days: number) => {
  const from = new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10)
  return `shop_id=${SHOP_A}&start_date=${from}&end_date=${today}`
}

test('the summary, the days, the technicians and the advisors of a period are those of the warehouse', async () => {
  const { reports } = world.pipeline.services.warehouse
  const [, from = '', to = ''] = /start_date=(.*)&end_date=(.*)$/.exec(range(6)) ?? []
  const wish = { shopId: world.shopA.id, from, to }
  const { freshness: _now, ...summary } = await get(`/api/dashboard/summary?${range(6)}`)
  expect(summary).toMatchObject(
    JSON.parse(
      JSON.stringify({ ...(await reports.summary({ ...wish, preset: 'custom' })), freshness: undefined }),
    ) as object,
  )
  const unproven = { complete_through: null, complete_through_at: null }
  const ofApi = (name: string) => get(`/api/dashboard/${name}?${range(6)}`)
  expect(await ofApi('daily')).toEqual({ ...(await reports.daily(wish)), ...unproven })
  expect(await ofApi('technicians')).toEqual({ ...(await reports.technicians(wish)), ...unproven })
  expect(await ofApi('advisors')).toEqual({ ...(await reports.advisors(wish)), ...unproven })
})

test('up to when the shop is proven stands beside all figures of a range, as in the summary', async () => {
  const day = new Date(Date.parse(today) - 2 * 86_400_000).toISOString().slice(0, 10)
  await world.pipeline.query(
    `insert into reconciliations (shop_id, metric_date, state, listed_at) values ($1, $2, 'proven', now())`,
    [world.shopA.id, day],
  )
  const { freshness } = await get(`/api/dashboard/summary?${range(6)}`)
  const { complete_through_at: at } = freshness as Record<string, string>
  const proof = { complete_through: day, complete_through_at: at }
  expect(freshness).toMatchObject({ ...proof, complete_through_at: expect.any(String) })
  const lists = ['repair-orders', 'exceptions', 'estimated-costs']
  const reports = ['daily', 'technicians', 'advisors', ...lists].map((name) => `dashboard/${name}`)
  for (const path of [...reports, 'metrics/daily'])
    expect(await get(`/api/${path}?${range(6)}`), path).toMatchObject(proof)
})

test('a named range is a period of the shop, counted from the present of the installation', async () => {
  const named = await get(`/api/dashboard/summary?shop_id=${SHOP_A}&range=last_7_days`)
  const { from, to } = named as { from: string; to: string }
  expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBe(6)
  expect(Math.abs(Date.parse(to) - Date.parse(today))).toBeLessThanOrEqual(86_400_000)
  const mixed = await ask(world, `/api/dashboard/daily?${range(3)}&range=today`, { token })
  expect(mixed).toMatchObject({ status: 400, json: { errors: [{ path: 'range' }] } })
  const half = await ask(world, `/api/dashboard/daily?shop_id=${SHOP_A}&start_date=${today}`, { token })
  expect(half).toMatchObject({ status: 400, json: { errors: [{ path: 'end_date' }] } })
})

test.each(['repair-orders', 'estimated-costs', 'work-in-progress'])(
  '%s come page by page without a gap or a repetition',
  async (list) => {
    const query = list === 'work-in-progress' ? `shop_id=${SHOP_A}` : range(6)
    const all = await get(`/api/dashboard/${list}?${query}&limit=500`)
    const ids = (page: Record<string, unknown>) =>
      (page['repair_orders'] as { ro_tm_id: number }[]).map((row) => row.ro_tm_id)
    const seen: number[] = []
    let next = ''
    do {
      const page = await get(`/api/dashboard/${list}?${query}&limit=2${next === '' ? '' : `&after=${next}`}`)
      seen.push(...ids(page))
      next = (page['next'] as string | null) ?? ''
    } while (next !== '')
    expect(seen).toEqual(ids(all))
  },
)

test('a place that was made up is the fault of the caller', async () => {
  for (const place of [
    'e30',
    Buffer.from('{"date":"never","ro":1}').toString('base64url'),
    '%F0%9F%92%A9',
    'bnVsbA',
  ]) {
    const { status, json } = await ask(world, `/api/dashboard/repair-orders?${range(6)}&after=${place}`, {
      token,
    })
    expect({ place, status, errors: json?.['errors'] }).toMatchObject({
      place,
      status: 400,
      errors: [{ path: 'after' }],
    })
  }
})

test('a day is taken apart down to its repair orders', async () => {
  const { days } = await get(`/api/dashboard/daily?${range(6)}`)
  const day = (days as { metric_date: string }[]).at(-1)?.metric_date ?? ''
  const explained = await get(`/api/explain?shop_id=${SHOP_A}&date=${day}`)
  const expected = await world.pipeline.services.warehouse.explanations.day({
    shopId: world.shopA.id,
    date: day,
    roTmId: null,
  })
  expect(explained).toEqual(JSON.parse(JSON.stringify(expected)))
})

test('a day that is yet to come is refused, by the calendar of the shop', async () => {
  const local = (days: number) =>
    new Intl.DateTimeFormat('en-CA', { timeZone: world.shopA.timezone }).format(
      Date.parse(world.pipeline.simulator.truth().now) + days * 86_400_000,
    )
  const asked = (day: string) => ask(world, `/api/explain?shop_id=${SHOP_A}&date=${day}`, { token })
  expect(await asked(local(0))).toMatchObject({ status: 200 })
  expect(await asked(local(1))).toMatchObject({
    status: 400,
    json: { errors: [{ path: 'date', message: `is after the shop's today, ${local(0)}` }] },
  })
})

test('restatements and exceptions answer', async () => {
  expect(await get(`/api/dashboard/exceptions?${range(6)}`)).toMatchObject({ kinds: expect.any(Array) })
  const since = `${today}T00:00:00Z`
  expect(await get(`/api/dashboard/restatements?shop_id=${SHOP_A}&since=${since}`)).toMatchObject({
    restatements: expect.any(Array),
  })
})
