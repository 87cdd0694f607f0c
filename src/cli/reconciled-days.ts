// What reconciling gave, for people: a line per day, then every difference with both values.
import type {
  CompleteThrough,
  Difference,
  Finding,
  ReconciledDay,
} from '../core/warehouse/reconciliations.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import { moment, print, printTable, shown } from './output.ts'

const STATES = { proven: 'proven', differs: 'differs', not_yet: 'not yet' } as const

const count = (value: number | null): string => (value === null ? '–' : String(value))

export const printDays = (
  shop: Pick<Shop, 'tmId' | 'name'>,
  days: readonly ReconciledDay[],
  complete: CompleteThrough,
): void => {
  print(`Shop ${shop.tmId} ${shop.name ?? ''}: ${sentenceOf(complete)}`)
  printTable(
    [
      { title: 'date', of: (d) => d.date },
      { title: 'state', of: (d) => STATES[d.state] },
      { title: 'why', of: (d) => d.reason ?? (d.whole || d.state !== 'proven' ? '' : 'so far') },
      { title: 'ROs at TM', of: (d) => count(d.tm_ros), right: true },
      { title: 'here', of: (d) => count(d.local_ros), right: true },
      { title: 'not posted yet', of: (d) => count(d.completed_ros), right: true },
      { title: 'reconciled', of: (d) => moment(d.reconciled_at) },
    ],
    days,
  )
  for (const { date, differences } of days)
    for (const difference of differences) print(`  ${date}  ${lineOf(difference)}`)
}

const sentenceOf = ({ from, through, why }: CompleteThrough): string => {
  const stop = why.date === null ? '' : `; ${why.date} is next (${why.reason ?? STATES[why.state]})`
  return through === null
    ? `no day is proven to its end${stop}`
    : `proven from ${from} through ${through}${stop}`
}

const lineOf = (difference: Difference): string => {
  const { ro, ro_number: number, kind, column, tm, here, check, expected, resynced, failure } = difference
  const who = ro === null ? 'the day' : `RO ${number ?? ''} (${ro})`
  const again = resynced === undefined ? '' : `; read again: ${failure ?? resynced}`
  switch (kind) {
    case 'missing':
      return `${who} is missing here; TM ${shown(tm)}, here ${shown(here)}${again}`
    case 'extra':
      return `${who} is not in TM's report; here ${shown(here)}, TM ${shown(tm)}${again}`
    case 'figure':
      return `${who} ${column}: TM ${shown(tm)}, here ${shown(here)}${again}`
    case 'check':
      return `${who} ${column} (${check}): stored ${shown(here)}, expected ${shown(expected)}${again}`
  }
}

export const printFindings = (findings: readonly Finding[]): void => {
  if (findings.length === 0) return print('Everything agrees.')
  printTable(
    [
      { title: 'date', of: (f) => f.date ?? '' },
      { title: 'RO', of: (f) => (f.ro === null ? '' : `${f.ro_number ?? ''} (${f.ro})`) },
      { title: 'check', of: (f) => f.check },
      { title: 'where', of: (f) => (f.column === null ? f.table : `${f.table}.${f.column}`) },
      { title: 'stored', of: (f) => shown(f.stored), right: true },
      { title: 'expected', of: (f) => shown(f.expected), right: true },
      { title: 'what to do', of: (f) => f.action },
    ],
    findings,
  )
}
