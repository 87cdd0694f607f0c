// Changes one random cent, hour, quantity or date of a posted RO directly in the tables, as no sync ever would.
import { randomStream } from '../../src/embedded/simulator/random.ts'
import type { Pipeline } from './pipeline.ts'

/** Columns of a line, its job or its RO that hold money, hours, quantities or dates, by table. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, 'cent' | 'hundredth' | 'date' | 'day'>>>> = {
  job_parts: { quantity: 'hundredth', cost: 'cent', retail: 'cent', total: 'cent', core_charge: 'cent' },
  job_labor: {
    hours: 'hundredth',
    rate: 'cent',
    total: 'cent',
    tech_hourly_cost: 'cent',
    labor_cost: 'cent',
  },
  job_sublets: { cost: 'cent', retail: 'cent' },
  job_fees: { amount: 'cent', percentage: 'hundredth', cap: 'cent', total: 'cent' },
  jobs: {
    authorized_date: 'date',
    total: 'cent',
    discount: 'cent',
    tax: 'cent',
    parts_total: 'cent',
    labor_total: 'cent',
    labor_hours: 'hundredth',
  },
  repair_orders: {
    authorized_profit: 'cent',
    authorized_total: 'cent',
    authorized_labor_hours: 'hundredth',
    discount_total: 'cent',
    created_date: 'date',
    posted_at: 'date',
    completed_at: 'date',
    posted_date: 'day',
  },
}

const STEPS = {
  cent: (column: string, sign: string) => `coalesce(${column}, 0) ${sign} 1`,
  hundredth: (column: string, sign: string) => `coalesce(${column}, 0) ${sign} 0.01`,
  date: (column: string, sign: string) => `coalesce(${column}, '2026-03-01Z') ${sign} interval '1 minute'`,
  day: (column: string, sign: string) => `${column} ${sign} 1`,
} as const

export interface Tampering {
  readonly table: string
  readonly column: string
  /** Our id of the row. */
  readonly id: string
  /** TM's id of its RO. */
  readonly ro: number
  readonly statement: string
}

/** The `n`-th change of a seed; equal seeds choose equally in equal data. */
export const chooseTampering = async (
  pipeline: Pick<Pipeline, 'query'>,
  {
    seed,
    n,
    from,
    to,
  }: { readonly seed: number; readonly n: number; readonly from: string; readonly to: string },
): Promise<Tampering> => {
  const random = randomStream(seed, 'tampering', n)
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[random.int(0, list.length - 1)]
    if (chosen === undefined) throw new Error('there is nothing to choose from')
    return chosen
  }
  const table = pick(Object.keys(COLUMNS))
  const [column, step] = pick(Object.entries(COLUMNS[table] ?? {}))
  const link = table === 'repair_orders' ? 'x.id' : 'x.repair_order_id'
  const order =
    table === 'repair_orders' ? 'r.tm_id' : `r.tm_id, ${table === 'jobs' ? 'x.tm_id' : 'x.job_id, x.line_no'}`
  const rows = await pipeline.query<{ id: string; ro: string }>(
    `select x.id, r.tm_id as ro from ${table} x join repair_orders r on r.id = ${link}
      where r.status_id in (5, 6) and r.posted_date between '${from}' and '${to}' order by ${order}`,
  )
  const { id, ro } = pick(rows)
  const sign = random.int(0, 1) === 0 ? '+' : '-'
  const statement = `update ${table} set ${column} = ${STEPS[step](column, sign)} where id = '${id}'`
  return { table, column, id, ro: Number(ro), statement }
}
