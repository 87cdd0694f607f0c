// `warehouse shops add|list|set`: the shops to sync, their names and time zones.
import type { Command } from 'commander'
import { IANAZone } from 'luxon'
import { UsageError } from '../../core/errors.ts'
import { PART_NAMES, partIsOn } from '../../core/features.ts'
import type { Shop } from '../../core/warehouse/warehouse.ts'
import { wholeNumber } from '../arguments.ts'
import { print, printJson, printTable } from '../output.ts'
import { withSession } from '../session.ts'

interface ShopFlags {
  readonly tmId: number
  readonly name?: string
  readonly timezone?: string
  readonly sync?: boolean
  readonly feature?: Readonly<Record<string, boolean>>
}

/** Collects `--feature name=on` and `--feature name=off`. @throws UsageError naming the parts there are */
const featureFlag = (value: string, before: Readonly<Record<string, boolean>> = {}) => {
  const [, name = '', state] = /^([a-z]+)=(on|off)$/.exec(value) ?? []
  if (!(PART_NAMES as readonly string[]).includes(name))
    throw new UsageError(`--feature takes name=on or name=off, with a name of ${PART_NAMES.join(', ')}`)
  return { ...before, [name]: state === 'on' }
}

const partsOff = (shop: Shop): string => PART_NAMES.filter((part) => !partIsOn(shop, part)).join(', ')

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
            { title: 'off', of: partsOff },
            { title: 'sync', of: (s) => (s.syncEnabled ? (s.pausedAt === null ? 'on' : 'paused') : 'off') },
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
    .option(
      '--feature <name=on|off>',
      `switch a part of the product for this shop (may be repeated): ${PART_NAMES.join(', ')}`,
      featureFlag,
    )
    .action((flags: ShopFlags, command: Command) =>
      withSession(command, {}, async ({ program: { services }, json }) => {
        const { tmId, name, timezone, sync, feature } = checked(flags)
        const { features } = await services.shops.byTmId(tmId)
        const patch = {
          ...(name === undefined ? {} : { name }),
          ...(timezone === undefined ? {} : { timezone }),
          ...(sync === undefined ? {} : { syncEnabled: sync }),
          ...(feature === undefined ? {} : { features: { ...features, ...feature } }),
        }
        if (Object.keys(patch).length === 0)
          throw new UsageError('give --name, --timezone, --sync, --no-sync or --feature')
        const shop = await services.warehouse.shops.set({ tmId, patch })
        if (json) printJson(shop)
        else print(`Shop ${tmId} was changed.`)
      }),
    )
}
