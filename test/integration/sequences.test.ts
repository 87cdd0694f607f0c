// What people do with an RO after it was synced: after every step the warehouse equals the source to the cent, found by
// ordinary discovery, without anybody asking for that RO.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 120_000

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let ro: number
  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 30 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 6 } })
    const found = pipeline.simulator
      .truth()
      .repairOrders.find(
        ({ statusId, jobs }) =>
          statusId === 5 &&
          jobs.filter(({ authorized }) => authorized === true).length > 2 &&
          jobs.some(({ parts }) => parts.length > 1),
      )
    ro = found?.id ?? 0
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 8 })
    await pipeline.quiet()
  })
  afterAll(() => pipeline.close())

  const state = () => {
    const found = pipeline.simulator.truth().repairOrders.find(({ id }) => id === ro)
    if (found === undefined) throw new Error('the RO is gone')
    return found
  }
  const counted = () =>
    pipeline.query<{ snapshot_trigger: string; day: string }>(
      'select snapshot_trigger, snapshot_date::text as day from ro_snapshots where ro_tm_id = $1 and counted',
      [ro],
    )
  /** Discovery every five minutes, and everything that follows from it. */
  const settle = async () => {
    const run = await pipeline.sync({ shop: SHOP, source: 'board' })
    await pipeline.quiet()
    expect(run).toMatchObject({ status: 'finished', failed: 0 })
    expect(report(await pipeline.compare())).toBe('')
    return run
  }
  const edit = () => pipeline.simulator.edit

  const steps: readonly (readonly [string, () => unknown, string[]])[] = [
    ['un-posted with its dates left standing', () => edit().unpost(ro, { to: 2, keepsPostedDate: true }), []],
    [
      're-posted on another day',
      () => edit().post(ro, { postedDate: '2026-03-17T16:00:00Z' }),
      ['posted 2026-03-17'],
    ],
    ['un-posted to complete', () => edit().unpost(ro, { to: 3, keepsCompletedDate: true }), ['completed']],
    [
      're-posted to accounts receivable, back-dated',
      () => edit().post(ro, { receivable: true, postedDate: '2026-03-16T03:30:00Z' }),
      ['posted 2026-03-15'],
    ],
    ['settled', () => edit().settle(ro), ['posted 2026-03-15']],
    ['re-saved: the same job with new line ids', () => edit().resaveJob(ro), ['posted 2026-03-15']],
    [
      'edited: a line costs more',
      () => edit().editLine(ro, { kind: 'parts', set: { retail: 33_333, cost: 11_111 } }),
      ['posted 2026-03-15'],
    ],
    [
      'edited: a line is removed',
      () =>
        edit().update(ro, ({ jobs }) => {
          jobs.find(({ parts }) => parts.length > 1)?.parts.pop()
        }),
      ['posted 2026-03-15'],
    ],
    [
      'edited: a job is added and approved',
      () => edit().decide(ro, edit().addJob(ro).jobs.at(-1)?.id ?? 0, true),
      ['posted 2026-03-15'],
    ],
    ['edited: a job is removed', () => edit().removeJob(ro, state().jobs[0]?.id), ['posted 2026-03-15']],
    [
      'edited: every job is removed',
      () => {
        for (const { id } of state().jobs) edit().removeJob(ro, id)
      },
      ['posted 2026-03-15'],
    ],
    ['un-posted and reopened', () => edit().unpost(ro, { to: 2, keepsCompletedDate: false }), []],
    [
      're-posted with a new job',
      () => {
        edit().decide(ro, edit().addJob(ro).jobs.at(-1)?.id ?? 0, true)
        edit().post(ro)
      },
      ['posted 2026-03-20'],
    ],
  ]

  test.each(steps)(
    '%s: lines, snapshots and both days are exact, the RO counts once',
    { timeout: LONG },
    async (_what, act, places) => {
      act()
      const run = await settle()
      expect(run.updated).toBe(1)
      const found = (await counted()).map((row) => `${row.snapshot_trigger} ${row.day}`)
      expect(found).toEqual(places.map((place) => expect.stringContaining(place) as string))
    },
  )

  test('a payment that moves no date is found by the sweep', { timeout: LONG }, async () => {
    edit().unpost(ro, { to: 3 })
    edit().post(ro, { receivable: true })
    await settle()
    edit().pay(ro, 1_234)
    await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 8 })
    await pipeline.quiet()
    const [row] = await pipeline.query<{ paid: number }>(
      'select amount_paid as paid from repair_orders where tm_id = $1',
      [ro],
    )
    expect(row?.paid).toBe(state().amountPaid)
  })
})
