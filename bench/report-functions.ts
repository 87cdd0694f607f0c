// The read functions of a shop that this release has, found in the catalog, and how long each takes: called as the
// dashboard does, by a signed-in user under row-level security. A function that users may not call is called as the
// service. One that needs an argument unknown below is named and left out.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { quantile } from './quantile.ts'

const WARM_UP = 5
const CALLS = 40
/** A slow function is called less often, so that a bench of all of them ends. */
const LIMIT_MS = 10_000

const FUNCTIONS = `
  select p.proname as name,
         p.proargnames[1:p.pronargs - p.pronargdefaults] as required,
         has_function_privilege('authenticated', p.oid, 'execute') as "forUsers"
    from pg_proc p
   where p.pronamespace = 'public'::regnamespace and p.provolatile <> 'v' and p.proargnames[1] = 'p_shop_id'
     and (p.proname like 'report\\_%' or p.proname = any (array['explain_day', 'complete_through', 'check_warehouse', 'daily_metrics']))
   order by p.proname`

interface ReportFunction {
  readonly name: string
  readonly required: readonly string[]
  readonly forUsers: boolean
}

export interface Timing {
  readonly label: string
  readonly p50: number
  readonly p95: number
}

export interface ReportWindow {
  readonly shopId: string
  readonly today: string
}

const dayBefore = (day: string, days: number): string =>
  new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10)

const argumentsOver = ({ shopId, today }: ReportWindow, days: number): Readonly<Record<string, unknown>> => ({
  p_shop_id: shopId,
  p_from: dayBefore(today, days - 1),
  p_to: today,
  p_date: dayBefore(today, 3),
  p_since: `${dayBefore(today, 7)}T00:00:00Z`,
  p_preset: 'last_30_days',
  // Part of report_summary, which hands it the figures of the range; it only divides by them.
  p_figures: { labor_cost: 1, estimated_labor_cost: 1, authorized_profit: 1 },
})

/** Lets a user read the given shops. @returns the user's id */
export const admitUser = async (client: pg.Client, shopIds: readonly string[]): Promise<string> => {
  const userId = randomUUID()
  await client.query('insert into user_shop_access (user_id, shop_id) select $1, unnest($2::uuid[])', [
    userId,
    shopIds,
  ])
  return userId
}

const actAs = async (client: pg.Client, role: string, userId: string): Promise<void> => {
  await client.query(`set role ${pg.escapeIdentifier(role)}`)
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [
    JSON.stringify({ sub: userId, role }),
  ])
}

/** Functions over a range are timed over 30 days and over 365. The client is left in the service's role. */
export const timeReports = async (
  client: pg.Client,
  { userId, ...window }: ReportWindow & { readonly userId: string },
): Promise<Timing[]> => {
  const { rows } = await client.query<ReportFunction>(FUNCTIONS)
  const timings: Timing[] = []
  const known = argumentsOver(window, 1)
  for (const each of rows) {
    const unknown = each.required.filter((argument) => !(argument in known))
    if (unknown.length > 0) {
      console.log(`  ${each.name} is left out: no value for ${unknown.join(', ')}`)
      continue
    }
    await actAs(client, each.forUsers ? 'authenticated' : 'service_role', userId)
    for (const days of each.required.includes('p_from') ? [30, 365] : [0])
      timings.push(await timeOne(client, each, { window, days }))
  }
  await actAs(client, 'service_role', userId)
  return timings
}

const timeOne = async (
  client: pg.Client,
  { name, required }: ReportFunction,
  { window, days }: { readonly window: ReportWindow; readonly days: number },
): Promise<Timing> => {
  const known = argumentsOver(window, days)
  const places = required.map((argument, index) => `${argument} => $${index + 1}`).join(', ')
  const call = {
    name: `${name} ${days}`,
    text: `select public.${name}(${places})`,
    values: required.map((n) => known[n]),
  }
  const times: number[] = []
  const endsAt = performance.now() + LIMIT_MS
  for (
    let turn = 0;
    turn < WARM_UP + CALLS && (turn < 2 * WARM_UP || performance.now() < endsAt);
    turn += 1
  ) {
    const startedAt = performance.now()
    await client.query(call)
    if (turn >= WARM_UP) times.push(performance.now() - startedAt)
  }
  const label = days === 0 ? name : `${name}, ${days} days`
  return { label, p50: quantile(times, 0.5), p95: quantile(times, 0.95) }
}
