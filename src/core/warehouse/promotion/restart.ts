// Takes an unfinished promotion back out of the target, and nothing else: when there is a row more of its shops than it
// brought, somebody else works there already and nothing is removed.
import { fingerprint, scopeValues } from './checksum.ts'
import { PromotionRefused } from './checks.ts'
import { inTransaction, type Client } from './connection.ts'
import { forgetPromotion, progressOf, type Promotion } from './record.ts'
import { quoted, type TableShape } from './table-shape.ts'

/** Deletes what the promotion copied, children first, in one transaction. Accounts that it created stay. */
export const takeBack = (
  target: Client,
  shapes: readonly TableShape[],
  promotion: Promotion,
): Promise<void> =>
  inTransaction(target, async () => {
    const progress = await progressOf(target, promotion.id)
    for (const shape of shapes) {
      const { rows } = await fingerprint(target, shape, promotion)
      const copied = progress.get(shape.name)?.copied ?? 0
      if (rows !== copied)
        throw new PromotionRefused(
          `${shape.name} of the target has ${rows} rows of these shops, and promote copied ${copied}: something else works there, so nothing was removed`,
        )
    }
    await target.query('delete from public.user_shop_access where shop_id = any($1)', [promotion.shopIds])
    for (const shape of shapes.toReversed())
      await target.query(
        `delete from public.${quoted(shape.name)} where ${shape.scope}`,
        scopeValues(shape, promotion),
      )
    await forgetPromotion(target, promotion.id)
  })
