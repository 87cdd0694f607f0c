// One random cent, hour or date of a posted RO is changed behind the back of the write path: the built-in checks name that RO
// each time and are silent otherwise, and a reconcile reads it again and makes it right.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import pg from 'pg'
import type { Finding } from '../../src/core/warehouse/reconciliations.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'
import { reconcile } from '../support/reconciling.ts'
import { chooseTampering, type Tampering } from '../support/tampering.ts'

const SHOP = 4321
const RANGE = { from: '2026-03-08', to: '2026-03-20' }
const TRIES = 50
/** Another each time; TAMPERING_SEED repeats one. */
const SEED = Number(process.env['TAMPERING_SEED'] ?? Date.now() % 1_000_000)

const [store] = queueStores()
if (store === undefined) throw new Error('there is no queue store to test with')

describe(`an RO changed directly in the tables (TAMPERING_SEED=${SEED})`, () => {
  let pipeline: Pipeline
  let client: pg.Client
  let shopId: string
  beforeAll(async () => {
    pipeline = await startPipeline({
      store,
      simulator: { shops: [{ tmId: SHOP, repairOrders: 60 }], days: 12 },
    })
    await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
    shopId = (await pipeline.services.shops.byTmId(SHOP)).id
    client = new pg.Client({ connectionString: pipeline.databaseUrl })
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await pipeline.close()
  })

  const check = async (): Promise<Finding[]> => {
    const { rows } = await client.query<{ found: Finding[] }>('select check_warehouse($1, $2, $3) as found', [
      shopId,
      RANGE.from,
      RANGE.to,
    ])
    return rows[0]?.found ?? []
  }

  test(`is named, ${TRIES} of ${TRIES} times, and nobody else; clean data says nothing`, async () => {
    expect(await check()).toEqual([])
    const tried: (Tampering & { named: (number | null)[]; checks: string[] })[] = []
    for (let n = 0; n < TRIES; n += 1) {
      const tampering = await chooseTampering(pipeline, { seed: SEED, n, ...RANGE })
      await client.query('begin')
      const { rowCount } = await client.query(tampering.statement)
      expect(rowCount).toBe(1)
      const found = await check()
      await client.query('rollback')
      const named = [...new Set(found.map(({ ro }) => ro))]
      tried.push({ ...tampering, named, checks: [...new Set(found.map((each) => each.check))] })
    }
    expect(tried.filter(({ ro, named }) => named.length !== 1 || named[0] !== ro)).toEqual([])
    expect(new Set(tried.map(({ table }) => table)).size).toBeGreaterThan(3)
    expect(await check()).toEqual([])
  })

  test('is read again by a reconcile, which leaves the warehouse equal to TM', async () => {
    const changed = new Set<number>()
    for (let n = 0; n < 8; n += 1) {
      const { ro, statement } = await chooseTampering(pipeline, { seed: SEED + 1, n, ...RANGE })
      changed.add(ro)
      await client.query(statement)
    }
    const { days, runId } = await reconcile(pipeline, { shop: SHOP, ...RANGE })
    expect(days.filter(({ state }) => state !== 'proven')).toEqual([])
    const items = await pipeline.query<{ ro: string }>(
      'select ro_tm_id as ro from sync_run_items where run_id = $1',
      [runId],
    )
    expect(new Set(items.map(({ ro }) => Number(ro)))).toEqual(changed)
    const [line] = pipeline.lines.filter(({ event }) => event === 'checks.failed')
    expect(line).toMatchObject({ level: 'warn', checks: expect.arrayContaining(['changed_since_stored']) })
    expect(new Set(line?.['ros'] as number[])).toEqual(changed)
    expect(await check()).toEqual([])
    expect(report(await pipeline.compare())).toBe('')
  })

  test('a row of a day or of a person that was changed is named with both values, and computed again', async () => {
    const [day] = await pipeline.query<{ date: string; profit: string }>(
      'select metric_date::text as date, authorized_profit as profit from daily_shop_metrics order by metric_date limit 1',
    )
    if (day === undefined) throw new Error('there is no day')
    await client.query(
      'update daily_shop_metrics set authorized_profit = authorized_profit + 1 where metric_date = $1',
      [day.date],
    )
    await client.query(
      'update tech_daily_metrics set hours_billed = hours_billed + 0.1 where metric_date = $1',
      [day.date],
    )
    const found = await check()
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'day_is_sum_of_snapshots',
        date: day.date,
        ro: null,
        column: 'authorized_profit',
        stored: Number(day.profit) + 1,
        expected: Number(day.profit),
        action: 'rebuild the day',
      }),
    )
    const checks = new Set(found.map((each) => each.check))
    expect(checks).toContain('technician_is_sum_of_snapshots')
    expect(checks).toContain('technicians_make_the_shop')
    expect(checks).toContain('advisors_make_the_shop')
    const { days } = await reconcile(pipeline, { shop: SHOP, from: day.date, to: day.date })
    expect(days).toMatchObject([{ state: 'proven' }])
    expect(await check()).toEqual([])
  })
})
