// TM's webhooks over a running pipeline, on both queue stores: a hint makes us read an RO again, within seconds, and is never data;
// without the token there is nothing; a repetition, a flood and rubbish cost next to nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { SHOP_A, SHOP_B, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'

const TOKEN = 'a-webhook-token-of-a-test'
/** "Within seconds": the day is rebuilt 1.5 s after it was asked for; the rest is for a loaded machine. */
const SECONDS = 15_000

interface Sent {
  readonly token?: string | null
  readonly shop?: number
  /** As the header says; the body is sent as it is. */
  readonly encoding?: string
}

const post = (world: ApiWorld, body: unknown, { token = TOKEN, shop, encoding }: Sent = {}) => {
  const query = new URLSearchParams({
    ...(token === null ? {} : { token }),
    ...(shop === undefined ? {} : { shop_id: String(shop) }),
  })
  return fetch(`${world.url}/api/webhooks/tekmetric?${query.toString()}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

const outcomes = (world: ApiWorld): unknown[] =>
  world.pipeline.lines.filter(({ event }) => event === 'webhook.hint').map(({ outcome }) => outcome)

/** Sends it and waits for what becomes of it. */
const outcomeOf = async (world: ApiWorld, body: unknown, sent: Sent = {}): Promise<unknown> => {
  const before = outcomes(world).length
  expect((await post(world, body, sent)).status).toBe(200)
  await expect.poll(() => outcomes(world).length, { timeout: 10_000 }).toBe(before + 1)
  return outcomes(world).at(-1)
}

describe.each(queueStores())('from hook to day on $kind', (store) => {
  let world: ApiWorld
  beforeAll(async () => {
    world = await startApiWorld({ store, workers: true, app: { webhookToken: TOKEN } })
    for (const shop of [SHOP_A, SHOP_B]) await world.pipeline.sync({ shop, source: 'all' })
    await world.pipeline.quiet()
  }, 120_000)
  afterAll(() => world.close())

  const revenueOf = async (date: string) => {
    const [row] = await world.pipeline.query<{ revenue: string | null }>(
      `select m.authorized_revenue as revenue from daily_shop_metrics m join shops s on s.id = m.shop_id
        where s.tm_id = $1 and m.metric_date = $2`,
      [SHOP_A, date],
    )
    return row?.revenue ?? null
  }
  const postedRo = () => {
    const { repairOrders } = world.pipeline.simulator.truth()
    const ro = repairOrders.find(
      ({ statusId, shopTmId, jobs }) =>
        statusId === 5 &&
        shopTmId === SHOP_A &&
        jobs.some((job) => job.authorized === true && job.parts.length > 0),
    )
    if (ro === undefined) throw new Error('the simulator has no posted RO with parts')
    return ro
  }

  test('a change that TM tells of is in the day within seconds, and what the hook claims is not', async () => {
    const ro = postedRo()
    const [stored] = await world.pipeline.query<{ date: string }>(
      `select r.posted_date::text as date from repair_orders r join shops s on s.id = r.shop_id
        where s.tm_id = $1 and r.tm_id = $2`,
      [SHOP_A, ro.id],
    )
    const date = stored?.date ?? ''
    const before = await revenueOf(date)
    const job = ro.jobs.find(({ authorized, parts }) => authorized === true && parts.length > 0)
    world.pipeline.simulator.edit.editLine(ro.id, {
      job: job?.id ?? 0,
      kind: 'parts',
      set: { retail: 321_000 },
    })
    const data = { id: ro.id, repairOrderNumber: ro.number, shopId: SHOP_A, jobs: [{ total: 1 }] }
    const event = `Repair Order #${ro.number} status updated by user@example.com`
    expect((await post(world, { event, data })).status).toBe(200)
    await expect.poll(() => revenueOf(date), { timeout: SECONDS }).not.toBe(before)
    await world.pipeline.quiet()
    expect(await world.pipeline.compare()).toEqual([])
  })

  test('a payment, which names no shop, reads the RO of the shop that has it', async () => {
    const { repairOrders } = world.pipeline.simulator.truth()
    const ro = repairOrders.find(({ shopTmId }) => shopTmId === SHOP_B)?.id ?? 0
    const data = { id: 1, repairOrderId: ro, amount: 100 }
    const reads = () => world.pipeline.simulator.requests.list({ ro }).length
    const before = reads()
    expect(await outcomeOf(world, { event: 'Payment made by Sample Customer', data })).toBe('queued')
    await expect.poll(reads, { timeout: SECONDS }).toBeGreaterThan(before)
  })
})

describe('what comes in', () => {
  let world: ApiWorld
  beforeAll(async () => {
    const [store] = queueStores()
    if (store === undefined) throw new Error('there is no queue store')
    const app = { webhookToken: TOKEN, hintLimits: { perMinute: 60, urgentPerShop: 5 } }
    world = await startApiWorld({ store, workers: false, app })
  })
  afterAll(() => world.close())

  const waiting = async () => {
    const jobs = await world.pipeline.queueJobs
      .queue(syncRepairOrder.queue)
      .getJobs(['prioritized', 'waiting'])
    return jobs.map(({ data }) => data as { shop: number; ro: number; lane: string; reason: string })
  }
  const hint = (ro: number, shopId: number = SHOP_A, more: object = {}) => ({
    event: `Repair Order #${ro} posted by user@example.com`,
    data: { id: ro, repairOrderNumber: ro, shopId, ...more },
  })

  test('without the right token there is nothing at the address, with or without a body', async () => {
    for (const token of [null, '', 'x', `${TOKEN}x`, TOKEN.slice(1)]) {
      const answer = await post(world, hint(1), { token })
      expect({ token, status: answer.status }).toEqual({ token, status: 404 })
      expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND' })
    }
    const get = await fetch(`${world.url}/api/webhooks/tekmetric?token=${TOKEN}`)
    expect(get.status).toBe(404)
    expect(await waiting()).toEqual([])
  })

  test('the same body again is one hint; another body of the same RO joins what waits', async () => {
    expect(await outcomeOf(world, hint(11))).toBe('queued')
    for (let again = 0; again < 5; again += 1) expect((await post(world, hint(11))).status).toBe(200)
    expect(await outcomeOf(world, hint(11, SHOP_A, { updatedDate: 'later' }))).toBe('queued')
    expect(await waiting()).toEqual([{ shop: SHOP_A, ro: 11, lane: 'interactive', reason: 'webhook' }])
    const admin = (await world.makeKey('admin', null)).key
    const summary = await fetch(`${world.url}/api/ops/summary`, {
      headers: { authorization: `Bearer ${admin}` },
    })
    expect(await summary.json()).toMatchObject({ webhook: { queued: 2, duplicate: 5 } })
  })

  test('shop 0 is the shop of the address; a shop that is not ours is nobody', async () => {
    expect(await outcomeOf(world, hint(12, 0), { shop: SHOP_B })).toBe('queued')
    expect((await waiting()).some(({ shop, ro }) => shop === SHOP_B && ro === 12)).toBe(true)
    expect(await outcomeOf(world, hint(13, 999_999), { shop: SHOP_B })).toBe('no-shop')
    expect(await outcomeOf(world, hint(14, 0))).toBe('no-shop')
  })

  test('what is not understood is taken, counted, and not quoted', async () => {
    expect(await outcomeOf(world, '{"event":')).toBe('unreadable')
    expect(await outcomeOf(world, '<xml>person@example.com</xml>')).toBe('unreadable')
    expect(await outcomeOf(world, { event: 'Appointment of person@example.com created', data: {} })).toBe(
      'no-repair-order',
    )
    expect(await outcomeOf(world, [1, 2, 3])).toBe('no-repair-order')
    const body = JSON.stringify({ event: 'x', data: 'x'.repeat(3_000_000) })
    expect(await outcomeOf(world, body)).toBe('unreadable')
    expect(await outcomeOf(world, body)).toBe('unreadable')
    expect(await outcomeOf(world, hint(15), { encoding: 'x-unknown' })).toBe('unreadable')
    expect(await outcomeOf(world, hint(15), { encoding: 'gzip' })).toBe('unreadable')
    const told = JSON.stringify(world.pipeline.lines)
    expect(told).not.toContain('person@example.com')
    expect(told).not.toContain(TOKEN)
  })

  test('a storm of one shop leaves the lane of people, and is dropped beyond the cap', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => post(world, hint(1_000 + i))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const ofStorm = async () => (await waiting()).filter(({ ro }) => ro >= 1_000)
    const lanes = async () => {
      const found = await ofStorm()
      return {
        urgent: found.filter(({ lane }) => lane === 'interactive').length,
        bounded: found.length > 5 && found.length <= 60,
      }
    }
    // RO 11 took two of the five.
    await expect.poll(lanes, { timeout: 10_000 }).toEqual({ urgent: 3, bounded: true })
    expect(world.pipeline.lines.filter(({ event }) => event === 'webhook.flood')).toHaveLength(1)
  })
})

test('without the setting there is no such address', async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  const world = await startApiWorld({ store, workers: false })
  expect((await post(world, {}, { token: '' })).status).toBe(404)
  expect((await post(world, {}, { token: 'null' })).status).toBe(404)
  await world.close()
})
