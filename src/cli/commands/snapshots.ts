// `warehouse snapshots build`: rebuilds the snapshots of the ROs posted or completed in a window.
import type { Command } from 'commander'
import { requestSnapshots } from '../../producers/rebuilds.ts'
import { shopOption, windowOptions } from '../arguments.ts'
import { print, printJson } from '../output.ts'
import { knownShop, withSession } from '../session.ts'
import { waitForFanOut } from '../wait.ts'
import { windowOf, type WindowFlags } from '../window.ts'

interface SnapshotFlags extends WindowFlags {
  readonly shop: number
  readonly wait?: boolean
}

export const addSnapshots = (program: Command): void => {
  const build = program
    .command('snapshots')
    .description('snapshots of ROs')
    .command('build')
    .description('rebuild the snapshots of ROs posted or completed in a window')
    .addOption(shopOption())
  windowOptions(build)
    .option('--wait', 'wait until snapshots and days are done')
    .action((flags: SnapshotFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, async (session) => {
        const { services } = session.program
        const shop = await knownShop(session, flags.shop)
        const window = windowOf(flags, { timezone: shop.timezone, today: await services.clock() })
        const { repairOrders } = await requestSnapshots(session.program, { shop, window })
        if (flags.wait === true) await waitForFanOut(session.program, shop.id)
        if (session.json) printJson({ ...window, repairOrders })
        else print(`${repairOrders} ROs from ${window.from} to ${window.to}`)
      }),
    )
}
