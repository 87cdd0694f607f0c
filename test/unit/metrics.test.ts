// The instruments of a process: what they count, and that no input can make them grow.
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import { createScrape } from '../../src/core/metrics-samples.ts'
import {
  boundedLabel,
  createMetrics,
  statusLabel,
  type MetricsOptions,
  type QueueJobReport,
} from '../../src/core/metrics.ts'
import { createWarehouse } from '../../src/core/warehouse/warehouse.ts'
import { parseExposition, samplesOf, valueOf } from '../support/exposition.ts'

const made = (options: Partial<MetricsOptions> = {}) =>
  createMetrics({ version: '1.2.3', commit: 'abcdef1', queueJobs: [], routes: [], ...options })
const read = async (metrics: ReturnType<typeof made>) => parseExposition(await metrics.registry.metrics())

const synced = (report: Partial<QueueJobReport> = {}): QueueJobReport => ({
  name: 'sync-repair-order',
  queue: 'repair-orders',
  outcome: 'done',
  failureClass: null,
  ms: 120,
  shop: 4321,
  summary: { outcome: 'updated', behindSeconds: 90 },
  ...report,
})

describe('the instruments', () => {
  it('say which release runs', async () => {
    const labels = { version: '1.2.3', commit: 'abcdef1' }
    expect(valueOf(await read(made()), 'warehouse_build_info', labels)).toBe(1)
    const unknown = made({ commit: null })
    expect(valueOf(await read(unknown), 'warehouse_build_info', { commit: 'unknown' })).toBe(1)
  })

  it('count a queue job by outcome and class, and time it', async () => {
    const metrics = made()
    metrics.onQueueJob(synced())
    metrics.onQueueJob(synced({ outcome: 'retry', failureClass: 'transient', summary: {} }))
    const text = await read(metrics)
    const job = 'sync-repair-order'
    const finished = 'warehouse_queue_jobs_finished_total'
    expect(valueOf(text, finished, { job, outcome: 'done', class: 'none' })).toBe(1)
    expect(valueOf(text, finished, { job, outcome: 'retry', class: 'transient' })).toBe(1)
    expect(valueOf(text, 'warehouse_queue_job_duration_seconds_sum', { job, outcome: 'done' })).toBe(0.12)
    expect(valueOf(text, 'warehouse_repair_orders_synced_total', { outcome: 'updated' })).toBe(1)
  })

  it('tell the freshness of a shop from its live syncs only', async () => {
    const metrics = made()
    metrics.onQueueJob(synced())
    metrics.onQueueJob(synced({ summary: { outcome: 'updated' } }))
    metrics.onQueueJob(synced({ name: 'build-snapshot' }))
    const text = await read(metrics)
    expect(valueOf(text, 'warehouse_freshness_seconds_count', { shop: '4321' })).toBe(1)
    expect(valueOf(text, 'warehouse_freshness_seconds_sum', { shop: '4321' })).toBe(90)
  })

  it('count requests to TM by route and status, and calls to the warehouse', async () => {
    const metrics = made()
    metrics.onTekmetricRequest({ route: '/api/shop/{shop}', status: 429, ms: 10 })
    metrics.onTekmetricRequest({ route: '/api/shop/{shop}', status: 0, ms: 10 })
    metrics.onWarehouseCall({ name: 'apply_repair_order', ms: 5, ok: false })
    const text = await read(metrics)
    expect(valueOf(text, 'warehouse_tm_requests_total', { status: '429' })).toBe(1)
    expect(valueOf(text, 'warehouse_tm_requests_total', { status: 'none' })).toBe(1)
    expect(valueOf(text, 'warehouse_calls_total', { call: 'apply_repair_order', ok: 'false' })).toBe(1)
  })
})

describe('answers of the API', () => {
  it('are timed by route and status', async () => {
    const metrics = made()
    const route = 'POST /api/sync/repair-orders/{ro}'
    metrics.onAnswer({ route, status: 202, ms: 80 })
    metrics.onAnswer({ route, status: 401, ms: 2 })
    const text = await read(metrics)
    const name = 'warehouse_http_request_duration_seconds'
    expect(valueOf(text, `${name}_bucket`, { route, status: '2xx', le: '0.075' })).toBe(0)
    expect(valueOf(text, `${name}_bucket`, { route, status: '2xx', le: '0.1' })).toBe(1)
    expect(valueOf(text, `${name}_count`, { route, status: '401' })).toBe(1)
  })
})

describe('the process itself', () => {
  it('is measured where somebody may ask, and not for a command that ends', async () => {
    const metrics = made()
    const memory = async () => samplesOf(await read(metrics), 'process_resident_memory_bytes')
    expect(await memory()).toEqual([])
    createScrape(metrics, {
      queues: () => [],
      warehouse: createWarehouse({ url: 'http://127.0.0.1:1', serviceKey: 'none' }),
      budgets: async () => [],
      listing: async () => ({ shops: [], everySeconds: 0 }),
      log: silentLogger(),
    })
    expect(await memory()).toHaveLength(1)
  })
})

describe('labels', () => {
  it('hold what is counted from 0 on within the limits too', async () => {
    const queueJobs = Array.from({ length: 500 }, (_, i) => ({ name: `job-${i}`, queue: `queue-${i % 5}` }))
    const text = await read(made({ queueJobs, routes: ['/a', '/b'] }))
    const failed = samplesOf(text, 'warehouse_queue_jobs_finished_total', { outcome: 'failed' })
    expect(failed.length).toBeLessThanOrEqual(121 * 4 + 5 * 4)
    expect(new Set(failed.map(({ value }) => value))).toEqual(new Set([0]))
    expect(samplesOf(text, 'warehouse_tm_requests_total').map(({ labels }) => labels)).toEqual([
      { route: '/a', status: '429' },
      { route: '/b', status: '429' },
    ])
  })

  it('are bounded: ten thousand different inputs of every kind make no more series than the limits', async () => {
    const metrics = made()
    for (let i = 0; i < 10_000; i += 1) {
      metrics.onQueueJob(synced({ name: `job-${i}`, queue: `queue-${i}` }))
      metrics.onQueueJob(synced({ shop: i + 1, summary: { outcome: `outcome-${i}`, behindSeconds: i } }))
      metrics.onTekmetricRequest({ route: `/made/up/${i}`, status: i % 700, ms: i })
      metrics.onWarehouseCall({ name: `call_${i}`, ms: i, ok: true })
      metrics.onAnswer({ route: `GET /made/up/${i}`, status: i % 700, ms: i })
    }
    const text = await read(metrics)
    const values = (name: string, label: string) =>
      new Set(samplesOf(text, name).map(({ labels }) => labels[label]))
    expect(values('warehouse_freshness_seconds_count', 'shop').size).toBe(201)
    expect(values('warehouse_queue_jobs_finished_total', 'job').size).toBeLessThanOrEqual(121)
    expect(values('warehouse_queue_jobs_finished_total', 'queue').size).toBeLessThanOrEqual(121)
    expect(values('warehouse_repair_orders_synced_total', 'outcome').size).toBeLessThanOrEqual(21)
    expect(values('warehouse_tm_requests_total', 'route').size).toBe(121)
    expect(values('warehouse_tm_requests_total', 'status').size).toBeLessThanOrEqual(21)
    expect(values('warehouse_calls_total', 'call').size).toBe(121)
    expect(values('warehouse_http_request_duration_seconds_count', 'route').size).toBe(121)
    expect(text.samples.length).toBeLessThan(15_000)
  }, 30_000)

  it('keep the first values and call the rest other', () => {
    const label = boundedLabel(2)
    expect(['a', 'b', 'c', 'a', 'd'].map(label)).toEqual(['a', 'b', 'other', 'a', 'other'])
  })

  it('tell unusual statuses by their class', () => {
    expect([200, 429, 418, 226, 0, null, 999].map(statusLabel)).toEqual([
      '200',
      '429',
      '4xx',
      '2xx',
      'none',
      'none',
      'other',
    ])
  })
})
