// `warehouse resync <ro>`: a targeted resync in the interactive lane, by TM id or by RO number.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import { findRepairOrder } from '../../producers/find-repair-order.ts'
import { createResyncDesk } from '../../producers/resync-desk.ts'
import { shopOption, wholeNumber } from '../arguments.ts'
import { dryRun, printDryRun } from '../dry-run.ts'
import { print, printJson } from '../output.ts'
import { knownShop, shopNamed, withSession, type Session } from '../session.ts'
import { reportRun, waitForFanOut, waitForRun } from '../wait.ts'

interface ResyncFlags {
  readonly shop: number
  readonly wait?: boolean
  readonly dryRun?: boolean
}

export const addResync = (program: Command): void => {
  program
    .command('resync')
    .description('read one RO again, now')
    .argument('<ro>', "the RO's number in the shop, or TM's id", wholeNumber('<ro>'))
    .addOption(shopOption())
    .option('--wait', 'wait for the end and print the outcome')
    .option('--dry-run', 'show what would change in rows and metrics, and write nothing')
    .action((ro: number, flags: ResyncFlags, command: Command) => {
      const isDry = flags.dryRun === true
      const options = { worksAlone: flags.wait === true && !isDry, enrols: !isDry }
      return withSession(command, options, (session) => resync(session, ro, flags))
    })
}

const resync = async (
  session: Session,
  given: number,
  { shop: shopTmId, wait, dryRun: isDry = false }: ResyncFlags,
): Promise<void> => {
  const { program, json } = session
  // A dry run writes nothing: it does not enrol a shop either.
  const shop = await (isDry ? knownShop : shopNamed)(session, shopTmId)
  const ro = await findRepairOrder(program.services, { shop, number: given, orTmId: true })
  if (ro === null) throw new UsageError(`shop ${shopTmId} has no RO ${given}, neither by number nor by TM id`)
  if (isDry) return printDryRun(await dryRun(program.services, { shopTmId, shopId: shop.id, ro }), json)
  const { runId, result } = await createResyncDesk(program, 'cli').request({ shop, ro })
  if (wait !== true) {
    if (json) printJson({ runId, ro, result })
    else print(`RO ${given}: ${result}; the run is ${runId}.`)
    return
  }
  const run = await waitForRun(program, runId, { label: `RO ${given}`, quiet: json })
  await waitForFanOut(program, shop.id)
  reportRun(run, json)
}
