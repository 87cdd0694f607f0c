// `warehouse deletions list|confirm|undo`: what TM no longer has, and the question whether so many really are gone.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import type { Deletion } from '../../core/warehouse/deletions.ts'
import { buildSnapshot } from '../../workers/jobs/build-snapshot.ts'
import { syncRepairOrder } from '../../workers/jobs/sync-repair-order.ts'
import { shopOption, wholeNumber } from '../arguments.ts'
import { dollars, moment, print, printJson, printTable } from '../output.ts'
import { knownShop, withSession, type Session } from '../session.ts'

interface DeletionFlags {
  readonly shop: number
  readonly run?: string
  readonly ro?: number
}

const scoped = (command: Command): Command =>
  command.addOption(shopOption()).option('--run <id>', 'only those of this run', runId)

/** @throws UsageError */
const runId = (value: string): string => {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))
    throw new UsageError('--run must be the id of a run')
  return value
}

type Action = (session: Session, shopId: string, flags: DeletionFlags) => Promise<void>
const acting =
  (act: Action) =>
  (flags: DeletionFlags, command: Command): Promise<void> =>
    withSession(command, {}, async (session) =>
      act(session, (await knownShop(session, flags.shop)).id, flags),
    )

export const addDeletions = (program: Command): void => {
  const deletions = program
    .command('deletions')
    .description('deletions held because they came too many at once')
  scoped(deletions.command('list').description('held deletions, and those of the last 30 days')).action(
    acting(list),
  )
  scoped(deletions.command('confirm').description('agree: the next look at TM deletes them')).action(
    acting(confirm),
  )
  scoped(
    deletions
      .command('undo')
      .description('drop what is held; with --run or --ro, bring back what was deleted'),
  )
    .option('--ro <id>', "TM's id of an RO", wholeNumber('--ro'))
    .action(acting(undo))
}

const list: Action = async ({ program, json }, shopId, { run = null }) => {
  const rows = await program.services.warehouse.deletions.list({ shopId, runId: run })
  if (json) return printJson(rows)
  if (rows.length === 0) return print('No deletion is held, none was made within 30 days.')
  printTable<Deletion>(
    [
      { title: 'state', of: (d) => d.state },
      { title: 'since', of: (d) => moment(d.decided_at) },
      { title: 'RO', of: (d) => String(d.ro), right: true },
      { title: 'number', of: (d) => String(d.ro_number ?? ''), right: true },
      { title: 'was', of: (d) => d.previous_status ?? '' },
      { title: 'total', of: (d) => dollars(d.authorized_total), right: true },
      { title: 'why', of: (d) => (d.cause === 'status' ? 'TM says DELETED' : 'TM has it no more') },
      { title: 'run', of: (d) => d.run_id ?? '' },
    ],
    rows,
  )
}

const confirm: Action = async ({ program, json }, shopId, { shop, run = null }) => {
  const ros = await program.services.warehouse.deletions.confirm({ shopId, runId: run })
  await program.queueJobs.addMany(
    syncRepairOrder,
    ros.map((ro) => ({ shop, ro, lane: 'interactive' as const, reason: 'recheck' as const })),
  )
  if (json) printJson({ confirmed: ros })
  else print(`${ros.length} ROs are looked at once more and deleted if TM still has them no more.`)
}

const undo: Action = async ({ program, json }, shopId, { shop, run = null, ro = null }) => {
  const done = await program.services.warehouse.deletions.undo({ shopId, runId: run, roTmId: ro })
  await program.queueJobs.addMany(
    buildSnapshot,
    done.restored.map((restored) => ({ shop, ro: restored })),
  )
  if (json) printJson(done)
  else
    print(
      `${done.dropped.length} held deletions were dropped, ${done.restored.length} ROs were brought back.`,
    )
}
