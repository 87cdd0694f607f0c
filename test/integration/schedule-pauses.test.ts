// Pausing a schedule, on both queue stores: it leaves the store at once and stays away after a restart of the scheduler and after
// the store has lost everything; who may, and what the audit log keeps.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { keepSchedules } from '../../src/producers/scheduler.ts'
import { activeSchedules, createScheduleDesk, type ScheduleDesk } from '../../src/producers/schedules.ts'
import { ask, SHOP_A, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'
import { scheduleTable } from '../support/schedule-desk.ts'

const BOARD = `discover-board.${SHOP_A}`
/** Starts once a day, so that the store always holds its next queue job. */
const DAILY = `sync-employees.${SHOP_A}`

describe.each(queueStores())('on $kind', (store) => {
  let world: ApiWorld
  let manager: string
  beforeAll(async () => {
    world = await startApiWorld({ store })
    manager = (await world.makeKey('manager', null)).key
  })
  afterAll(() => world.close())

  /** A scheduler process that begins, applies what it finds, and ends. */
  const schedulerRuns = async (): Promise<void> => {
    const { pipeline } = world
    const { warehouse } = pipeline.services
    const schedules = () => activeSchedules({ schedules: scheduleTable(pipeline), warehouse })
    const stop = await keepSchedules({ ...pipeline, schedules, log: silentLogger() })
    await stop()
  }
  const stored = async (): Promise<string[]> => {
    const queues = QUEUE_NAMES.map((name) => world.pipeline.queueJobs.queue(name))
    return (await Promise.all(queues.map((queue) => queue.getJobSchedulers()))).flat().map(({ key }) => key)
  }
  const storeLosesEverything = async (): Promise<void> => {
    for (const queue of world.pipeline.queueJobs.all()) await queue.obliterate({ force: true })
  }
  const act = (what: 'pause' | 'resume', id = DAILY) =>
    ask(world, `/api/schedules/${id}/${what}`, { method: 'POST', token: manager })
  const listed = async () => {
    const { json } = await ask(world, '/api/schedules', { token: manager })
    const { schedules } = json as { schedules: Record<string, unknown>[] }
    return schedules
  }

  test('the list says what starts when, of which shop', async () => {
    expect((await listed()).find(({ id }) => id === BOARD)).toMatchObject({ next_at: null, paused_at: null })
    await schedulerRuns()
    const schedules = await listed()
    expect(schedules.find(({ id }) => id === BOARD)).toMatchObject({
      queue_job: 'discover-repair-orders',
      queue: 'discovery',
      shop_tm_id: SHOP_A,
      when: 'every 5 min',
      next_at: expect.any(String),
      paused_at: null,
    })
    expect(schedules.find(({ id }) => id === `sweep-45-days.${SHOP_A}`)?.['when']).toMatch(
      /^Sundays 04:30 \w+\//,
    )
    expect(schedules.find(({ id }) => id === 'sweep-dirty')).toMatchObject({ shop_tm_id: null })
    expect(schedules).toHaveLength((await stored()).length)
  })

  test('a pause takes it out of the store at once, with what it had put there for later', async () => {
    const discovery = world.pipeline.queueJobs.queue('discovery')
    const before = await discovery.getDelayedCount()
    expect(await act('pause')).toMatchObject({ status: 200, json: { id: DAILY, changed: true } })
    expect(await stored()).not.toContain(DAILY)
    expect(await discovery.getDelayedCount()).toBe(before - 1)
    expect(await act('pause')).toMatchObject({ status: 200, json: { changed: false } })
    expect((await listed()).find(({ id }) => id === DAILY)).toMatchObject({
      next_at: null,
      paused_at: expect.any(String),
      paused_by: expect.stringMatching(/^key:[0-9a-f-]{36}$/),
    })
  })

  test('the pause survives a restart of the scheduler, and a store that came back empty', async () => {
    await schedulerRuns()
    expect(await stored()).not.toContain(DAILY)
    await storeLosesEverything()
    await schedulerRuns()
    const back = await stored()
    expect(back).not.toContain(DAILY)
    expect(back).toContain(`discover-report.${SHOP_A}`)
    expect(back).toHaveLength((await listed()).length - 1)
  })

  test('the summary tells of it, with the command that ends it', async () => {
    const { json } = await ask(world, '/api/ops/summary', { token: manager })
    expect(json).toMatchObject({
      paused_schedules: [{ schedule: DAILY }],
      todos: expect.arrayContaining([expect.stringContaining(`warehouse schedules resume ${DAILY}`)]),
    })
  })

  test('resumed it is back at once', async () => {
    expect(await act('resume')).toMatchObject({ status: 200, json: { changed: true } })
    expect(await stored()).toContain(DAILY)
    expect(await act('resume')).toMatchObject({ json: { changed: false } })
    await schedulerRuns()
    expect(await stored()).toContain(DAILY)
  })

  test('what the store holds is listed, whatever the settings of who asks, and can be paused', async () => {
    const { pipeline } = world
    const { warehouse } = pipeline.services
    const asking = (settings: Record<string, string>) =>
      createScheduleDesk({ ...pipeline, warehouse, schedules: scheduleTable(pipeline, settings) })
    const rowOf = async (desk: ScheduleDesk, id: string) => (await desk.list()).find((row) => row.id === id)
    const hasty = asking({ RO_SYNC_INTERVAL_MINUTES: '1' })
    expect(await rowOf(hasty, BOARD)).toMatchObject({ when: 'every 5 min', settings: 'every 1 min' })
    expect(await rowOf(hasty, DAILY)).toMatchObject({ settings: null })
    const idle = asking({ SYNC_ENABLED: 'false' })
    expect(await rowOf(idle, DAILY)).toEqual({ ...(await rowOf(asking({}), DAILY)), settings: 'never' })
    expect(await idle.pause(DAILY, 'cli')).toEqual({ changed: true })
    expect(await stored()).not.toContain(DAILY)
    expect(await idle.resume(DAILY)).toEqual({ changed: true })
    await schedulerRuns()
    expect(await stored()).toContain(DAILY)
  })

  test('there is no pausing what does not exist, but the pause of a shop that was switched off can end', async () => {
    expect(await act('pause', 'discover-board.999')).toMatchObject({
      status: 404,
      json: { code: 'NO_SUCH_SCHEDULE' },
    })
    await act('pause')
    await world.pipeline.services.warehouse.shops.set({ tmId: SHOP_A, patch: { syncEnabled: false } })
    world.pipeline.services.shops.forget()
    expect((await listed()).find(({ id }) => id === DAILY)).toMatchObject({ when: null, queue_job: null })
    expect(await act('resume')).toMatchObject({ status: 200, json: { changed: true } })
    expect((await listed()).some(({ id }) => id === DAILY)).toBe(false)
    await world.pipeline.services.warehouse.shops.set({ tmId: SHOP_A, patch: { syncEnabled: true } })
    world.pipeline.services.shops.forget()
  })

  test('each act is in the audit log with who and what', async () => {
    const acts = () =>
      world.pipeline.query<{ act: string; target: object; status: number }>(
        `select act, target, status from audit_log where act like '%schedules%' order by id`,
      )
    await expect.poll(async () => (await acts()).length, { timeout: 5_000 }).toBe(7)
    expect((await acts())[0]).toEqual({
      act: 'POST /api/schedules/{id}/pause',
      target: { id: DAILY },
      status: 200,
    })
  })
})
