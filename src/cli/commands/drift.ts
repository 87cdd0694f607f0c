// `warehouse drift list|accept`: fields of TM's answers that are not as this release knows them.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import { shopOption } from '../arguments.ts'
import { moment, print, printJson, printTable } from '../output.ts'
import { knownShop, withSession } from '../session.ts'

interface DriftFlags {
  readonly shop: number
  readonly path?: string
  readonly revoke?: boolean
}

export const addDrift = (program: Command): void => {
  const drift = program
    .command('drift')
    .description("fields of TM's answers that are new, gone or in another form")
  drift
    .command('list')
    .description('list them')
    .addOption(shopOption())
    .action(({ shop }: DriftFlags, command: Command) =>
      withSession(command, {}, async (session) => {
        const { id: shopId } = await knownShop(session, shop)
        const fields = await session.program.services.warehouse.quarantine.drift({ shopId })
        if (session.json) return printJson(fields)
        if (fields.length === 0) return print('Every field is as this release knows it.')
        printTable(
          [
            { title: 'drift', of: (f) => f.kind },
            { title: 'field', of: (f) => f.path },
            { title: 'first seen', of: (f) => moment(f.first_seen_at) },
            { title: 'last seen', of: (f) => moment(f.last_seen_at) },
            { title: 'reports', of: (f) => String(f.reports), right: true },
            { title: 'accepted', of: (f) => moment(f.accepted_at) },
          ],
          fields,
        )
      }),
    )
  drift
    .command('accept')
    .description('go on without a field that is gone: ROs that lack it are stored again')
    .addOption(shopOption())
    .requiredOption('--path <path>', 'the field as `drift list` shows it')
    .option('--revoke', 'no longer')
    .action(({ shop, path = '', revoke = false }: DriftFlags, command: Command) =>
      withSession(command, {}, async (session) => {
        const { id: shopId } = await knownShop(session, shop)
        const { quarantine } = session.program.services.warehouse
        const gone = (await quarantine.drift({ shopId })).some((f) => f.kind === 'gone' && f.path === path)
        if (!gone) throw new UsageError(`no field ${path} was reported as gone`)
        const { changed } = await quarantine.acceptDrift({ shopId, path, accepted: !revoke })
        if (session.json) printJson({ changed })
        else print(changed ? 'Done; discovery reads the ROs concerned again.' : 'It was so already.')
      }),
    )
}
