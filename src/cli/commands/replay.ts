// `warehouse replay --from-raw`: rebuilds ROs from stored answers of TM, without calling TM.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import { buildSnapshot } from '../../workers/jobs/build-snapshot.ts'
import { replayStored, type Replayed } from '../../workers/replay.ts'
import { shopOption, wholeNumber } from '../arguments.ts'
import { print, printJson } from '../output.ts'
import { knownShop, withSession, type Session } from '../session.ts'
import { momentOf } from '../since.ts'
import { waitForFanOut } from '../wait.ts'

interface ReplayFlags {
  readonly fromRaw: boolean
  readonly shop: number
  readonly ro?: number
  readonly since?: Date
  readonly force?: boolean
  readonly refused?: boolean
  readonly wait?: boolean
}

export const addReplay = (program: Command): void => {
  program
    .command('replay')
    .description('rebuild ROs from stored answers of TM, without calling TM')
    .requiredOption('--from-raw', 'from tm_raw_payloads (STORE_RAW_PAYLOADS)')
    .addOption(shopOption())
    .option('--ro <id>', "TM's id of an RO", wholeNumber('--ro'))
    .option('--since <moment>', 'all ROs read since: 30m, 12h, 3d or an instant', (value) => momentOf(value))
    .option('--force', 'write all rows again although nothing seems to differ')
    .option('--refused', 'refused answers too, for a release that understands more')
    .option('--wait', 'wait for the snapshots and days that follow')
    .action((flags: ReplayFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) => replay(session, flags)),
    )
}

const replay = async (session: Session, flags: ReplayFlags): Promise<void> => {
  const { ro, since, force = false, refused = false } = flags
  if (ro === undefined && since === undefined) throw new UsageError('give --ro or --since')
  const { program, json, log } = session
  const shop = await knownShop(session, flags.shop)
  const results: Replayed[] = []
  const replayed = replayStored(
    { services: program.services, log },
    {
      shop: shop.tmId,
      shopId: shop.id,
      roTmId: ro ?? null,
      since: since?.toISOString() ?? null,
      force,
      refused,
    },
  )
  for await (const result of replayed) {
    results.push(result)
    if (result.snapshotStale)
      await program.queueJobs.addMany(buildSnapshot, [{ shop: shop.tmId, ro: result.ro }])
  }
  if (flags.wait === true) await waitForFanOut(program, shop.id)
  report(results, json)
}

const report = (results: readonly Replayed[], json: boolean): void => {
  const counts: Record<string, number> = {}
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1
  if (results.length === 0 || counts['refused'] !== undefined) process.exitCode = 1
  if (json) return printJson({ counts, results })
  if (results.length === 0) return print('No stored answers match; was STORE_RAW_PAYLOADS set?')
  print(
    Object.entries(counts)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', '),
  )
  for (const { ro, reason } of results) if (reason !== null) print(`  RO ${ro}: ${reason}`)
}
