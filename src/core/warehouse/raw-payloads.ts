// Stored answers of TM, read for a replay.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Instant } from './shapes.ts'

const Stored = z.array(
  z.object({
    id: z.uuid(),
    ro: z.int(),
    fetched_at: Instant,
    cause: z.record(z.string(), z.unknown()).nullable(),
    payload: z.unknown(),
  }),
)
export type StoredRead = z.output<typeof Stored>[number]

/** Payloads are some tens of kilobytes each. */
const PAGE = 50

export interface WhichReads {
  readonly shopId: string
  readonly roTmId: number | null
  /** Only ROs read at or after this instant. */
  readonly since: string | null
  /** Refused answers too: worth a try with a release that understands more. */
  readonly refused: boolean
}

export const rawPayloadCalls = (api: WarehouseApi) => ({
  /** The newest stored answers of each RO, by TM id, page by page. */
  newest: async function* ({
    shopId,
    roTmId,
    since,
    refused,
  }: WhichReads): AsyncGenerator<readonly StoredRead[], void> {
    let after = 0
    for (;;) {
      const rows = await callRpc(
        api,
        'list_raw_payloads',
        {
          p_shop_id: shopId,
          p_ro_tm_id: roTmId,
          p_since: since,
          p_refused: refused,
          p_after: after,
          p_limit: PAGE,
        },
        Stored,
      )
      if (rows.length > 0) yield rows
      if (rows.length < PAGE) return
      after = rows.at(-1)?.ro ?? after
    }
  },
})
