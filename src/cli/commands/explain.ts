// `warehouse explain`: a day taken apart down to its lines, and whether what is printed adds up to the day's row.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import { calendarDay, shopOption, wholeNumber } from '../arguments.ts'
import { printExplanation } from '../explanation-text.ts'
import { printJson } from '../output.ts'
import { knownShop, withSession, type Session } from '../session.ts'
import { refuseFuture } from '../window.ts'

interface ExplainFlags {
  readonly shop: number
  readonly date: string
  readonly ro?: number
}

export const addExplain = (program: Command): void => {
  program
    .command('explain')
    .description('take a day apart: its ROs, their lines, where they came from, and the sum')
    .addOption(shopOption())
    .requiredOption('--date <day>', 'shop-local day', calendarDay('--date'))
    .option('--ro <ro>', "only this RO: its number in the shop, or TM's id", wholeNumber('--ro'))
    .action((flags: ExplainFlags, command: Command) =>
      withSession(command, {}, (session) => explain(session, flags)),
    )
}

const explain = async (session: Session, { shop: shopTmId, date, ro }: ExplainFlags): Promise<void> => {
  const { warehouse, clock } = session.program.services
  const shop = await knownShop(session, shopTmId)
  // Nothing counts there yet, and zeros would look like an answer.
  refuseFuture('--date', date, { timezone: shop.timezone, today: await clock() })
  const roTmId = ro === undefined ? null : await knownRo(session, { shopId: shop.id, shopTmId, ro })
  const explanation = await warehouse.explanations.day({ shopId: shop.id, date, roTmId })
  if (explanation === null) throw new UsageError(`the warehouse has no shop ${shopTmId} any more`)
  if (session.json) printJson(explanation)
  else printExplanation(explanation, shop)
}

const knownRo = async (
  { program }: Session,
  { shopId, shopTmId, ro }: { shopId: string; shopTmId: number; ro: number },
): Promise<number> => {
  const known = await program.services.warehouse.repairOrders.find({ shopId, numberOrTmId: ro })
  if (known === null)
    throw new UsageError(`the warehouse has no RO ${ro} of shop ${shopTmId}; resync it first`)
  return known.tmId
}
