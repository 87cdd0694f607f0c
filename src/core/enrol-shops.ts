// Makes sure that shops somebody names exist in the warehouse: with TM's name and, when nobody said otherwise,
// the default time zone, which is then asked for in the log because every DATE column depends on it.
import { AppError, UsageError } from './errors.ts'
import type { Logger } from './logger.ts'
import type { Services } from './services.ts'

export interface NamedShop {
  readonly tmId: number
  readonly name: string | null
  readonly timezone: string | null
}

type Needs = Pick<Services, 'warehouse' | 'tekmetric' | 'shops'>

/** Creates the shops that the table lacks. @throws UsageError for a shop that TM does not know either */
export const enrolShops = async (
  services: Needs,
  named: readonly NamedShop[],
  log: Logger,
): Promise<void> => {
  if (named.length === 0) return
  const known = new Set((await services.shops.all()).map((shop) => shop.tmId))
  for (const shop of named) if (!known.has(shop.tmId)) await enrol(services, shop, log)
}

const enrol = async (services: Needs, { tmId, name, timezone }: NamedShop, log: Logger): Promise<void> => {
  const tmName = name ?? (await nameAtTekmetric(services, tmId))
  await services.warehouse.shops.ensure({ tmId, name: tmName, ...(timezone === null ? {} : { timezone }) })
  services.shops.forget()
  if (timezone !== null) return
  log.warn(
    { event: 'shop.created', shop: tmId },
    `shop ${tmId} was created with the default time zone; set it with: warehouse shops set --tm-id ${tmId} --timezone <zone>`,
  )
}

/** TM's name of a shop. The route's shape is unproven, so a shop that has a job board exists even if the route does not. */
const nameAtTekmetric = async ({ tekmetric }: Needs, tmId: number): Promise<string> => {
  try {
    return (await tekmetric.shopInfo({ shopTmId: tmId, lane: 'interactive' })).name
  } catch (error) {
    if (!(error instanceof AppError) || error.failureClass === 'transient') throw error
  }
  try {
    const pages = tekmetric.boardPages({ shopTmId: tmId, board: 'ACTIVE', lane: 'interactive' })
    await pages.next()
    return `Shop ${tmId}`
  } catch (error) {
    if (error instanceof AppError && (error.failureClass === 'gone' || error.failureClass === 'credential'))
      throw new UsageError(`TM does not show shop ${tmId} to this token (${error.message})`, { cause: error })
    throw error
  }
}
