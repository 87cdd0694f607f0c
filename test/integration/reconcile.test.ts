// Days against TM's profit report, end to end: what is proven, what is found, what is read again, what is reported.
import { afterEach, describe, expect, test } from 'vitest'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'
import { namedIn, reconcile } from '../support/reconciling.ts'

const SHOP = 4321
/** The simulator's frozen now is 2026-03-20 in the shop's zone; its ROs lie within the twelve days before. */
const RANGE = { shop: SHOP, from: '2026-03-08', to: '2026-03-20' }
const DAYS = 13

const [store] = queueStores()
if (store === undefined) throw new Error('there is no queue store to test with')

describe('reconciling days with the profit report', () => {
  let pipeline: Pipeline
  afterEach(() => pipeline.close())

  const start = async (repairOrders = 60) => {
    pipeline = await startPipeline({ store, simulator: { shops: [{ tmId: SHOP, repairOrders }], days: 12 } })
    await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
  }

  test('clean data is proven, every day of it', async () => {
    await start()
    const { days } = await reconcile(pipeline, RANGE)
    expect(days.filter(({ state }) => state !== 'proven')).toEqual([])
    expect(days).toHaveLength(DAYS)
    expect(namedIn(days)).toEqual([])
  })
})
