// Which shops of the source a run is about: those to promote, those promoted before, those that stay behind.
import { PromotionRefused } from './checks.ts'
import type { Client } from './connection.ts'
import type { Promotion } from './record.ts'

export interface SourceShop {
  readonly id: string
  readonly tmId: number
  readonly name: string
}

export interface ShopChoice {
  /** To be promoted now. */
  readonly shops: readonly SourceShop[]
  /** Promoted and verified by an earlier run. */
  readonly alreadyThere: readonly SourceShop[]
  /** Made up, and nobody asked for them. */
  readonly leftBehind: readonly SourceShop[]
  /** The promotion of `shops` that was interrupted. */
  readonly unfinished: Promotion | null
  readonly promotions: readonly Promotion[]
}

export interface ShopWish {
  readonly isMadeUp: (shopTmId: number) => boolean
  readonly allowSimulated: boolean
  readonly restart: boolean
}

const sourceShops = async (source: Client): Promise<SourceShop[]> => {
  const { rows } = await source.query<SourceShop>(
    'select id, tm_id::float8 as "tmId", name from public.shops order by tm_id',
  )
  return rows
}

const listed = (shops: readonly SourceShop[]): string => shops.map(({ tmId }) => tmId).join(', ')

/** Real shops, or with `allowSimulated` the made-up ones; both are never promoted together. */
const wanted = (
  all: readonly SourceShop[],
  { isMadeUp, allowSimulated }: ShopWish,
): readonly SourceShop[] => {
  const madeUp = all.filter(({ tmId }) => isMadeUp(tmId))
  if (allowSimulated && madeUp.length < all.length)
    throw new PromotionRefused(
      `the source also holds real shops (${listed(all.filter((shop) => !madeUp.includes(shop)))}); made-up data never goes beside them, so run promote without --allow-simulated`,
    )
  const chosen = allowSimulated ? madeUp : all.filter((shop) => !madeUp.includes(shop))
  if (chosen.length === 0)
    throw new PromotionRefused(
      all.length === 0
        ? 'the source holds no shop: there is nothing to promote'
        : `all shops of the source (${listed(madeUp)}) are made up by the simulator, and stay here (docs/decisions/0009); for a project that is only for trying out, add --allow-simulated`,
    )
  return chosen
}

/** @throws PromotionRefused when there is nothing to promote, or an unfinished promotion is of other shops */
export const chooseShops = async (
  source: Client,
  promotions: readonly Promotion[],
  wish: ShopWish,
): Promise<ShopChoice> => {
  const all = await sourceShops(source)
  const chosen = wanted(all, wish)
  const finished = new Set(promotions.flatMap((each) => (each.verifiedAt === null ? [] : each.shopIds)))
  const alreadyThere = chosen.filter(({ id }) => finished.has(id))
  const shops = chosen.filter(({ id }) => !finished.has(id))
  const unfinished = promotions.find(({ verifiedAt }) => verifiedAt === null) ?? null
  if (unfinished !== null) requireSameShops(unfinished, { all, shops, restart: wish.restart })
  const leftBehind = all.filter((shop) => !chosen.includes(shop))
  if (wish.restart && unfinished === null)
    throw new PromotionRefused('there is no unfinished promotion to restart; run promote without --restart')
  return { shops, alreadyThere, leftBehind, unfinished, promotions }
}

/** An unfinished promotion is gone on with for exactly its shops, or taken back by the warehouse it came from. */
const requireSameShops = (
  { shopIds, startedAt }: Promotion,
  { all, shops, restart }: { all: readonly SourceShop[]; shops: readonly SourceShop[]; restart: boolean },
): void => {
  if (!shopIds.every((id) => all.some((shop) => shop.id === id)))
    throw new PromotionRefused(
      `the target holds an unfinished promotion of another warehouse, begun ${startedAt}; finish it from there, or promote into another project`,
    )
  if (!restart && (shopIds.length !== shops.length || !shops.every(({ id }) => shopIds.includes(id))))
    throw new PromotionRefused(
      `the source has other shops than when the unfinished promotion began (${startedAt}). Run promote with --restart: it removes what that promotion copied, and only that, and begins anew`,
    )
}
