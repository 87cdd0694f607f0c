// `warehouse shops add|list|set`: the shops to sync, their names and time zones.
import type { Command } from 'commander'
import { IANAZone } from 'luxon'
import { UsageError } from '../../core/errors.ts'
import { print, printJson, printTable } from '../output.ts'
import { wholeNumber, withSession } from '../session.ts'

interface ShopFlags {
  readonly tmId: number
  readonly name?: string
  readonly timezone?: string
  readonly sync?: boolean
}

const checked = (flags: ShopFlags): ShopFlags => {
  if (flags.timezone !== undefined && !IANAZone.isValidZone(flags.timezone))
    throw new UsageError('--timezone must be an IANA zone, for example America/Chicago')
  return flags
}

export const addShops = (program: Command): void => {
  const shops = program.command('shops').description('the shops of the warehouse')
  shops
    .command('list')
    .description('all shops')
    .action((_options, command: Command) =>
      withSession(command, {}, async ({ program: { services }, json }) => {
        const rows = await services.shops.all()
        if (json) return printJson(rows)
        printTable(
          [
            { title: 'shop', of: (s) => String(s.tmId), right: true },
            { title: 'name', of: (s) => s.name ?? '' },
            { title: 'time zone', of: (s) => s.timezone },
            { title: 'sync', of: (s) => (s.pausedAt !== null ? 'paused' : s.syncEnabled ? 'on' : 'off') },
          ],
          rows,
        )
      }),
    )
  shops
    .command('add')
    .description('add a shop')
    .requiredOption('--tm-id <number>', "TM's shop number", wholeNumber('--tm-id'))
    .option('--name <name>')
    .option('--timezone <zone>', 'IANA time zone')
    .action((flags: ShopFlags, command: Command) =>
      withSession(command, {}, async ({ program: { services }, json }) => {
        const { tmId, name, timezone } = checked(flags)
        const shop = await services.warehouse.shops.ensure({
          tmId,
          name: name ?? `Shop ${tmId}`,
          ...(timezone === undefined ? {} : { timezone }),
        })
        if (json) printJson(shop)
        else print(shop.created ? `Shop ${tmId} was added.` : `Shop ${tmId} was there already.`)
      }),
    )
  shops
    .command('set')
    .description('change a shop')
    .requiredOption('--tm-id <number>', "TM's shop number", wholeNumber('--tm-id'))
    .option('--name <name>')
    .option('--timezone <zone>', 'IANA time zone')
    .option('--sync', 'sync this shop by its schedules')
    .option('--no-sync', 'leave this shop out of the schedules')
    .action((flags: ShopFlags, command: Command) =>
      withSession(command, {}, async ({ program: { services }, json }) => {
        const { tmId, name, timezone, sync } = checked(flags)
        await services.shops.byTmId(tmId)
        const patch = {
          ...(name === undefined ? {} : { name }),
          ...(timezone === undefined ? {} : { timezone }),
          ...(sync === undefined ? {} : { syncEnabled: sync }),
        }
        if (Object.keys(patch).length === 0)
          throw new UsageError('give --name, --timezone, --sync or --no-sync')
        const shop = await services.warehouse.shops.set({ tmId, patch })
        if (json) printJson(shop)
        else print(`Shop ${tmId} was changed.`)
      }),
    )
}
