// What cannot be stored is seen, kept with its evidence and its money, asked for again by filter, and heals.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { listFailed, retryFailed } from '../../src/producers/failed-queue-jobs.ts'
import { report } from '../support/oracle/compare.ts'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let ro: number
  let other: number
  const syncAll = () => pipeline.sync({ shop: SHOP, source: 'all', daysBack: 8 })
  const failed = (filter = {}) => listFailed(pipeline.queueJobs, filter)

  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 30 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 6 } })
    const posted = pipeline.simulator
      .truth()
      .repairOrders.filter(
        ({ statusId, jobs }) =>
          statusId === 5 && jobs.some(({ authorized, parts }) => authorized === true && parts.length > 0),
      )
    ro = posted[0]?.id ?? 0
    other = posted[1]?.id ?? 0
  })
  afterAll(() => pipeline.close())

  const authorizedTotal = async (): Promise<number> => {
    const url = `${pipeline.servers.tekmetric.baseUrl}/api/repair-order/${ro}/estimate`
    const headers = { 'x-auth-token': pipeline.simulator.tokens.for(SHOP) }
    const estimate = (await (await fetch(url, { headers })).json()) as { authorizedTotal: number }
    return Number(estimate.authorizedTotal)
  }

  test('a refused answer is kept whatever STORE_RAW_PAYLOADS says, with its cause, its row and the money it withholds', async () => {
    const fault = {
      route: 'estimate',
      ro,
      kind: 'malform' as const,
      path: 'jobs.*.parts.*.retail',
      value: 'much',
    }
    pipeline.simulator.faults.add({ ...fault, id: 'bad price' })
    const run = await syncAll()
    await pipeline.quiet()
    expect(run).toMatchObject({ failed: 1, deletionsHeld: 0 })
    expect(run.failures).toMatchObject([
      {
        ro,
        errors: [
          { table: 'job_parts', message: expect.stringMatching(/retail: is not a number$/) as string },
        ],
      },
    ])
    const [error] = run.failures[0]?.errors ?? []
    const parts = pipeline.simulator
      .truth()
      .repairOrders.find(({ id }) => id === ro)
      ?.jobs.flatMap((job) => job.parts)
    expect(parts?.map(({ id }) => id)).toContain(error?.tm_id)

    const quarantine = await pipeline.services.warehouse.quarantine.list({ shopId: null })
    expect(quarantine).toMatchObject({ count: 1, withheld_cents: await authorizedTotal(), unknown_amount: 0 })
    expect(quarantine.repair_orders[0]).toMatchObject({
      ro,
      shop_tm_id: SHOP,
      cause: { code: 'UPSTREAM_CHANGED', class: 'data' },
    })
    const kept = await pipeline.query('select cause from tm_raw_payloads')
    expect(kept).toHaveLength(1)
    const drift = await pipeline.query('select kind, path from tm_field_drift')
    expect(drift).toEqual([
      {
        kind: 'refused',
        path: expect.stringMatching(/^estimate\.(jobs|repairOrderJobs)\.\*\.parts\.\*\.retail$/) as string,
      },
    ])
    const events = pipeline.lines.map(({ event }) => event)
    expect(events.filter((event) => event === 'repair-order.quarantined')).toHaveLength(1)
    expect(events.filter((event) => event === 'tekmetric.field-drift')).toHaveLength(1)
  })

  test('is listed once with class and reason however often it failed', async () => {
    await syncAll()
    await pipeline.quiet()
    expect(await failed()).toMatchObject([
      { queue: 'repair-orders', name: 'sync-repair-order', shop: SHOP, ro, failureClass: 'data', times: 2 },
    ])
    expect(await failed({ failureClass: 'transient' })).toEqual([])
    expect(await failed({ shop: 9 })).toEqual([])
    expect(await failed({ ro: other })).toEqual([])
    expect(await failed({ queue: 'metrics' })).toEqual([])
    expect(await failed({ since: new Date(Date.now() + 1_000) })).toEqual([])
    expect(
      await failed({ since: new Date(Date.now() - 60_000), ro, shop: SHOP, failureClass: 'data' }),
    ).toHaveLength(1)
  })

  test('a quarantined RO that is stored withholds only what is missing, and heals with the next good read', async () => {
    pipeline.simulator.faults.clear()
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    expect(await pipeline.query('select from quarantined_repair_orders')).toEqual([])
    expect(report(await pipeline.compare())).toBe('')

    const before = await authorizedTotal()
    pipeline.simulator.edit.editLine(ro, { kind: 'parts', set: { retail: 250_000 } })
    pipeline.simulator.faults.add({ route: 'header', ro, kind: 'malform', path: 'amountPaid', value: 'x' })
    await syncAll()
    await pipeline.quiet()
    const { withheld_cents } = await pipeline.services.warehouse.quarantine.list({ shopId: null })
    expect(withheld_cents).toBe((await authorizedTotal()) - before)
    expect(withheld_cents).not.toBe(0)
  })

  test('retry asks again for exactly what the filter names and leaves nothing failed behind', async () => {
    pipeline.simulator.faults.add({
      route: 'header',
      ro: other,
      kind: 'malform',
      path: 'amountPaid',
      value: 'x',
    })
    pipeline.simulator.edit.bump(other)
    await syncAll()
    await pipeline.quiet()
    expect(new Set((await failed()).map((job) => job.ro))).toEqual(new Set([ro, other]))

    pipeline.simulator.faults.clear()
    expect(await retryFailed(pipeline.queueJobs, { ro }, { perMinute: 60_000 })).toMatchObject({
      retried: 1,
      refused: [],
    })
    await pipeline.quiet()
    expect((await failed()).map((job) => job.ro)).toEqual([other])
    expect(await pipeline.query('select ro_tm_id::int as ro from quarantined_repair_orders')).toEqual([
      { ro: other },
    ])

    await retryFailed(pipeline.queueJobs, { failureClass: 'data' }, { perMinute: 60 })
    await pipeline.quiet()
    expect(await failed()).toEqual([])
    expect(report(await pipeline.compare())).toBe('')
  })

  test('asked again at two a minute, the first starts now and the second half a minute later', async () => {
    const queue = pipeline.queueJobs.queue('repair-orders')
    for (const one of [ro, other])
      pipeline.simulator.faults.add({
        route: 'header',
        ro: one,
        kind: 'malform',
        path: 'amountPaid',
        value: 'x',
      })
    for (const one of [ro, other]) await requestRepairOrder(pipeline, { shop: SHOP, ro: one })
    await pipeline.quiet()
    pipeline.simulator.faults.clear()
    const result = await retryFailed(pipeline.queueJobs, { queue: 'repair-orders' }, { perMinute: 2 })
    expect(result).toMatchObject({ retried: 2, coalesced: 0, spreadMs: 30_000 })
    const later = await queue.getDelayed()
    expect(later.map(({ delay }) => delay)).toEqual([30_000])
    const waiting = (later[0]?.data as { ro: number } | undefined)?.ro ?? 0
    // A request that may wait itself does not hurry it.
    const patient = { shop: SHOP, ro: waiting, lane: 'interactive', reason: 'requested' } as const
    expect(await pipeline.queueJobs.request(syncRepairOrder, patient, 60_000)).toMatchObject({
      result: 'coalesced',
    })
    expect(await queue.getDelayedCount()).toBe(1)
    // A person who asks for the one that waits does not wait half a minute, and it is not read twice.
    expect(await requestRepairOrder(pipeline, { shop: SHOP, ro: waiting })).toMatchObject({
      result: 'coalesced',
    })
    expect(await queue.getDelayedCount()).toBe(0)
    await pipeline.quiet()
    expect(report(await pipeline.compare())).toBe('')
  })

  test('a listing is asked for again as itself, or stays failed: one with another window never stands for it', async () => {
    const queue = pipeline.queueJobs.queue('discovery')
    const listing = { shop: SHOP, source: 'all', lane: 'incremental', trigger: 'api' }
    const posted = { ...listing, board: 'POSTED', daysBack: 5 }
    const active = { ...listing, board: 'ACTIVE', daysBack: 3 }
    for (const [i, one] of [posted, active, posted].entries()) {
      // The warehouse refuses a run that nobody opened.
      await queue.add('discover-repair-orders', { ...one, run: randomUUID() }, { attempts: 1 })
      await expect.poll(() => queue.getFailedCount(), { timeout: 20_000 }).toBe(i + 1)
    }
    await queue.pause()
    const first = await retryFailed(pipeline.queueJobs, { queue: 'discovery' }, { perMinute: 6_000 })
    expect(first).toMatchObject({ retried: 1, coalesced: 1 })
    expect(first.refused.map(({ why }) => why)).toEqual([
      'another discover-repair-orders of the shop waits or runs: retry this one when it is done',
    ])
    expect((await queue.getFailed()).map(({ data }) => data as unknown)).toMatchObject([active])
    await queue.resume()
    await pipeline.quiet()
    const second = await retryFailed(pipeline.queueJobs, { queue: 'discovery' }, { perMinute: 60 })
    expect(second).toMatchObject({ retried: 1, coalesced: 0, refused: [] })
    await pipeline.quiet()
    expect(await queue.getFailedCount()).toBe(0)
  })

  test('what a schedule has started is asked for again like all else', async () => {
    const queue = pipeline.queueJobs.queue('discovery')
    const data = { shop: SHOP, source: 'board', lane: 'incremental', trigger: 'schedule', run: randomUUID() }
    const template = { name: 'discover-repair-orders', data, opts: { attempts: 1 } }
    await queue.upsertJobScheduler('boards', { every: 3_600_000 }, template)
    await expect.poll(() => queue.getFailedCount(), { timeout: 20_000 }).toBe(1)
    const result = await retryFailed(pipeline.queueJobs, { queue: 'discovery' }, { perMinute: 60 })
    expect(result).toMatchObject({ retried: 1, coalesced: 0 })
    // On Postgres the entry stays, and the answer says so.
    const stays = store.kind === 'postgres'
    const told = result.refused.filter(({ why }) => why.startsWith('it was asked for again, but its entry'))
    expect([result.refused.length, told.length]).toEqual(stays ? [1, 1] : [0, 0])
    expect(await queue.getFailedCount()).toBe(stays ? 1 : 0)
    await queue.removeJobScheduler('boards')
    await pipeline.quiet()
    await queue.obliterate({ force: true })
  })

  test('two people who ask again at once both get an answer, and the work is done once', async () => {
    const queue = pipeline.queueJobs.queue('repair-orders')
    for (const one of [ro, other])
      pipeline.simulator.faults.add({
        route: 'header',
        ro: one,
        kind: 'malform',
        path: 'amountPaid',
        value: 'x',
      })
    for (const one of [ro, other]) await requestRepairOrder(pipeline, { shop: SHOP, ro: one })
    await pipeline.quiet()
    pipeline.simulator.faults.clear()
    await queue.pause()
    const ask = () => retryFailed(pipeline.queueJobs, {}, { perMinute: 6_000 })
    const answers = await Promise.all([ask(), ask()])
    expect(answers.reduce((sum, { retried }) => sum + retried, 0)).toBe(2)
    expect(await failed()).toEqual([])
    await queue.resume()
    await pipeline.quiet()
    expect(report(await pipeline.compare())).toBe('')
  })

  test('an answer that the database refuses is quarantined with its payload too, and heals', async () => {
    await pipeline.query('alter table job_parts add constraint no_sevens check (retail <> 77777)')
    pipeline.simulator.edit.editLine(ro, { kind: 'parts', set: { retail: 77_777 } })
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    await pipeline.quiet()
    const { repair_orders } = await pipeline.services.warehouse.quarantine.list({ shopId: null })
    expect(repair_orders).toMatchObject([{ ro, cause: { code: 'DATABASE_REJECTED', class: 'data' } }])
    expect(repair_orders[0]?.raw_payload_id).not.toBeNull()
    expect(await failed()).toMatchObject([{ ro, failureClass: 'data' }])

    await pipeline.query('alter table job_parts drop constraint no_sevens')
    await retryFailed(pipeline.queueJobs, { ro }, { perMinute: 60 })
    await pipeline.quiet()
    expect(await pipeline.query('select from ro_quarantine')).toEqual([])
    expect(report(await pipeline.compare())).toBe('')
  })

  test('work that this release does not know or would refuse stays failed, and says why', async () => {
    const queue = pipeline.queueJobs.queue('repair-orders')
    await queue.add('fold-laundry', { shop: SHOP }, { attempts: 1, priority: 1 })
    for (const one of [ro, other])
      await queue.add(
        'sync-repair-order',
        { shop: SHOP, ro: one, lane: 'interactive', reason: 'odd' },
        { priority: 1 },
      )
    await expect.poll(async () => (await failed()).length, { timeout: 20_000 }).toBe(3)
    // It says so in the log and in the store, as every failure does.
    expect((await failed()).map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^PAYLOAD_INVALID: there is no queue job called fold-laundry/),
    )
    const result = await retryFailed(pipeline.queueJobs, {}, { perMinute: 1 })
    expect(result).toMatchObject({ retried: 0, coalesced: 0 })
    expect(result.refused.map(({ why }) => why).toSorted()).toEqual([
      expect.stringMatching(/^sync-repair-order: the payload does not fit/) as string,
      expect.stringMatching(/^sync-repair-order: the payload does not fit/) as string,
      'this release has no queue job fold-laundry',
    ])
    expect(await failed()).toHaveLength(3)
  })
})
