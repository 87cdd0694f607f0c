// A resync that is asked for while the RO is being read: its run ends with the read that begins afterwards, on both stores,
// however the first read ends.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createResyncDesk } from '../../src/producers/resync-desk.ts'
import { followRun } from '../../src/producers/waiting.ts'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const WRONG_ONCE = { route: 'header', kind: 'malform', path: 'amountPaid', value: 'x', times: 1 } as const

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 12 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 4 } })
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 6 })
    await pipeline.quiet()
  })
  afterAll(() => pipeline.close())

  /** A closed RO that is just being read: the answers so far are out, the last one takes a second. */
  const beingRead = async (also: () => void = () => undefined): Promise<number> => {
    const { simulator } = pipeline
    const [target] = simulator
      .truth()
      .repairOrders.filter(
        ({ statusId, jobs }) => statusId === 5 && jobs.some(({ parts }) => parts.length > 0),
      )
    const ro = target?.id ?? 0
    simulator.faults.clear()
    simulator.faults.add({ route: 'profit', ro, kind: 'slow', ms: 1_000, probability: 1 })
    also()
    simulator.requests.reset()
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    const asked = () => simulator.requests.list({}).map(({ path }) => path)
    await expect.poll(asked).toContainEqual(expect.stringContaining(`${ro}/profit`))
    return ro
  }

  const failures = () => pipeline.lines.filter(({ event }) => event === 'job.failed').length

  test('who waits for its run sees what TM had when it was asked for', async () => {
    const { simulator, services } = pipeline
    const ro = await beingRead()
    // The estimate of the first read is out; the edit comes too late for it, and just in time for the request.
    const { updatedDate } = simulator.edit.editLine(ro, { kind: 'parts', set: { retail: 12_345 } })
    const { id } = await services.shops.byTmId(SHOP)
    const { result, runId } = await createResyncDesk(pipeline, 'api').request({
      shop: { id, tmId: SHOP },
      ro,
    })
    expect(result).toBe('queued-after-active')
    expect(await followRun(services, runId)).toMatchObject({ status: 'finished', fetched: 1, updated: 1 })
    const [stored] = await pipeline.query<{ at: Date }>(
      'select updated_date as at from repair_orders where tm_id = $1',
      [ro],
    )
    expect(stored?.at.getTime()).toBe(Date.parse(updatedDate))
  })

  test('who asked while a read failed for good is not told of that failure', async () => {
    const { simulator, services } = pipeline
    const failedBefore = failures()
    const ro = await beingRead(() => void simulator.faults.add(WRONG_ONCE))
    const { id } = await services.shops.byTmId(SHOP)
    // Two processes: only one of the two runs is named in the queue job that follows.
    const asked = await Promise.all(
      [1, 2].map(() => createResyncDesk(pipeline, 'api').request({ shop: { id, tmId: SHOP }, ro })),
    )
    expect(asked.map(({ result }) => result)).toEqual(['queued-after-active', 'queued-after-active'])
    for (const { runId } of asked)
      expect(await followRun(services, runId)).toMatchObject({ status: 'finished', failed: 0, fetched: 1 })
    expect(failures()).toBe(failedBefore + 1)
  })

  test('what was asked for while a read failed, by a process that died before the queue, is read by the sweep', async () => {
    const { simulator, services } = pipeline
    const { runs } = services.warehouse
    const failedBefore = failures()
    const ro = await beingRead(() => void simulator.faults.add(WRONG_ONCE))
    const { id: shopId } = await services.shops.byTmId(SHOP)
    const [runId = ''] = await runs.openResyncs({ wishes: [{ shopId, ro }], trigger: 'api' })
    await expect.poll(failures, { timeout: 5_000 }).toBe(failedBefore + 1)
    expect(await runs.progress({ runId })).toMatchObject({ failed: 0, pending: 1 })
    await pipeline.quiet()
    expect(await runs.progress({ runId })).toMatchObject({ status: 'finished', failed: 0, fetched: 1 })
  })
})
