// `warehouse failed list|retry`: failed queue jobs of all queues, and the money that quarantined ROs withhold.
// A retry without --yes only says what it would do.
import { Option, type Command } from 'commander'
import { FAILURE_CLASSES, type FailureClass } from '../../core/errors.ts'
import { QUEUE_NAMES, type QueueName } from '../../core/queues.ts'
import type { Quarantine } from '../../core/warehouse/quarantine.ts'
import {
  listFailed,
  retryFailed,
  type FailedFilter,
  type FailedQueueJob,
} from '../../producers/failed-queue-jobs.ts'
import { positiveNumber, wholeNumber } from '../arguments.ts'
import { dollars, moment, print, printJson, printTable } from '../output.ts'
import { withSession, type Session } from '../session.ts'
import { momentOf } from '../since.ts'

interface FilterFlags {
  readonly class?: FailureClass
  readonly queue?: QueueName
  readonly shop?: number
  readonly ro?: number
  readonly since?: Date
  readonly limit: number
}
interface RetryFlags extends FilterFlags {
  readonly rate: number
  readonly yes?: boolean
}

const filtered = (command: Command): Command =>
  command
    .addOption(new Option('--class <class>', 'failure class').choices([...FAILURE_CLASSES]))
    .addOption(new Option('--queue <queue>', 'queue').choices([...QUEUE_NAMES]))
    .option('--shop <number>', "TM's shop number", wholeNumber('--shop'))
    .option('--ro <id>', "TM's id of an RO", wholeNumber('--ro'))
    .option('--since <moment>', '30m, 12h, 3d or an instant', (value) => momentOf(value))

export const addFailed = (program: Command): void => {
  const failed = program.command('failed').description('failed queue jobs and quarantined ROs')
  filtered(failed.command('list').description('list what failed, newest first'))
    .option('--limit <count>', 'at most this many', positiveNumber('--limit'), 100)
    .action((flags: FilterFlags, command: Command) =>
      withSession(command, {}, (session) => list(session, flags)),
    )
  filtered(failed.command('retry').description('ask again for what failed; a preview without --yes'))
    .option('--limit <count>', 'at most this many, newest first', positiveNumber('--limit'), 1_000)
    .option('--rate <count>', 'at most this many start per minute', positiveNumber('--rate'), 60)
    .option('--yes', 'do it')
    .action((flags: RetryFlags, command: Command) =>
      withSession(command, {}, (session) => retry(session, flags)),
    )
}

const filterOf = ({ class: failureClass, queue, shop, ro, since, limit }: FilterFlags): FailedFilter => ({
  failureClass,
  queue,
  shop,
  ro,
  since,
  limit,
})

const list = async ({ program, json }: Session, flags: FilterFlags): Promise<void> => {
  const { services, queueJobs } = program
  const jobs = await listFailed(queueJobs, filterOf(flags))
  const shopId = flags.shop === undefined ? null : (await services.shops.byTmId(flags.shop)).id
  const quarantine = await services.warehouse.quarantine.list({ shopId })
  if (json) return printJson({ failed: jobs, quarantine })
  printJobs(jobs)
  printQuarantine(quarantine, flags.ro)
}

const countBy = (jobs: readonly FailedQueueJob[], of: (job: FailedQueueJob) => string) => {
  const counts: Record<string, number> = {}
  for (const job of jobs) counts[of(job)] = (counts[of(job)] ?? 0) + 1
  return counts
}

const retry = async ({ program, json }: Session, flags: RetryFlags): Promise<void> => {
  const { queueJobs } = program
  const filter = filterOf(flags)
  if (flags.yes !== true) return preview(await listFailed(queueJobs, filter), flags, json)
  const result = await retryFailed(queueJobs, filter, { perMinute: flags.rate })
  if (result.refused.length > 0) process.exitCode = 1
  if (json) return printJson(result)
  const spread = result.spreadMs > 0 ? `, the last in ${Math.ceil(result.spreadMs / 60_000)} min` : ''
  print(`${result.retried} asked for again${spread}; ${result.coalesced} were waiting already`)
  for (const { job, why } of result.refused) print(`  stays failed: ${job.name} ${job.id}: ${why}`)
}

const preview = (jobs: readonly FailedQueueJob[], { rate }: RetryFlags, json: boolean): void => {
  const byClass = countBy(jobs, (job) => job.failureClass)
  const byQueue = countBy(jobs, (job) => job.queue)
  if (json) return printJson({ preview: true, matched: jobs.length, byClass, byQueue, perMinute: rate, jobs })
  printJobs(jobs)
  if (jobs.length === 0) return
  const minutes = Math.ceil(jobs.length / rate)
  print()
  print(
    `${jobs.length} would be asked for again, ${rate} a minute, ${minutes} min in all. Nothing was done; add --yes.`,
  )
  if (byClass['data'] !== undefined)
    print('Those of class data are refused again unless TM or this release has changed since.')
}

const printJobs = (jobs: readonly FailedQueueJob[]): void => {
  if (jobs.length === 0) return print('No failed queue job matches.')
  printTable(
    [
      { title: 'failed at', of: (j) => moment(j.failedAt) },
      { title: 'class', of: (j) => j.failureClass },
      { title: 'queue job', of: (j) => j.name },
      { title: 'shop', of: (j) => String(j.shop ?? ''), right: true },
      { title: 'RO / day', of: (j) => String(j.ro ?? j.date ?? ''), right: true },
      { title: 'times', of: (j) => String(j.times), right: true },
      { title: 'reason', of: (j) => j.reason },
    ],
    jobs,
  )
}

const printQuarantine = (quarantine: Quarantine, ro: number | undefined): void => {
  const shown = quarantine.repair_orders.filter((row) => ro === undefined || row.ro === ro)
  if (shown.length === 0) return
  print()
  print(
    `${quarantine.count} ROs in quarantine withhold ${dollars(quarantine.withheld_cents)} [AUTHORIZED, with fees and tax]` +
      (quarantine.unknown_amount > 0 ? `; the amount of ${quarantine.unknown_amount} cannot be read` : ''),
  )
  printTable(
    [
      { title: 'since', of: (q) => moment(q.since) },
      { title: 'shop', of: (q) => String(q.shop_tm_id), right: true },
      { title: 'RO', of: (q) => String(q.ro), right: true },
      { title: 'number', of: (q) => String(q.ro_number ?? ''), right: true },
      { title: 'withheld', of: (q) => dollars(q.withheld_cents), right: true },
      { title: 'payload', of: (q) => q.raw_payload_id ?? 'none' },
      { title: 'reason', of: (q) => q.reason },
    ],
    shown,
  )
}
