// A day taken apart, for a person: each RO with its lines, its source and what no longer holds; then the sum of what was
// printed against the day's row. Amounts come from the warehouse as they are; nothing is added up here.
import type { ExplainedJob, ExplainedRepairOrder, Explanation } from '../core/warehouse/explanations.ts'
import { dollars, moment, print, printTable } from './output.ts'

const stateOf = ({ authorized, archived }: ExplainedJob): string => {
  const state = authorized === null ? 'pending' : authorized ? 'authorized' : 'declined'
  return archived === true ? `${state}, archived` : state
}

interface PrintedLine {
  readonly what: string
  readonly total: number
  readonly cost: number | null
  readonly note: string
}

const linesOf = (job: Pick<ExplainedJob, 'parts' | 'labor' | 'sublets' | 'fees'>): PrintedLine[] => [
  ...job.parts.map((part) => ({
    what: `part ${part.name ?? ''}`,
    total: part.total,
    cost: part.cost_total,
    note: `quantity ${part.quantity}`,
  })),
  ...job.labor.map((labor) => ({
    what: `labor ${labor.name ?? ''}`,
    total: labor.total,
    cost: labor.labor_cost,
    note: `${labor.hours} h, ${labor.technician_name ?? 'unassigned'}, rate ${labor.rate_source}`,
  })),
  ...job.sublets.map((sublet) => ({
    what: `sublet ${sublet.name ?? ''}`,
    total: sublet.retail,
    cost: sublet.cost,
    note: '',
  })),
  ...job.fees.map((fee) => ({ what: `fee ${fee.name ?? ''}`, total: fee.total, cost: null, note: '' })),
]

const printLine = ({ what, total, cost, note }: PrintedLine): void =>
  print(
    `      ${what.trim().padEnd(40)} ${dollars(total).padStart(12)}${
      cost === null ? '' : `  cost ${dollars(cost).padStart(10)}`
    }${note === '' ? '' : `  (${note})`}`,
  )

const printJob = (job: ExplainedJob): void => {
  const money = [
    ...(job.discount === null || job.discount === 0 ? [] : [`discount ${dollars(job.discount)}`]),
    ...(job.tax === null || job.tax === 0 ? [] : [`tax ${dollars(job.tax)}`]),
  ]
  print(`    job ${job.name ?? job.tm_id} [${[stateOf(job), ...money].join(', ')}]`)
  for (const line of linesOf(job)) printLine(line)
}

const printSource = ({ source }: ExplainedRepairOrder): void => {
  const run =
    source.run_id === null
      ? 'no run'
      : source.run === null
        ? `run ${source.run_id} (no longer on record)`
        : `run ${source.run_id} (${source.run.kind}, ${source.run.trigger}, begun ${moment(source.run.started_at)})`
  const answers =
    source.payload === null
      ? 'its answers are not kept'
      : `answers ${source.payload.id}, kept until ${moment(source.payload.expires_at)}`
  print(`    read ${moment(source.fetched_at)} UTC by ${run}; ${answers}`)
}

const printRepairOrder = (ro: ExplainedRepairOrder): void => {
  print()
  print(
    `  RO ${ro.ro_number} (TM ${ro.ro_tm_id}), ${ro.snapshot_trigger}, ${ro.customer_name ?? 'no customer'}`,
  )
  printSource(ro)
  const { tm_profit: profit, ro_discount: discount } = ro.lines
  if (profit !== null)
    print(
      `    TM's profit: revenue ${dollars(profit.revenue)}, cost ${dollars(profit.cost)}, profit ${dollars(profit.profit)}`,
    )
  for (const job of ro.lines.jobs) printJob(job)
  const loose = linesOf({ parts: [], labor: [], sublets: ro.lines.sublets, fees: ro.lines.fees })
  if (loose.length > 0) print('    on the RO itself')
  for (const line of loose) printLine(line)
  if (discount !== null && discount !== 0) print(`    discount on the RO itself ${dollars(discount)}`)
  for (const { metric, left, right } of ro.differences)
    print(
      `    differs: its snapshot says ${metric} ${JSON.stringify(left)}, its lines ${JSON.stringify(right)}`,
    )
}

const CAUSES = {
  deleted: () => 'TM deleted it',
  counts_elsewhere: (s) => `it counts on ${s.counts_on} as ${s.counts_as}`,
  status_does_not_count: (s) => `its status is ${s.status_now} now, which does not count`,
} satisfies Record<
  Explanation['superseded'][number]['cause'],
  (superseded: Explanation['superseded'][number]) => string
>

const printSuperseded = ({ superseded }: Explanation): void => {
  if (superseded.length === 0) return
  print()
  print('  No longer counted on this day:')
  for (const s of superseded)
    print(
      `    RO ${s.ro_number} (TM ${s.ro_tm_id}), ${s.trigger}, revenue ${dollars(s.authorized_revenue)}: ${CAUSES[s.cause](s)}, since ${moment(s.superseded_at)} UTC`,
    )
}

const NAMES = [
  'authorized_revenue',
  'authorized_cost',
  'authorized_profit',
  'net_sales',
  'net_profit',
  'labor_cost',
  'estimated_labor_cost',
  'potential_revenue',
] as const

const printSum = ({ printed, day, differences, is_dirty }: Explanation): void => {
  const columns = [
    { title: 'figure', of: (name: string) => name },
    { title: 'printed', of: (name: string) => dollars(printed[name] ?? null), right: true },
  ]
  const stored = {
    title: "the day's row",
    of: (name: string) => dollars(day?.[name] ?? null),
    right: true,
  }
  print()
  print(`Sum of what is printed: ${printed['ro_count'] ?? 0} ROs, ${printed['labor_hours'] ?? 0} hours`)
  printTable(differences === null ? columns : [...columns, stored], NAMES)
  if (differences === null) return
  if (differences.length === 0) {
    print(day === null ? 'The day has no row, and nothing counts on it.' : "It equals the day's row.")
    return
  }
  print("It does not equal the day's row:")
  for (const { metric, left, right } of differences)
    print(`  ${metric}: the row says ${JSON.stringify(left)}, the lines say ${JSON.stringify(right)}`)
  if (is_dirty) print('The day is marked and about to be computed again.')
}

/** Prints an explanation; amounts are [AUTHORIZED] unless a name says otherwise. */
export const printExplanation = (
  explanation: Explanation,
  shop: { readonly tmId: number; readonly timezone: string },
): void => {
  const { date, repair_orders, asked, differences } = explanation
  print(
    `Shop ${shop.tmId} on ${date} (${shop.timezone}), all amounts [AUTHORIZED] unless a job says otherwise`,
  )
  for (const ro of repair_orders) printRepairOrder(ro)
  if (differences === null && repair_orders.length === 0 && asked !== null)
    print(
      asked.counts_on === null
        ? `RO ${asked.ro_number} is ${asked.status} and counts on no day.`
        : `RO ${asked.ro_number} does not count on this day: it counts on ${asked.counts_on} as ${asked.counts_as}.`,
    )
  printSuperseded(explanation)
  if (differences !== null || repair_orders.length > 0) printSum(explanation)
}
