// Cursors of listings: read, and moved by compare-and-set, never back.
import { z } from 'zod'
import { callRpc, readRows, type WarehouseApi } from './rpc.ts'
import { Instant } from './shapes.ts'

const State = z.record(z.string(), z.unknown())

export const cursorCalls = (api: WarehouseApi) => ({
  /** Null when nothing was ever listed. `cursor` keeps its microseconds: pass it back as it came. */
  get: async ({ shopId, entityType }: { shopId: string; entityType: string }) => {
    const [row] = await readRows(
      api,
      'sync_cursors',
      (client, signal) =>
        client
          .from('sync_cursors')
          .select('cursor_at,state')
          .eq('shop_id', shopId)
          .eq('entity_type', entityType)
          .retry(false)
          .abortSignal(signal),
      z.array(z.object({ cursor_at: Instant.nullable(), state: State })),
    )
    return row === undefined ? null : { cursor: row.cursor_at, state: row.state }
  },

  /** Moves the cursor from `expected` to `next`; `advanced` false when another was faster or it would go back. */
  advance: (move: {
    shopId: string
    entityType: string
    expected: string | null
    next: string
    state: Readonly<Record<string, unknown>>
  }) =>
    callRpc(
      api,
      'advance_cursor',
      {
        p_shop_id: move.shopId,
        p_entity_type: move.entityType,
        p_expected: move.expected,
        p_next: move.next,
        p_state: move.state,
      },
      z.object({ advanced: z.boolean(), cursor: Instant.nullable() }),
    ),
})
