// `warehouse resync <ro>`: a targeted resync in the interactive lane, by TM id or by RO number.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import { syncRepairOrder } from '../../workers/jobs/sync-repair-order.ts'
import { dryRun, printDryRun } from '../dry-run.ts'
import { print, printJson } from '../output.ts'
import { shopNamed, wholeNumber, withSession, type Session } from '../session.ts'
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
    .requiredOption('--shop <number>', "TM's shop number", wholeNumber('--shop'))
    .option('--wait', 'wait for the end and print the outcome')
    .option('--dry-run', 'show what would change in rows and metrics, and write nothing')
    .action((ro: number, flags: ResyncFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) => resync(session, ro, flags)),
    )
}

const resync = async (
  session: Session,
  given: number,
  { shop: shopTmId, wait, dryRun: isDry = false }: ResyncFlags,
): Promise<void> => {
  const { program, json } = session
  const { warehouse } = program.services
  const shop = await shopNamed(session, shopTmId)
  const ro = await roTmId(session, shop.id, shopTmId, given)
  if (isDry) return printDryRun(await dryRun(program.services, { shopTmId, shopId: shop.id, ro }), json)
  const params = { ro }
  const { runId } = await warehouse.runs.start({
    shopId: shop.id,
    kind: 'repair-orders',
    trigger: 'cli',
    params,
  })
  await warehouse.runs.recordItems({ runId, shopId: shop.id, items: [{ ro, outcome: 'pending' }] })
  await warehouse.runs.closeListing({ runId, listing: { pages: 0, seen: 1, asked: 1, truncated: false } })
  const { result } = await program.queueJobs.request(syncRepairOrder, {
    shop: shopTmId,
    ro,
    lane: 'interactive',
    reason: 'requested',
    run: runId,
  })
  if (wait !== true) {
    if (json) printJson({ runId, ro, result })
    else print(`RO ${given}: ${result}; the run is ${runId}.`)
    return
  }
  const run = await waitForRun(program, runId, { label: `RO ${given}`, quiet: json })
  await waitForFanOut(program, shop.id)
  reportRun(run, json)
}

/** TM ids and RO numbers do not overlap in practice; the warehouse decides, then TM's own search. */
const roTmId = async (
  { program }: Session,
  shopId: string,
  shopTmId: number,
  given: number,
): Promise<number> => {
  const { warehouse, tekmetric } = program.services
  const known = await warehouse.repairOrders.find({ shopId, numberOrTmId: given })
  if (known !== null) return known.tmId
  const found = await tekmetric.findByNumber({ shopTmId, roNumber: given, lane: 'interactive' })
  if (found !== null) return found
  const read = await tekmetric.readRepairOrder({ shopTmId, ro: given, lane: 'interactive' })
  if (read.kind === 'found') return given
  throw new UsageError(`shop ${shopTmId} has no RO ${given}, neither by number nor by TM id`)
}
