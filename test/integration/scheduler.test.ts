// Schedules on a real store, both of them: applied as a table, safe to apply twice and at once, cleaned up after a release.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { createQueueJobs, type QueueJobs } from '../../src/core/enqueue.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { createQueueStore, type QueueStore } from '../../src/core/queue-store.ts'
import type { Shop } from '../../src/core/warehouse/warehouse.ts'
import { applySchedules, schedulesOf } from '../../src/producers/scheduler.ts'
import { queueStores } from '../support/queue-store.ts'

const shop = (tmId: number, syncEnabled = true) =>
  ({ id: randomUUID(), tmId, name: `Shop ${tmId}`, timezone: 'America/Chicago', syncEnabled }) as Shop
const { sync } = readConfig({ RO_SYNC_INTERVAL_MINUTES: '10', EMPLOYEE_SYNC_HOUR: '7' })

describe('the table of schedules', () => {
  it('spreads the shops over the interval and keeps a switched-off shop out', () => {
    const schedules = schedulesOf([shop(1), shop(2), shop(3, false)], sync)
    const boards = schedules.filter(({ id }) => id.startsWith('discover-board.'))
    expect(boards.map(({ when }) => when)).toEqual([
      { every: 600_000, offset: 0 },
      { every: 600_000, offset: 300_000 },
    ])
    expect(schedules.find(({ id }) => id === 'sync-employees.1')?.when).toEqual({
      cron: '0 7 * * *',
      timezone: 'America/Chicago',
    })
    for (const kind of ['customers', 'vehicles'])
      expect(schedules.find(({ id }) => id === `sync-${kind}.2`)?.when).toEqual({
        cron: '0 5 * * *',
        timezone: 'America/Chicago',
      })
  })

  it('leaves only the upkeep when the sync is switched off', () => {
    const ids = schedulesOf([shop(1)], { ...sync, enabled: false }).map(({ id }) => id)
    expect(ids).toEqual(['sweep-dirty', 'canary', 'check-credentials', 'purge-expired'])
  })
})

describe.each(queueStores())('schedules on $kind', ({ kind, url }) => {
  let store: QueueStore
  let queueJobs: QueueJobs
  const log = silentLogger()
  const open = (name: string) => {
    const made = createQueueStore(
      kind === 'redis' ? { kind, url, prefix: name, log } : { kind, url, schema: name, log },
    )
    return { made, jobs: createQueueJobs(made) }
  }
  const name = `s${randomUUID().slice(0, 8)}`

  beforeAll(() => {
    const { made, jobs } = open(name)
    store = made
    queueJobs = jobs
  })
  beforeEach(async () => {
    for (const queue of queueJobs.all()) await queue.obliterate({ force: true })
  })
  afterAll(async () => {
    await queueJobs.close()
    await store.close()
  })

  const stored = async () => {
    const found = await Promise.all(QUEUE_NAMES.map((queue) => queueJobs.queue(queue).getJobSchedulers()))
    return found
      .flat()
      .map(({ key }) => key)
      .toSorted((a, b) => a.localeCompare(b))
  }
  const delayed = async () =>
    (await Promise.all(queueJobs.all().map((queue) => queue.getDelayedCount()))).reduce((a, b) => a + b, 0)

  it('applied twice they are there once', async () => {
    const schedules = schedulesOf([shop(1), shop(2)], sync)
    await applySchedules({ store, queueJobs, schedules, log })
    await applySchedules({ store, queueJobs, schedules, log })
    expect(await stored()).toEqual(schedules.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b)))
    expect(await delayed()).toBeLessThanOrEqual(schedules.length)
  })

  it('applied by three processes at once they are there once', async () => {
    const others = [open(name), open(name)]
    const schedules = schedulesOf([shop(1)], sync)
    await Promise.all(
      [{ made: store, jobs: queueJobs }, ...others].map(({ made, jobs }) =>
        applySchedules({ store: made, queueJobs: jobs, schedules, log }),
      ),
    )
    expect(await stored()).toHaveLength(schedules.length)
    expect(await delayed()).toBeLessThanOrEqual(schedules.length)
    for (const { made, jobs } of others) {
      await jobs.close()
      await made.close()
    }
  })

  it('a schedule that left the table leaves the store', async () => {
    await applySchedules({ store, queueJobs, schedules: schedulesOf([shop(1), shop(2)], sync), log })
    await applySchedules({ store, queueJobs, schedules: schedulesOf([shop(2)], sync), log })
    expect((await stored()).filter((id) => id.endsWith('.1'))).toEqual([])
    expect((await stored()).filter((id) => id.endsWith('.2'))).toHaveLength(8)
  })
})
