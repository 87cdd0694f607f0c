// Arbitrary scripts for the metrics property: what TM may say of four ROs, and the work that may follow in any order.
import fc from 'fast-check'
import type { Moment } from './golden-shop.ts'

export type Step =
  | { readonly kind: 'say'; readonly ro: number; readonly moment: Moment }
  /** What TM said last of this RO, with nothing but these changed. */
  | { readonly kind: 'nudge'; readonly ro: number; readonly moment: Moment }
  | { readonly kind: 'snapshot'; readonly ro: number }
  | { readonly kind: 'day'; readonly date: string }
  /** All that is marked. */
  | { readonly kind: 'settle' }
  | { readonly kind: 'pay'; readonly rate: number }
  /** Employee list: somebody has another name now; Ghost, a placeholder, gets his first. */
  | { readonly kind: 'rename'; readonly person: 'Beta' | 'One' | 'Ghost'; readonly as: string }
  | { readonly kind: 'zone'; readonly timezone: string }

export const ROS = [1, 2, 3, 4]

/** Around midnights of New York, Los Angeles and UTC, and around both changes of the clock. */
const INSTANTS = [
  '2024-03-04T20:00:00Z',
  '2024-03-05T04:59:59.999999999Z',
  '2024-03-05T06:30:00Z',
  '2024-03-10T04:59:59Z',
  '2024-03-11T03:59:59Z',
  '2024-03-11T04:00:00Z',
  '2024-11-03T05:30:00Z',
  '2024-11-04T04:59:59Z',
  '2024-11-04T05:00:00Z',
]

const DATES = [
  '2024-03-04',
  '2024-03-05',
  '2024-03-09',
  '2024-03-10',
  '2024-03-11',
  '2024-11-03',
  '2024-11-04',
]

const cents = (min: number, max: number) => fc.integer({ min, max })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const quarters = fc.integer({ min: 0, max: 20 }).map((quarter) => quarter / 4)
const decision = fc.constantFrom(true, true, true, false, null)
const technician = fc.constantFrom('Alpha', 'Beta', 'Gamma', 'Delta', 'Ghost', null)

const part = fc.tuple(quarters, cents(0, 5000), cents(0, 9000), cents(-500, 40_000))
const labor = fc.tuple(quarters, cents(0, 20_000), cents(0, 60_000), technician)
const sublet = fc.tuple(cents(0, 3000), cents(0, 5000))
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 2 })

const job = fc.record({
  authorized: decision,
  archived: fc.constantFrom(false, false, true, null),
  discount: maybe(cents(-300, 900)),
  tax: maybe(cents(0, 700)),
  feePrice: maybe(cents(0, 90)),
  parts: maybe(few(part)),
  labor: maybe(few(labor)),
  sublets: maybe(few(sublet)),
  fees: maybe(few(cents(0, 400))),
})

const estimate = fc.record({
  omit: fc.subarray(['fees', 'discount']),
  discount: cents(-200, 800),
  discountTotal: maybe(cents(-200, 2000)),
  feesTotal: maybe(cents(0, 2000)),
  authorizedTotal: maybe(cents(0, 90_000)),
  total: maybe(cents(0, 120_000)),
  fees: fc.constantFrom({ data: [] }, { data: [{ name: 'Shop Supplies ', total: 333 }] }, { data: null }),
  sublets: few(fc.record({ authorized: decision, cost: cents(0, 900), retail: cents(0, 2000) })),
})

const profit = fc.oneof(
  fc.constant('404' as const),
  fc
    .tuple(cents(-500, 90_000), cents(0, 60_000), fc.constantFrom(0, 0.5, 0.61803, -1.2, 'NaN'))
    .map(([retail, cost, margin]) => [retail, cost, retail - cost, margin]),
)

/** TM's profit is only asked for when some job is authorized. */
const moment: fc.Arbitrary<Moment> = fc
  .record({
    status: fc.constantFrom(2, 3, 3, 5, 5, 5, 5, 6, 7),
    posted: maybe(fc.constantFrom(...INSTANTS)),
    completed: maybe(fc.constantFrom(...INSTANTS)),
    advisor: fc.constantFrom('One' as const, 'Two' as const, null),
    jobs: fc.array(job, { maxLength: 3 }),
    estimate,
    profit,
  })
  .map(({ profit: answer, ...said }) =>
    said.jobs.some(({ authorized }) => authorized === true) ? { ...said, profit: answer } : said,
  )

/** Changes that move little: whose RO it is, its state, its day. */
const nudge: fc.Arbitrary<Moment> = fc.oneof(
  fc.constantFrom('One' as const, 'Two' as const, null).map((advisor) => ({ advisor })),
  fc.constantFrom(3, 5, 6).map((status) => ({ status })),
  fc.constantFrom(...INSTANTS).map((posted) => ({ posted })),
)

const ro = fc.constantFrom(...ROS)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('say' as const), ro, moment }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('nudge' as const), ro, moment: nudge }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), ro }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('day' as const), date: fc.constantFrom(...DATES) }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'settle' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pay' as const), rate: cents(2000, 6000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rename' as const),
      person: fc.constantFrom('Beta' as const, 'One' as const, 'Ghost' as const),
      as: fc.constantFrom('Ann', 'Bea'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('zone' as const),
      timezone: fc.constantFrom('America/New_York', 'America/Los_Angeles', 'UTC'),
    }),
  },
)

export const script = fc.array(step, { minLength: 4, maxLength: 24 })
