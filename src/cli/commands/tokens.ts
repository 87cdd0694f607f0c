// `warehouse tokens set|list`: TM's token of a shop. It is read from standard input, never from the command line, which
// every process of the machine can see, and it is never printed.
import type { Command } from 'commander'
import { AppError, UsageError } from '../../core/errors.ts'
import { readToken } from '../../core/tekmetric/tokens.ts'
import { shopOption } from '../arguments.ts'
import { fromNow, print, printJson, printTable } from '../output.ts'
import { readSecret } from '../secret-input.ts'
import { knownShop, withSession, type Session } from '../session.ts'

export const addTokens = (program: Command): void => {
  const tokens = program.command('tokens').description("TM's tokens of the shops")
  tokens
    .command('set')
    .description('store the token of a shop, read from standard input')
    .addOption(shopOption())
    .action((flags: { readonly shop: number }, command: Command) =>
      withSession(command, { enrols: false }, (session) => setToken(session, flags.shop)),
    )
  tokens
    .command('list')
    .description('which shops have a token of their own, how old it is and when it expires')
    .action((_options, command: Command) => withSession(command, { enrols: false }, listTokens))
}

const setToken = async (session: Session, shopTmId: number): Promise<void> => {
  const { services } = session.program
  const given = readToken(await readSecret(`Token of shop ${shopTmId} (it is not shown): `))
  if (given === null)
    throw new UsageError(
      'standard input holds no token; for example: warehouse tokens set --shop 4321 < token.txt',
    )
  const shopId = await shopIdFor(session, shopTmId)
  const { replaced } = await services.warehouse.tokens.set({ shopId, ...given })
  services.shops.forget()
  const accepted = await isAccepted(session, shopTmId)
  // It is stored, but what was asked for, a token that works, is not there.
  if (!accepted) process.exitCode = 1
  const resumed = accepted && (await services.warehouse.shops.resume({ shopId })).changed
  if (session.json)
    return printJson({ shop: shopTmId, replaced, expiresAt: given.expiresAt, accepted, resumed })
  print(`The token of shop ${shopTmId} was ${replaced ? 'replaced' : 'stored'}.`)
  print(
    accepted
      ? 'TM accepts it.'
      : 'TM refuses it, or could not be reached: the shop pauses until a token works.',
  )
  print('Running processes use it within five minutes, a paused shop within one.')
  if (resumed) print('The shop was paused and goes on now.')
}

/**
 * A shop that the settings name and the warehouse lacks cannot be asked for at TM without its token, so it is made under
 * its number; any other unknown number is a typo. @throws UsageError naming the known shops
 */
const shopIdFor = async (session: Session, tmId: number): Promise<string> => {
  const { shops, warehouse } = session.program.services
  const isStored = (await shops.all()).some((shop) => shop.tmId === tmId)
  if (!isStored && session.config.tekmetric.shopIds?.includes(tmId) === true)
    return (await warehouse.shops.ensure({ tmId, name: `Shop ${tmId}` })).shopId
  return (await knownShop(session, tmId)).id
}

/** One cheap call with the new token. */
const isAccepted = async ({ program }: Session, shopTmId: number): Promise<boolean> => {
  try {
    await program.services.tekmetric.checkToken({ shopTmId, lane: 'interactive' })
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

const listTokens = async ({ program, json }: Session): Promise<void> => {
  const rows = await program.services.warehouse.tokens.list()
  if (json) return printJson(rows)
  printTable(
    [
      { title: 'shop', of: (row) => String(row.shopTmId), right: true },
      { title: 'set', of: (row) => fromNow(row.updatedAt) },
      { title: 'expires', of: (row) => (row.expiresAt === null ? 'unknown' : fromNow(row.expiresAt)) },
    ],
    rows,
  )
}
