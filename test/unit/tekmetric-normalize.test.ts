// The normalizer over files: test/fixtures/tekmetric/accepted and …/refused. Adding a file adds a test.
import { describe, expect, it } from 'vitest'
import { UpstreamChanged } from '../../src/core/errors.ts'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import type { JobFields, RepairOrderBundle } from '../../src/core/warehouse/bundle.ts'
import { answersOf, at, casesIn, set, workedExample, type Case } from './tekmetric-fixtures.ts'

const refusalOf = (test: Case): UpstreamChanged => {
  try {
    normalizeRepairOrder(answersOf(test))
  } catch (err) {
    if (err instanceof UpstreamChanged) return err
    throw err
  }
  throw new Error('the answer was accepted')
}

describe('accepted', () => {
  it.each(casesIn('accepted'))('%s', (_, test) => {
    const bundle = normalizeRepairOrder(answersOf(test))
    const found = Object.fromEntries(Object.keys(test.bundle ?? {}).map((path) => [path, at(bundle, path)]))
    expect(found).toEqual(test.bundle)
  })
})

describe('refused with the path of the field', () => {
  it.each(casesIn('refused'))('%s', (_, test) => {
    const refusal = refusalOf(test)
    expect(refusal.failureClass).toBe('data')
    const issues = refusal.details['issues'] as Array<{ path: string; message: string }>
    expect(Object.fromEntries(issues.map(({ path, message }) => [path, message]))).toEqual(test.issues)
    expect(refusal.details).toMatchObject({ shop: 4321, ro: 318204417 })
  })

  it('and never with the value', () => {
    const secret = 'Jane Doe, 12 Main St'
    const refusal = refusalOf({
      promise: '',
      change: { 'estimate.total': secret, 'header.postedDate': secret, 'estimate.jobs.0.authorized': secret },
    })
    expect(JSON.stringify([refusal.message, refusal.details])).not.toContain('Jane')
  })

  it('naming at most 20 fields of an answer in which everything changed', () => {
    const parts = Array.from({ length: 500 }, () => ({ quantity: 1, cost: 'x' }))
    const { details } = refusalOf({ promise: '', change: { 'estimate.jobs.0.parts': parts } })
    expect(details['issues']).toHaveLength(20)
    expect(details['issueCount']).toBe(500)
  })
})

describe('the worked example of metrics.md', () => {
  /** metrics.md's line-item definitions, only to see that the bundle carries all numbers they need. */
  const figuresOf = ({ jobs, fees, repair_order: ro }: RepairOrderBundle) => {
    const authorized = jobs.filter((job) => job.authorized === true)
    const sum = <T>(items: readonly T[], of: (item: T) => number) =>
      items.reduce((total, item) => total + of(item), 0)
    const lines = <K extends 'parts' | 'labor' | 'sublets' | 'fees'>(list: readonly JobFields[], key: K) =>
      list.flatMap((job): JobFields[K][number][] => job[key])
    const retail = (list: readonly JobFields[]) =>
      sum(lines(list, 'parts'), (p) => p.total) +
      sum(lines(list, 'labor'), (l) => l.total) +
      sum(lines(list, 'sublets'), (s) => s.retail)
    return {
      parts: sum(lines(authorized, 'parts'), (p) => p.total),
      partsCost: sum(lines(authorized, 'parts'), (p) => Math.round(p.quantity * p.cost)),
      labor: sum(lines(authorized, 'labor'), (l) => l.total),
      hours: sum(lines(authorized, 'labor'), (l) => l.hours),
      laborCost: sum(lines(authorized, 'labor'), (l) =>
        Math.round(l.hours * (l.technician_hourly_rate ?? 3560)),
      ),
      sublet: sum(lines(authorized, 'sublets'), (s) => s.retail),
      subletCost: sum(lines(authorized, 'sublets'), (s) => s.cost),
      fees: sum(lines(authorized, 'fees'), (f) => f.total) + sum(fees ?? [], (f) => f.total),
      discount: sum(authorized, (job) => job.discount ?? 0) + (ro.ro_discount ?? 0),
      tax: sum(authorized, (job) => job.tax ?? 0),
      potential: retail(jobs),
      pending: retail(jobs.filter((job) => job.authorized === null)),
      declined: retail(jobs.filter((job) => job.authorized === false)),
      revenue: ro.authorized_revenue,
      cost: ro.authorized_cost,
      profit: ro.authorized_profit,
      gp: ro.tm_reported_gp_percent,
    }
  }

  it('is carried by the bundle, to the cent', () => {
    const read = workedExample()
    set(read, 'header.postedDate', '2026-03-05T01:12:09Z')
    const bundle = normalizeRepairOrder(read)
    expect(bundle.repair_order.posted_at).toBe('2026-03-05T01:12:09Z')
    expect(figuresOf(bundle)).toEqual({
      parts: 36239,
      partsCost: 19196,
      labor: 60125,
      hours: 3.25,
      laborCost: 11354,
      sublet: 11900,
      subletCost: 7000,
      fees: 3350,
      discount: 1500,
      tax: 2356,
      potential: 117809,
      pending: 9545,
      declined: 0,
      revenue: 108264,
      cost: 37550,
      profit: 70714,
      gp: 65.32,
    })
  })

  it('names its advisor and technician once each, and nobody else', () => {
    expect(normalizeRepairOrder(workedExample()).employees).toEqual([
      { tm_id: 200311, first_name: 'Writer', last_name: 'One' },
      { tm_id: 200457, first_name: 'Tech', last_name: 'Alpha' },
    ])
  })
})
