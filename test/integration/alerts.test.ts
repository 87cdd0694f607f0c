// Every alert rule, tried: silent about a healthy installation, and firing once its condition is true. The conditions are
// made in the real queues, warehouse and instruments, and read through the real /metrics. (`for` is Prometheus's own.)
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMetrics } from '../../src/core/metrics.ts'
import type { SampledBudget } from '../../src/core/metrics-samples.ts'
import type { QueueName } from '../../src/core/queues.ts'
import type { ShopPatch } from '../../src/core/warehouse/shops.ts'
import { alertRules, dashboardExpressions } from '../support/alert-rules.ts'
import { budgetUnder } from '../support/budget-under-load.ts'
import { parseExposition, valueOf, type Exposition } from '../support/exposition.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { parseExpression, type Scrape } from '../support/promql.ts'
import { queueStores } from '../support/queue-store.ts'
import { watchPipeline, type Watching } from '../support/watched-pipeline.ts'

const SHOP = 4321
const rules = alertRules()
/** Between the two scrapes that a range needs. */
const APART_SECONDS = 300

let pipeline: Pipeline
let watching: Watching
const budgets: SampledBudget[] = []
let usedUp: SampledBudget
let smallUsedUp: SampledBudget
let halfUsed: SampledBudget
/** What the conditions change in what was scraped, for what cannot be made by one healthy process. */
let distort: (text: Exposition) => Exposition = (text) => text

beforeAll(async () => {
  usedUp = await budgetUnder({ firstShop: SHOP, requestsPerMinute: 150, workers: 16, pauseMs: 0 })
  smallUsedUp = await budgetUnder({ firstShop: SHOP, requestsPerMinute: 30, workers: 16, pauseMs: 0 })
  halfUsed = await budgetUnder({ firstShop: SHOP, requestsPerMinute: 150, workers: 4, pauseMs: 18_000 })
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  pipeline = await startPipeline({
    store,
    simulator: { shops: [{ tmId: SHOP, repairOrders: 8 }], days: 4 },
    workers: false,
  })
  watching = await watchPipeline(pipeline, () => budgets)
  const workers = pipeline.startWorkers({ onFinished: watching.metrics.onQueueJob })
  await watching.flyCanary()
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 6 })
  await pipeline.quiet()
  await workers.close()
  // What a process does all day, so that ratios have something to stand on.
  for (let i = 0; i < 100; i += 1) {
    watching.metrics.onTekmetricRequest({ route: '/api/shop/{shop}', status: 200, ms: 80 })
    watching.metrics.onWarehouseCall({ name: 'apply_repair_order', ms: 12, ok: true })
    watching.metrics.onAnswer({ route: 'GET /api/failed', status: 200, ms: 8 })
    watching.metrics.onQueueJob(synced(60))
  }
  // No queue job has failed for good and nobody said 429: the very first ones must be seen. Of what follows the alerts ask
  // that it lasts, so that its series have two points by then.
  watching.metrics.onTekmetricRequest({ route: '/api/shop/{shop}', status: 503, ms: 80 })
  watching.metrics.onWarehouseCall({ name: 'apply_repair_order', ms: 12, ok: false })
})
afterAll(async () => {
  await watching.close()
  await pipeline.close()
})

const report = { name: 'sync-repair-order', queue: 'repair-orders', ms: 300, shop: SHOP } as const
const synced = (behindSeconds: number) =>
  ({
    ...report,
    outcome: 'done',
    failureClass: null,
    summary: { outcome: 'updated', behindSeconds },
  }) as const
const failed = (failureClass: 'bug' | 'data') =>
  ({ ...report, outcome: 'failed', failureClass, summary: {} }) as const

const scrapeAt = async (at: number): Promise<Scrape> => ({ ...distort(await watching.scrape()), at })

/** Names of the alerts whose expression holds, by a scrape before and one after `happening`. */
const firing = async (happening: () => unknown): Promise<string[]> => {
  const before = await scrapeAt(0)
  await happening()
  const scrapes = [before, await scrapeAt(APART_SECONDS)]
  return rules
    .filter(({ expr }) => parseExpression(expr).evaluate(scrapes).length > 0)
    .map(({ alert }) => alert)
}

const times = (count: number, act: () => void): void => {
  for (let i = 0; i < count; i += 1) act()
}

/** A queue job that nobody takes, as if it had been asked for that long ago. */
const waitsSince = (queue: QueueName, secondsAgo: number) =>
  pipeline.queueJobs
    .queue(queue)
    .add('nobody-takes-this', {}, { timestamp: Date.now() - secondsAgo * 1_000, removeOnComplete: true })

const oldCanary = (queue: QueueName, secondsAgo: number) =>
  pipeline.query(`update canary_passes set passed_at = now() - make_interval(secs => $2) where queue = $1`, [
    queue,
    secondsAgo,
  ])

/** Makes the condition of each alert true; some undo it, so that later ones begin healthy. */
const CONDITIONS: Readonly<Record<string, { readonly make: () => unknown; readonly undo?: () => unknown }>> =
  {
    NothingIsScraped: {
      make: () => (distort = (text) => ({ ...text, samples: [] })),
      undo: () => (distort = (text) => text),
    },
    PartDown: {
      make: () => pipeline.query('alter function operational_gauges() rename to gone'),
      undo: () => pipeline.query('alter function gone() rename to operational_gauges'),
    },
    CanaryMissing: { make: () => oldCanary('metrics', 200), undo: () => oldCanary('metrics', 0) },
    DiscoveryCanaryMissing: {
      make: () => oldCanary('discovery', 1_000),
      undo: () => oldCanary('discovery', 0),
    },
    QueueDoesNotMove: {
      make: () => waitsSince('metrics', 400),
      undo: () => pipeline.queueJobs.queue('metrics').drain(),
    },
    QueueIsLong: {
      make: () => waitsSince('repair-orders', 4_000),
      undo: () => pipeline.queueJobs.queue('repair-orders').drain(),
    },
    MarkIsOld: {
      make: () =>
        pipeline.query(`insert into dirty_days (shop_id, metric_date, marked_at)
                      select id, '2026-03-04', now() - interval '10 minutes' from shops`),
      undo: () => pipeline.query('delete from dirty_days'),
    },
    ShopNotListed: {
      make: () => pipeline.query(`update shops set created_at = now() - interval '26 minutes'`),
      undo: () => pipeline.query('update shops set created_at = now()'),
    },
    ShopIsBehind: { make: () => times(50, () => watching.metrics.onQueueJob(synced(7_000))) },
    ShopPaused: {
      make: () => pipeline.query(`update shops set paused_at = now(), pause_reason = 'refused'`),
      undo: () => pipeline.query('update shops set paused_at = null, pause_reason = null'),
    },
    QueueJobsFailWithABug: { make: () => watching.metrics.onQueueJob(failed('bug')) },
    QueueJobsFail: { make: () => times(21, () => watching.metrics.onQueueJob(failed('data'))) },
    TekmetricIsDown: {
      make: () =>
        times(30, () =>
          watching.metrics.onTekmetricRequest({ route: '/api/shop/{shop}', status: 503, ms: 80 }),
        ),
    },
    TekmetricThrottles: {
      make: () =>
        times(11, () =>
          watching.metrics.onTekmetricRequest({ route: '/api/shop/{shop}', status: 429, ms: 80 }),
        ),
    },
    CallBudgetUsedUp: { make: () => budgets.push(usedUp), undo: () => budgets.pop() },
    WarehouseIsSlow: {
      make: () =>
        times(20, () =>
          watching.metrics.onWarehouseCall({ name: 'apply_repair_order', ms: 9_000, ok: true }),
        ),
    },
    WarehouseRefuses: {
      make: () =>
        times(10, () => watching.metrics.onWarehouseCall({ name: 'apply_repair_order', ms: 9, ok: false })),
    },
    RunsFail: {
      make: () =>
        pipeline.query(`insert into sync_log (shop_id, kind, trigger, status, finished_at)
                      select id, 'customers', 'schedule', 'failed', now() from shops, generate_series(1, 3)`),
      undo: () => pipeline.query(`delete from sync_log where kind = 'customers'`),
    },
    RepairOrdersInQuarantine: {
      make: () =>
        pipeline.query(`insert into ro_quarantine (shop_id, ro_tm_id, fetched_at, reason, cause)
                      select id, 1, now(), 'UPSTREAM_CHANGED: x', '{}' from shops`),
      undo: () => pipeline.query('delete from ro_quarantine'),
    },
    DeletionsHeld: {
      make: () =>
        pipeline.query(`insert into repair_order_deletions (shop_id, ro_tm_id, cause, state, counted, observed_at)
                      select id, 1, 'absent', 'held', true, now() from shops`),
      undo: () => pipeline.query('delete from repair_order_deletions'),
    },
    ReleasesAreMixed: {
      make: async () => {
        const other = createMetrics({ version: '9.9.9', commit: null, queueJobs: [], routes: [] })
        const { samples } = parseExposition(await other.registry.metrics())
        distort = (text) => ({ ...text, samples: [...text.samples, ...samples] })
      },
      undo: () => (distort = (text) => text),
    },
    ProcessIsBusy: {
      make: async () => {
        // The event loop is held, as a defect would hold it; after a scrape Node measures from its next turn on.
        await pause(50)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_000)
      },
    },
  }

describe('the alert rules', () => {
  test('each has a condition that makes it true, and there is no other', () => {
    const names = rules.map(({ alert }) => alert)
    expect(new Set(names).size).toBe(names.length)
    expect(Object.keys(CONDITIONS).toSorted()).toEqual(names.toSorted())
  })

  test('are silent about a healthy installation', async () => {
    expect(await firing(() => undefined)).toEqual([])
  })

  test.each(Object.entries(CONDITIONS))(
    '%s fires when its condition is true',
    async (alert, { make, undo }) => {
      try {
        expect(await firing(make)).toContain(alert)
      } finally {
        await undo?.()
      }
      // What was counted stays counted in a range of a few minutes; what was undone is over at once.
      const stillFiring = undo === undefined ? [] : await firing(() => undefined)
      expect(stillFiring).not.toContain(alert)
    },
  )
})

test('a queue that no canary ever passed is missed, and its installation is not ready', async () => {
  const passes = await pipeline.query<{ queue: string }>('delete from canary_passes returning queue')
  try {
    expect(await firing(() => undefined)).toEqual(['CanaryMissing', 'DiscoveryCanaryMissing'])
    await expect.poll(async () => (await watching.readyz()).status).toBe(503)
  } finally {
    for (const { queue } of passes) await pipeline.query('select record_canary($1)', [queue])
  }
})

test.each([
  ['its discovery is off', { patch: { features: { discovery: false } } }],
  ['it is not synced', { patch: { syncEnabled: false } }],
  ['its schedule is paused', { pauses: `discover-board.${SHOP}` }],
])('a shop is not missed when %s', async (_, off: { patch?: ShopPatch; pauses?: string }) => {
  const { warehouse, shops } = pipeline.services
  const on = { features: { discovery: true }, syncEnabled: true }
  const apply = async (patch: ShopPatch) => {
    await warehouse.shops.set({ tmId: SHOP, patch })
    shops.forget()
  }
  const notListed = CONDITIONS['ShopNotListed']
  await notListed?.make()
  try {
    if (off.patch !== undefined) await apply(off.patch)
    if (off.pauses !== undefined) await warehouse.schedules.pause({ schedule: off.pauses, by: 'a test' })
    expect(await firing(() => undefined)).toEqual([])
  } finally {
    await apply(on)
    if (off.pauses !== undefined) await warehouse.schedules.resume({ schedule: off.pauses })
    await notListed?.undo?.()
  }
})

test('a shop whose token is refused is one alert: what had begun ends with it, and what it misses is no news', async () => {
  const paused = CONDITIONS['ShopPaused']
  const notListed = CONDITIONS['ShopNotListed']
  try {
    expect(
      await firing(async () => {
        await paused?.make()
        await notListed?.make()
        await pipeline.query(`insert into sync_log (shop_id, kind, trigger, status, error, finished_at)
                              select id, 'customers', 'schedule', 'failed', '{"class": "credential"}', now()
                                from shops, generate_series(1, 3)`)
      }),
    ).toEqual(['ShopPaused'])
    const refused = { kind: 'customers', status: 'refused' }
    expect(valueOf(await watching.scrape(), 'warehouse_runs_last_hour', refused)).toBe(3)
  } finally {
    await pipeline.query(`delete from sync_log where kind = 'customers'`)
    await paused?.undo?.()
    await notListed?.undo?.()
  }
})

test('a small call budget is seen to be used up as a large one is, and half a load uses up none', async () => {
  const firingWith = async (budget: SampledBudget) => {
    budgets.push(budget)
    return firing(() => undefined).finally(() => budgets.pop())
  }
  expect(await firingWith(smallUsedUp)).toContain('CallBudgetUsedUp')
  expect(halfUsed.usedLastMinute).toBeGreaterThan(40)
  expect(await firingWith(halfUsed)).not.toContain('CallBudgetUsedUp')
})

test('every metric that a rule or the dashboard names is in /metrics', async () => {
  budgets.push(halfUsed) // As a process has it as soon as it has a token.
  const { samples } = await watching.scrape()
  const known = new Set(samples.map(({ name }) => name))
  const named = [...rules.map(({ alert, expr }) => ({ panel: alert, expr })), ...dashboardExpressions()]
  expect(named.length).toBeGreaterThan(30)
  const unknown = named.flatMap(({ panel, expr }) =>
    [...parseExpression(expr).names].filter((name) => !known.has(name)).map((name) => `${panel}: ${name}`),
  )
  expect(unknown).toEqual([])
})
