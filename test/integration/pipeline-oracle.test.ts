// The warehouse against the simulator's own truth: after the first sync, after one that finds nothing new, and after
// a week of ordinary life in two shops in two time zones, with the change of clocks inside the history.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { syncList } from '../support/pipeline-lists.ts'
import { changedRows, writtenRows } from '../support/pipeline-rows.ts'
import { queueStores } from '../support/queue-store.ts'

const LONG = 240_000

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  const syncBoth = async (source: 'all' | 'sweep', daysBack: number) => {
    const runs = await Promise.all(
      pipeline.shops.map((shop) => pipeline.sync({ shop, source, daysBack, withinMs: LONG })),
    )
    await pipeline.quiet({ withinMs: LONG })
    return runs
  }

  /** The nightly lists, without which the warehouse knows only what ROs name. */
  const lists = async () => {
    for (const shop of pipeline.shops)
      for (const kind of ['customers', 'vehicles'] as const)
        expect(await syncList(pipeline, { shop, kind, withinMs: LONG })).toMatchObject({
          status: 'finished',
          failed: 0,
          truncated: false,
        })
  }

  beforeAll(async () => {
    pipeline = await startPipeline({ store })
  })
  afterAll(() => pipeline.close())

  test(
    'after the first sync of both default shops every RO, line, day, customer and vehicle equals the source',
    { timeout: LONG },
    async () => {
      const runs = await syncBoth('all', 31)
      for (const run of runs) {
        expect(run).toMatchObject({ status: 'finished', failed: 0, truncated: false })
        expect(run.created).toBe(run.fetched)
      }
      await lists()
      expect(report(await pipeline.compare({ people: true }))).toBe('')
    },
  )

  test(
    'a second sync right after the first writes no row and does no snapshot or metric work',
    { timeout: LONG },
    async () => {
      const before = await writtenRows(pipeline)
      const from = pipeline.finished.length
      const runs = await syncBoth('all', 31)
      for (const run of runs) expect(run.created + run.updated + run.deleted + run.failed).toBe(0)
      const work = pipeline.finished.slice(from).map(({ name }) => name)
      expect(work.filter((name) => name === 'build-snapshot' || name === 'rebuild-day')).toEqual([])
      expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
    },
  )

  test(
    'a week later a sweep finds every post, un-post, deletion and edit, and all equals again',
    { timeout: LONG },
    async () => {
      const { events } = pipeline.simulator.clock.advance({ days: 7 })
      for (const kind of ['create', 'post', 'unpost', 'delete', 'save-for-later', 'edit-posted', 'settle'])
        expect(events[kind], kind).toBeGreaterThan(0)
      const runs = await syncBoth('sweep', 40)
      for (const run of runs) expect(run).toMatchObject({ status: 'finished', failed: 0 })
      await lists()
      expect(report(await pipeline.compare({ people: true }))).toBe('')
    },
  )
})
