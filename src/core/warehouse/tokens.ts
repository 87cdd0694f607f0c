// TM's tokens of shops: stored, listed without their values, and read by the one who calls TM.
import { z } from 'zod'
import { callRpc, readRows, type WarehouseApi } from './rpc.ts'
import { Instant } from './shapes.ts'

const Listed = z.array(z.object({ shop_tm_id: z.int(), updated_at: Instant, expires_at: Instant.nullable() }))

export const tokenCalls = (api: WarehouseApi) => ({
  /** Stores the shop's own token, which wins over the common one. */
  set: async (entry: { shopId: string; token: string; expiresAt: string | null }) => {
    const { replaced } = await callRpc(
      api,
      'set_shop_token',
      { p_shop_id: entry.shopId, p_token: entry.token, p_expires_at: entry.expiresAt },
      z.object({ replaced: z.boolean() }),
    )
    return { replaced }
  },

  /** Shops with a token of their own, by number; never the token. */
  list: async () =>
    (await callRpc(api, 'list_shop_tokens', {}, Listed)).map((row) => ({
      shopTmId: row.shop_tm_id,
      updatedAt: row.updated_at,
      expiresAt: row.expires_at,
    })),

  /** The shop's own token; null when it has none. A secret. */
  read: async ({
    shopId,
  }: {
    shopId: string
  }): Promise<{ token: string; expiresAt: string | null } | null> => {
    const [row] = await readRows(
      api,
      'tm_tokens',
      (client, signal) =>
        client
          .from('tm_tokens')
          .select('token,expires_at')
          .eq('shop_id', shopId)
          .retry(false)
          .abortSignal(signal),
      z.array(z.object({ token: z.string(), expires_at: Instant.nullable() })),
    )
    return row === undefined ? null : { token: row.token, expiresAt: row.expires_at }
  },
})
