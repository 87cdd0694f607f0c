// `warehouse sync repair-orders|employees|customers|vehicles`: asks for a run; with --wait shows it and ends with its counts.
import { Option, type Command } from 'commander'
import { BOARDS, LISTS, requestList, requestRepairOrders, type List } from '../../producers/sync-runs.ts'
import { daysBack, positiveNumber, shopOption } from '../arguments.ts'
import { print, printJson } from '../output.ts'
import { type Session, shopNamed, withSession } from '../session.ts'
import { reportRun, waitForFanOut, waitForRun } from '../wait.ts'

interface SyncFlags {
  readonly shop: number
  readonly wait?: boolean
}
interface RepairOrderFlags extends SyncFlags {
  readonly daysBack: number
  readonly board: (typeof BOARDS)[number]
  readonly limit?: number
}

export const addSync = (program: Command): void => {
  const sync = program.command('sync').description('ask for a sync run')
  sync
    .command('repair-orders')
    .description('list the ROs of a shop and sync those that differ')
    .addOption(shopOption())
    .option('--days-back <days>', 'window of posted ROs', daysBack, 3)
    .addOption(new Option('--board <board>', 'which boards').choices([...BOARDS]).default('ALL'))
    .option('--limit <count>', 'ask for at most this many of the ROs that differ', positiveNumber('--limit'))
    .option('--wait', 'wait for the end and print the counts')
    .action((flags: RepairOrderFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) =>
        syncRepairOrders(session, flags),
      ),
    )
  for (const kind of LISTS) addList(sync, kind)
}

const addList = (sync: Command, kind: List): void => {
  sync
    .command(kind)
    .description(`sync the ${kind} of a shop`)
    .addOption(shopOption())
    .option('--wait', 'wait for the end and print the counts')
    .action((flags: SyncFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) => syncList(session, kind, flags)),
    )
}

const syncRepairOrders = async (session: Session, flags: RepairOrderFlags): Promise<void> => {
  const shop = await shopNamed(session, flags.shop)
  const { daysBack, board, limit, wait = false } = flags
  const wish = { shop, trigger: 'cli', daysBack, board, limit } as const
  const { runId } = await requestRepairOrders(session.program, wish)
  await finish(session, { runId, shopId: shop.id, wait, label: `shop ${flags.shop}` })
}

const syncList = async (session: Session, kind: List, flags: SyncFlags): Promise<void> => {
  const shop = await shopNamed(session, flags.shop)
  const { runId } = await requestList(session.program, { shop, trigger: 'cli', kind })
  await finish(session, { runId, shopId: shop.id, wait: flags.wait === true, label: `shop ${flags.shop}` })
}

interface Finish {
  readonly runId: string
  readonly shopId: string
  readonly wait: boolean
  readonly label: string
}

const finish = async ({ program, json }: Session, { runId, shopId, wait, label }: Finish): Promise<void> => {
  if (!wait) {
    if (json) printJson({ runId })
    else print(`Asked for; the run is ${runId}.`)
    return
  }
  const run = await waitForRun(program, runId, { label, quiet: json })
  if (run.kind === 'repair-orders') await waitForFanOut(program, shopId)
  reportRun(run, json)
}
