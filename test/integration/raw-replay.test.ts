// Stored answers rebuild an RO without a call to TM, and a dry run says what a sync would change.
// On one queue store only: both work without a queue; only what they leave marked goes through one, as everything does.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../../src/core/logger.ts'
import { unpackRead } from '../../src/core/tekmetric/raw-payload.ts'
import { dryRun } from '../../src/cli/dry-run.ts'
import { replayStored, type Replayed, type ReplayInput } from '../../src/workers/replay.ts'
import { report } from '../support/oracle/compare.ts'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { changedRows, writtenRows } from '../support/pipeline-rows.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const log = createLogger({ level: 'silent' })

let pipeline: Pipeline
let ros: number[]
const shopId = async () => (await pipeline.services.shops.byTmId(SHOP)).id

const replay = async (how: Partial<ReplayInput> = {}): Promise<Replayed[]> => {
  const results: Replayed[] = []
  const input = {
    shop: SHOP,
    shopId: await shopId(),
    roTmId: null,
    since: null,
    force: false,
    refused: false,
    ...how,
  }
  for await (const result of replayStored({ services: pipeline.services, log }, input)) results.push(result)
  return results
}

beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  const shop = { tmId: SHOP, repairOrders: 70 }
  pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 10 }, storeRaw: 'all' })
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 12 })
  await pipeline.quiet()
  ros = (await pipeline.query<{ ro: string }>('select tm_id as ro from repair_orders order by tm_id')).map(
    ({ ro }) => Number(ro),
  )
})
afterAll(() => pipeline.close())

test('every RO is rebuilt from stored answers without a TM call, to the cent', async () => {
  await pipeline.query(
    'truncate repair_orders, daily_shop_metrics, tech_daily_metrics, advisor_daily_metrics cascade',
  )
  const calls = pipeline.simulator.requests.count({})
  const results = await replay()
  expect(results.map(({ ro, outcome }) => [ro, outcome])).toEqual(ros.map((ro) => [ro, 'created']))
  await pipeline.quiet()
  expect(pipeline.simulator.requests.count({})).toBe(calls)
  expect(report(await pipeline.compare())).toBe('')
})

test('an RO that is as its answers say stays untouched', async () => {
  const before = await writtenRows(pipeline)
  expect(new Set((await replay()).map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']))
  expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
})

test('forced, rows that were damaged by hand are as TM said again, also after a later look at TM', async () => {
  const [victim = 0] = await pipeline
    .query<{ ro: string }>(
      'select r.tm_id as ro from repair_orders r join job_parts p on p.repair_order_id = r.id group by 1 limit 1',
    )
    .then((rows) => rows.map(({ ro }) => Number(ro)))
  await requestRepairOrder(pipeline, { shop: SHOP, ro: victim })
  await pipeline.quiet()
  await pipeline.query(
    'update job_parts p set total = total + 1 from repair_orders r where r.id = p.repair_order_id and r.tm_id = $1',
    [victim],
  )
  expect(await pipeline.compare()).not.toEqual([])
  expect((await replay({ roTmId: victim }))[0]?.outcome).toBe('unchanged')
  expect((await replay({ roTmId: victim, force: true }))[0]?.outcome).toBe('updated')
  await pipeline.quiet()
  expect(report(await pipeline.compare())).toBe('')
})

test('stored answers hold no nonce and no token, and only those asked for are replayed', async () => {
  const rows = await pipeline.query<{ payload: unknown; ro: string; at: string }>(
    'select payload, entity_tm_id as ro, fetched_at::text as at from tm_raw_payloads',
  )
  expect(rows.length).toBe(ros.length)
  for (const { payload, ro, at } of rows) {
    const read = unpackRead(payload, { shopTmId: SHOP, ro: Number(ro), fetchedAt: at })
    expect(JSON.stringify(read)).not.toMatch(/nonce|token/i)
  }
  const soon = new Date(Date.now() + 60_000).toISOString()
  expect(await replay({ since: soon })).toEqual([])
})

test('a refused answer is replayed when asked for, and stays refused until somebody understands it', async () => {
  const [ro = 0] = ros
  pipeline.simulator.edit.bump(ro)
  pipeline.simulator.faults.add({
    route: 'header',
    ro,
    kind: 'malform',
    path: 'amountPaid',
    value: 'x',
    times: 1,
  })
  await requestRepairOrder(pipeline, { shop: SHOP, ro })
  await pipeline.quiet()
  expect((await replay({ roTmId: ro }))[0]?.outcome).not.toBe('refused')
  expect(await replay({ roTmId: ro, refused: true })).toMatchObject([
    {
      ro,
      outcome: 'refused',
      reason: expect.stringMatching(/header\.amountPaid: is not a number/) as string,
    },
  ])
  await requestRepairOrder(pipeline, { shop: SHOP, ro })
  await pipeline.quiet()
  expect(report(await pipeline.compare())).toBe('')
})

describe('a dry run', () => {
  const run = async (ro: number) => dryRun(pipeline.services, { shopTmId: SHOP, shopId: await shopId(), ro })

  test('shows the rows and the figures that a sync would change, and writes nothing', async () => {
    const posted = pipeline.simulator
      .truth()
      .repairOrders.find(
        ({ statusId, jobs }) =>
          statusId === 5 && jobs.some(({ authorized, parts }) => authorized === true && parts.length > 0),
      )
    const ro = posted?.id ?? 0
    const job = posted?.jobs.find(({ authorized, parts }) => authorized === true && parts.length > 0)
    pipeline.simulator.edit.editLine(ro, {
      job: job?.id ?? 0,
      kind: 'parts',
      set: { retail: 98_765, quantity: 1 },
    })
    const before = await writtenRows(pipeline)
    const books = await pipeline.query('select * from sync_log order by id')
    const shown = await run(ro)
    expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
    expect(await pipeline.query('select * from sync_log order by id')).toEqual(books)
    expect(await pipeline.query('select from dirty_days')).toEqual([])

    expect(shown.outcome).toBe('updated')
    const part = shown.rows.find(({ table }) => table === 'job_parts')
    expect(part?.columns).toContainEqual({ column: 'retail', old: job?.parts[0]?.retail, new: 98_765 })
    expect(shown.rows.map(({ table }) => table)).toEqual(
      expect.arrayContaining(['repair_orders', 'jobs', 'job_parts', 'ro_snapshots']),
    )
    expect(shown.days).toHaveLength(1)

    // The deed brings exactly what was shown.
    const [day] = shown.days
    const revenue = day?.columns.find(({ column }) => column === 'parts_revenue')
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    const [stored] = await pipeline.query<{ revenue: string }>(
      'select parts_revenue as revenue from daily_shop_metrics where metric_date = $1',
      [day?.date],
    )
    expect(Number(stored?.revenue)).toBe(revenue?.new)
    expect(report(await pipeline.compare())).toBe('')
  })

  test('of an RO that a sync would put into quarantine says so, and reports nothing', async () => {
    const ro = ros[3] ?? 0
    const { tekmetric } = pipeline.services
    const changed = {
      ...pipeline.services,
      tekmetric: {
        ...tekmetric,
        readRepairOrder: async (call: Parameters<typeof tekmetric.readRepairOrder>[0]) => {
          const read = structuredClone(await tekmetric.readRepairOrder(call))
          if (read.kind === 'found') delete (read.estimate as Record<string, unknown>)['authorizedTotal']
          return read
        },
      },
    }
    const wish = { shopTmId: SHOP, shopId: await shopId(), ro }
    const drift = () => pipeline.query('select * from tm_field_drift order by path')
    const before = await drift()
    await expect(dryRun(changed, wish)).rejects.toMatchObject({
      code: 'UPSTREAM_CHANGED',
      details: { issues: [{ path: 'estimate.authorizedTotal', message: 'is gone' }] },
    })
    expect(await drift()).toEqual(before)
    const accept = { shopId: wish.shopId, path: 'estimate.authorizedTotal' }
    await pipeline.services.warehouse.quarantine.reportDrift({
      shopId: wish.shopId,
      fields: [{ kind: 'gone', path: accept.path, ro }],
    })
    await pipeline.services.warehouse.quarantine.acceptDrift({ ...accept, accepted: true })
    expect(await dryRun(changed, wish)).toMatchObject({ ro, outcome: 'updated' })
  })

  test('of an unchanged RO shows nothing, of one that TM has not says so', async () => {
    expect(await run(ros[3] ?? 0)).toMatchObject({ outcome: 'unchanged', rows: [], days: [] })
    expect(await run(1)).toMatchObject({ outcome: 'missing', rows: [], days: [] })
  })
})
