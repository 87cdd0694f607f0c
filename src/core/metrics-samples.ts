// Gauges that are read when Prometheus asks: queues, warehouse, call budget. A part that does not answer in time is shown
// as down and its gauges are left out: an old value must not pass for a new one.
import type { Queue } from 'bullmq'
import { collectDefaultMetrics, Gauge } from 'prom-client'
import { bullmqJobCounts } from './bullmq-export.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { oldestWaitingSeconds } from './queue-lag.ts'
import { QUEUE_NAMES } from './queues.ts'
import { plannedPerMinute, type BudgetUsage } from './tekmetric/budget.ts'
import { oneAtATime, withinTime } from './time-limit.ts'
import type { Warehouse } from './warehouse/warehouse.ts'

/** The budget of one credential, named after the first shop that uses it: tokens change, shops stay. */
export interface SampledBudget extends BudgetUsage {
  readonly firstShop: number
}

/** Shops whose boards are listed by schedule, and how often. */
export interface ScheduledListing {
  readonly shops: readonly number[]
  readonly everySeconds: number
}

export interface SampleSources {
  readonly queues: () => readonly Queue[]
  readonly warehouse: Warehouse
  readonly budgets: () => Promise<readonly SampledBudget[]>
  readonly listing: () => Promise<ScheduledListing>
  readonly log: Logger
}

/** A year: the age of a canary that never came, so that a queue whose worker was never up is missed like any other. */
const NEVER_SECONDS = 365 * 86_400

/** Shorter than Prometheus's default limit of 10 s for a whole scrape. */
const PART_MS = 4_000

/**
 * Makes the scrape of a process, once: samples every part, then renders everything as Prometheus reads it.
 * @returns never rejects because a part is away
 */
export const createScrape = (metrics: Metrics, sources: SampleSources): (() => Promise<string>) => {
  // Observes the event loop and the garbage collector from now on: only where somebody may ask.
  collectDefaultMetrics({ register: metrics.registry })
  const gauges = gaugesOf(metrics)
  const up = gauge(metrics, 'warehouse_part_up', 'Whether a part answered the last scrape: 1 or 0.', ['part'])
  const down = new Set<string>()
  // A Redis that is away keeps every question until it is back: one at a time is enough.
  const queues = oneAtATime(() => sampleQueues(sources, gauges))
  const warehouse = () => sampleWarehouse(sources, metrics, gauges)
  const sampled = async <T>(part: string, gaugesOfPart: readonly Gauge[], sample: () => Promise<T>) => {
    for (const one of gaugesOfPart) one.reset()
    try {
      const answer = await withinTime(sample(), PART_MS, part)
      up.set({ part }, 1)
      down.delete(part)
      return answer
    } catch (err) {
      up.set({ part }, 0)
      if (!down.has(part))
        sources.log.warn({ event: 'metrics.part-down', part, err }, `${part} is not measured`)
      down.add(part)
      return null
    }
  }
  return async () => {
    const [counts] = await Promise.all([
      sampled('queue_store', [gauges.oldestWaiting], queues),
      sampled('warehouse', gauges.ofWarehouse, warehouse),
    ])
    await withinTime(sampleBudgets(sources, metrics, gauges), PART_MS, 'budget').catch(() => undefined)
    return `${await metrics.registry.metrics()}${counts ?? ''}`
  }
}

type Gauges = ReturnType<typeof gaugesOf>

const gauge = ({ registry }: Metrics, name: string, help: string, labelNames: readonly string[] = []) =>
  new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })

const gaugesOf = (metrics: Metrics) => {
  const made = {
    oldestWaiting: gauge(
      metrics,
      'warehouse_queue_oldest_waiting_seconds',
      'How long the oldest queue job of a queue has been waiting; 0 when none waits.',
      ['queue'],
    ),
    canaryAge: gauge(
      metrics,
      'warehouse_canary_age_seconds',
      'Since a canary last came through the queue; a year when none ever did.',
      ['queue'],
    ),
    backlog: gauge(
      metrics,
      'warehouse_backlog',
      'What is marked in the warehouse and not done yet, by kind.',
      ['kind'],
    ),
    oldestMark: gauge(
      metrics,
      'warehouse_oldest_mark_seconds',
      'Age of the oldest mark of each kind in the warehouse; 0 when there is none.',
      ['kind'],
    ),
    runs: gauge(
      metrics,
      'warehouse_runs_last_hour',
      'Runs opened in the last hour, by kind and status; refused: TM refused the token.',
      ['kind', 'status'],
    ),
    quarantined: gauge(
      metrics,
      'warehouse_quarantined_repair_orders',
      'ROs whose newest answer cannot be stored.',
    ),
    withheld: gauge(
      metrics,
      'warehouse_quarantine_withheld_cents',
      'Authorized money that those ROs withhold.',
    ),
    held: gauge(metrics, 'warehouse_deletions_held', 'Deletions that wait for a person.'),
    paused: gauge(
      metrics,
      'warehouse_shop_paused',
      'Whether the shop is paused because TM refuses its token.',
      ['shop'],
    ),
    listed: gauge(
      metrics,
      'warehouse_shop_listed_seconds',
      'Since the boards of the shop were last listed to the end; only shops that are listed by schedule.',
      ['shop'],
    ),
    missed: gauge(
      metrics,
      'warehouse_shop_missed_listings',
      'How many scheduled listings of its boards the shop has missed in a row; not while it is paused.',
      ['shop'],
    ),
  }
  const { oldestWaiting: _queues, ...ofWarehouse } = made
  const budget = {
    allowed: gauge(
      metrics,
      'warehouse_tm_budget_per_minute',
      'Calls a minute that TM is believed to allow now.',
      ['first_shop'],
    ),
    planned: gauge(
      metrics,
      'warehouse_tm_budget_planned_per_minute',
      'Calls a minute that all processes together make at most now; a little less than is allowed.',
      ['first_shop'],
    ),
    used: gauge(metrics, 'warehouse_tm_budget_used_last_minute', 'Calls granted to this process in 60 s.', [
      'first_shop',
    ]),
    left: gauge(
      metrics,
      'warehouse_tm_budget_left',
      'What this process has not used of the allowance of the last minute; other processes share it.',
      ['first_shop'],
    ),
    waiting: gauge(
      metrics,
      'warehouse_tm_budget_waiting_calls',
      'Calls of this process that wait for the budget.',
      ['first_shop'],
    ),
    resting: gauge(metrics, 'warehouse_tm_budget_resting_seconds', 'How much longer it rests after a 429.', [
      'first_shop',
    ]),
  }
  return { ...made, budget, ofWarehouse: Object.values(ofWarehouse) }
}

const sampleQueues = async ({ queues }: SampleSources, { oldestWaiting }: Gauges): Promise<string> => {
  const all = queues()
  const [counts] = await Promise.all([
    bullmqJobCounts(all),
    ...all.map(async (queue) => oldestWaiting.set({ queue: queue.name }, await oldestWaitingSeconds(queue))),
  ])
  return counts
}

const sampleWarehouse = async (
  { warehouse, listing: listingOf }: SampleSources,
  { shopLabel }: Metrics,
  gauges: Gauges,
): Promise<true> => {
  const [state, ages, listing] = await Promise.all([
    warehouse.operations.gauges(),
    warehouse.operations.canaryAges(),
    listingOf(),
  ])
  for (const queue of QUEUE_NAMES) gauges.canaryAge.set({ queue }, ages[queue] ?? NEVER_SECONDS)
  for (const [kind, count] of Object.entries(state.backlog)) gauges.backlog.set({ kind }, count)
  for (const { kind, status, count } of state.runs) gauges.runs.set({ kind, status }, count)
  for (const [kind, seconds] of Object.entries(state.oldestSeconds))
    gauges.oldestMark.set({ kind }, seconds ?? 0)
  gauges.quarantined.set(state.quarantine.repairOrders)
  gauges.withheld.set(state.quarantine.withheldCents)
  gauges.held.set(state.deletionsHeld)
  for (const { shopTmId, paused, listedSeconds } of state.shops) {
    const shop = shopLabel(shopTmId)
    gauges.paused.set({ shop }, paused ? 1 : 0)
    if (!listing.shops.includes(shopTmId)) continue
    gauges.listed.set({ shop }, listedSeconds)
    // That it is paused has an alert of its own.
    if (!paused) gauges.missed.set({ shop }, Math.floor(listedSeconds / listing.everySeconds))
  }
  return true
}

const sampleBudgets = async (
  { budgets }: SampleSources,
  { shopLabel }: Metrics,
  { budget }: Gauges,
): Promise<void> => {
  for (const one of Object.values(budget)) one.reset()
  for (const { firstShop, ...usage } of await budgets()) {
    const first_shop = shopLabel(firstShop)
    budget.allowed.set({ first_shop }, usage.currentPerMinute)
    budget.planned.set({ first_shop }, plannedPerMinute(usage))
    budget.used.set({ first_shop }, usage.usedLastMinute)
    budget.left.set({ first_shop }, Math.max(0, usage.currentPerMinute - usage.usedLastMinute))
    budget.waiting.set({ first_shop }, usage.waiting)
    budget.resting.set({ first_shop }, usage.restingMs / 1000)
  }
}
