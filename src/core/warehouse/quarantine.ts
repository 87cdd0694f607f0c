// What could not be stored: ROs in quarantine with the answers that were refused, and fields of TM that drift.
import { z } from 'zod'
import type { RawPayload } from '../tekmetric/raw-payload.ts'
import { callRpc, readRows, type WarehouseApi } from './rpc.ts'
import { Count, Instant, readAgeMs } from './shapes.ts'

/** A refused answer as the warehouse keeps it. Holds no values of TM's beside `authorizedTotal` and the RO's number. */
export interface Refusal {
  /** One line for people. */
  readonly reason: string
  readonly cause: Readonly<Record<string, unknown>>
  readonly errors: readonly {
    readonly table: string
    readonly tm_id: number | null
    readonly message: string
  }[]
  readonly roNumber: number | null
  /** Cents; null when even that field cannot be read. */
  readonly authorizedTotal: number | null
  /** The answers; null when TM gave none (it refused our request). */
  readonly raw: { readonly payload: RawPayload; readonly hash: string } | null
}

const Quarantined = z.object({
  count: Count,
  withheld_cents: z.int(),
  unknown_amount: Count,
  repair_orders: z.array(
    z.object({
      shop_tm_id: z.int(),
      ro: z.int(),
      ro_number: z.int().nullable(),
      since: Instant,
      refusals: Count,
      reason: z.string(),
      cause: z.record(z.string(), z.unknown()),
      raw_payload_id: z.uuid().nullable(),
      withheld_cents: z.int().nullable(),
    }),
  ),
})
export type Quarantine = z.output<typeof Quarantined>

export interface DriftingField {
  readonly kind: 'unknown' | 'gone' | 'refused'
  /** `estimate.jobs.*.parts.*.retail`. */
  readonly path: string
  /** An RO that shows it. */
  readonly ro: number
}

const DriftRow = z.object({
  kind: z.enum(['unknown', 'gone', 'refused']),
  path: z.string(),
  first_seen_at: Instant,
  last_seen_at: Instant,
  reports: Count,
  ro_tm_id: z.int().nullable(),
  accepted_at: Instant.nullable(),
})

export const quarantineCalls = (api: WarehouseApi) => ({
  /** Puts an RO into quarantine, and fails what was asked for before the read began; `first`: it was not there before. An answer older than the stored RO changes nothing. */
  put: async (refused: {
    shopId: string
    roTmId: number
    runId: string | null
    fetchedAt: string
    refusal: Refusal
  }) => {
    const { reason, cause, errors, roNumber, authorizedTotal, raw } = refused.refusal
    return callRpc(
      api,
      'quarantine_repair_order',
      {
        p_shop_id: refused.shopId,
        p_ro_tm_id: refused.roTmId,
        p_run_id: refused.runId,
        p_fetched_at: refused.fetchedAt,
        p_refusal: {
          reason,
          cause,
          errors,
          ro_number: roNumber,
          authorized_total: authorizedTotal,
          content_hash: raw?.hash ?? null,
          raw: raw === null ? null : { payload: raw.payload },
          read_age_ms: readAgeMs(refused.fetchedAt),
        },
      },
      z.object({ quarantined: z.boolean(), first: z.boolean(), raw_payload_id: z.uuid().nullable() }),
    )
  },

  /** The newest 500 ROs in quarantine and the sums over all; all shops when null. Money in cents. */
  list: ({ shopId }: { shopId: string | null }) =>
    callRpc(api, 'quarantine_of', { p_shop_id: shopId }, Quarantined),

  /** TM's id of an RO in quarantine whose refused answer told this number; null when there is none. */
  find: async ({ shopId, number }: { shopId: string; number: number }) => {
    const rows = await readRows(
      api,
      'ro_quarantine',
      (client, signal) =>
        client
          .from('ro_quarantine')
          .select('ro_tm_id')
          .eq('shop_id', shopId)
          .eq('ro_number', number)
          .order('ro_tm_id', { ascending: false })
          .limit(1)
          .retry(false)
          .abortSignal(signal),
      z.array(z.object({ ro_tm_id: z.int() })),
    )
    return rows[0]?.ro_tm_id ?? null
  },

  /** Counts drifting fields. `fresh`: never reported before; `accepted`: a person decided to do without them. */
  reportDrift: async ({ shopId, fields }: { shopId: string; fields: readonly DriftingField[] }) => {
    const { new: fresh, accepted } = await callRpc(
      api,
      'report_field_drift',
      { p_shop_id: shopId, p_fields: fields },
      z.object({ new: z.array(z.string()), accepted: z.array(z.string()) }),
    )
    return { fresh, accepted }
  },

  /** Drifting fields of a shop, newest report first, at most 500. */
  drift: ({ shopId }: { shopId: string }) =>
    readRows(
      api,
      'tm_field_drift',
      (client, signal) =>
        client
          .from('tm_field_drift')
          .select('kind,path,first_seen_at,last_seen_at,reports,ro_tm_id,accepted_at')
          .eq('shop_id', shopId)
          .order('last_seen_at', { ascending: false })
          .order('path')
          .limit(500)
          .retry(false)
          .abortSignal(signal),
      z.array(DriftRow),
    ),

  /** Decides whether ROs may be stored without a field that is gone. */
  acceptDrift: (field: { shopId: string; path: string; accepted: boolean }) =>
    callRpc(
      api,
      'accept_field_drift',
      { p_shop_id: field.shopId, p_path: field.path, p_accepted: field.accepted },
      z.object({ changed: z.boolean() }),
    ),
})
