// Customers and vehicles: the lists, and those that are known only by what an RO says of them.
import { z } from 'zod'
import type { CustomerRow, VehicleRow } from '../tekmetric/schema-people.ts'
import { upsertListed, type ListedRows } from './listed-rows.ts'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count } from './shapes.ts'

export const PARTY_KINDS = ['customers', 'vehicles'] as const
export type PartyKind = (typeof PARTY_KINDS)[number]

const Unknown = z.object({
  unlisted: Count,
  fresh: Count,
  tm_ids: z.array(z.int()),
  list_pages: Count.nullable(),
})

const toUnknown = ({ unlisted, fresh, tm_ids, list_pages }: z.output<typeof Unknown>) => ({
  /** Older than the last complete list, which did not show them. */
  unlisted,
  /** Named since the last complete list (or there was none). */
  fresh,
  /** The oldest of both. */
  tmIds: tm_ids,
  /** Calls the last complete list took; null when there was none. */
  listPages: list_pages,
})
export type UnknownParties = ReturnType<typeof toUnknown>

export const customerCalls = (api: WarehouseApi) => ({
  upsert: (list: ListedRows<CustomerRow>) => upsertListed(api, 'upsert_customers', list),
})

export const vehicleCalls = (api: WarehouseApi) => ({
  upsert: (list: ListedRows<VehicleRow>) => upsertListed(api, 'upsert_vehicles', list),
})

export const partyCalls = (api: WarehouseApi) => ({
  /** Placeholders that nobody asked TM for by id yet; at most `limit` ids of each kind. */
  unknown: async ({ shopId, limit }: { shopId: string; limit: number }) => {
    const answer = await callRpc(
      api,
      'unknown_parties',
      { p_shop_id: shopId, p_limit: limit },
      z.object({ customers: Unknown, vehicles: Unknown }),
    )
    return { customers: toUnknown(answer.customers), vehicles: toUnknown(answer.vehicles) }
  },

  /** TM was asked for them by id in vain: they are not asked for again. */
  markLookedUp: ({ shopId, kind, tmIds }: { shopId: string; kind: PartyKind; tmIds: readonly number[] }) =>
    callRpc(
      api,
      'mark_parties_looked_up',
      { p_shop_id: shopId, p_kind: kind, p_tm_ids: tmIds },
      z.object({ marked: Count }),
    ),
})
