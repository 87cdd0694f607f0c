// The summary for a person at a terminal: what to do first, then what is alive, what waits, what failed, the last runs, the
// newest days, and how big things are.
import { z } from 'zod'
import type { OpsSummary } from '../producers/ops-summary.ts'
import { dollars, print, printTable } from './output.ts'

/** Facts that the command knows of itself. */
export interface Installed {
  readonly version: string
  readonly commit: string | null
  readonly serviceKeyInUse: boolean
  readonly requestsPerMinute: number
}

const Run = z.looseObject({
  shop_tm_id: z.int(),
  kind: z.string(),
  trigger: z.string(),
  status: z.string(),
  started_at: z.string(),
  fetched: z.int(),
  created: z.int(),
  updated: z.int(),
  failed: z.int(),
  pending: z.int(),
  error: z.looseObject({ reason: z.string().optional() }).nullable().catch(null),
})
const Day = z.looseObject({
  shop_tm_id: z.int(),
  metric_date: z.string(),
  ro_count: z.int(),
  authorized_revenue: z.number().nullable(),
  authorized_profit: z.number().nullable(),
  authorized_gp_percent: z.number().nullable(),
})
const Quarantine = z.looseObject({ repair_orders: z.int(), withheld_cents: z.number() })

const title = (text: string): void => {
  print()
  print(text)
}

/** 5 s, 12 min, 3 h, 2 d. */
export const ago = (seconds: number): string => {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

const listed = (counts: Readonly<Record<string, number>>): string => {
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return some.length === 0
    ? 'none'
    : some.map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`).join(', ')
}

export const printOpsSummary = (summary: OpsSummary, installed: Installed): void => {
  const { version, commit, serviceKeyInUse, requestsPerMinute } = installed
  print(`tekmetric-warehouse ${version}, commit ${commit ?? 'unknown'}`)
  print(`service key    ${serviceKeyInUse ? 'in use' : 'NOT in use'}`)
  print(`row security   ${summary.rls_everywhere ? 'on every table' : 'MISSING on a table'}`)
  print(`call budget    ${requestsPerMinute} a minute and credential`)
  title('To do')
  if (summary.todos.length === 0) print('  nothing')
  for (const advice of summary.todos) print(`  - ${advice}`)
  printWaiting(summary)
  printQueues(summary)
  printRuns(summary)
  printDays(summary)
  title('Rows')
  printTable(
    [
      { title: 'table', of: ([name]) => name },
      { title: 'rows', of: ([, count]) => count.toLocaleString('en-US'), right: true },
    ],
    Object.entries(summary.tables).toSorted(([a], [b]) => a.localeCompare(b)),
  )
}

/** How many failed, and as what; beyond the newest of a queue the class of none is known. */
const failures = ({ failed, failed_by_class, failed_by_class_of_newest: newest }: OpsSummary): string => {
  const classed = Object.values(failed_by_class).reduce((sum, count) => sum + count, 0)
  const classes = listed(failed_by_class)
  return failed <= classed ? classes : `${failed}; of the newest ${newest} of each queue: ${classes}`
}

const printWaiting = (summary: OpsSummary): void => {
  const { backlog, oldest_mark_seconds, quarantine } = summary
  const { staleRos, dirtyDays, pendingItems, openRuns } = backlog
  const held = Quarantine.parse(quarantine)
  const oldest = Math.max(0, ...Object.values(oldest_mark_seconds).map((seconds) => seconds ?? 0))
  title('Waits and fails')
  print(
    `  marked       ${listed({ 'stale ROs': staleRos, 'dirty days': dirtyDays, 'pending ROs': pendingItems, 'open runs': openRuns })}` +
      (oldest === 0 ? '' : `; the oldest for ${ago(oldest)}`),
  )
  print(`  failed jobs  ${failures(summary)}`)
  print(
    `  quarantine   ${held.repair_orders === 0 ? 'none' : `${held.repair_orders} ROs, ${dollars(held.withheld_cents)} withheld`}`,
  )
}

const printQueues = ({ queues, canary_seconds: canaries }: OpsSummary): void => {
  title('Queues')
  const count = (state: string) => (queue: string) => String(queues[queue]?.[state] ?? 0)
  printTable(
    [
      { title: 'queue', of: (queue) => queue },
      {
        title: 'waiting',
        of: (queue) => String(Number(count('waiting')(queue)) + Number(count('prioritized')(queue))),
        right: true,
      },
      { title: 'active', of: count('active'), right: true },
      { title: 'delayed', of: count('delayed'), right: true },
      { title: 'failed', of: count('failed'), right: true },
      {
        title: 'last canary',
        of: (queue) => (canaries[queue] === undefined ? 'never' : `${ago(canaries[queue])} ago`),
        right: true,
      },
    ],
    Object.keys(queues),
  )
}

const printRuns = ({ last_runs: runs }: OpsSummary): void => {
  if (runs.length === 0) return
  title('Last runs')
  printTable(
    [
      { title: 'started (UTC)', of: (run) => run.started_at.slice(0, 16).replace('T', ' ') },
      { title: 'shop', of: (run) => String(run.shop_tm_id), right: true },
      { title: 'what', of: (run) => run.kind },
      { title: 'by', of: (run) => run.trigger },
      { title: 'status', of: (run) => run.status },
      { title: 'seen', of: (run) => String(run.fetched), right: true },
      { title: 'new', of: (run) => String(run.created), right: true },
      { title: 'changed', of: (run) => String(run.updated), right: true },
      { title: 'failed', of: (run) => String(run.failed), right: true },
      { title: 'error', of: (run) => run.error?.reason ?? '' },
    ],
    z.array(Run).parse(runs),
  )
}

const printDays = ({ latest_days: days }: OpsSummary): void => {
  if (days.length === 0) return
  title('Newest days (authorized)')
  printTable(
    [
      { title: 'shop', of: (day) => String(day.shop_tm_id), right: true },
      { title: 'day', of: (day) => day.metric_date },
      { title: 'ROs', of: (day) => String(day.ro_count), right: true },
      { title: 'sales', of: (day) => dollars(day.authorized_revenue), right: true },
      { title: 'profit', of: (day) => dollars(day.authorized_profit), right: true },
      { title: 'GP %', of: (day) => day.authorized_gp_percent?.toFixed(1) ?? '–', right: true },
    ],
    z.array(Day).parse(days),
  )
}
