// Requests with an Idempotency-Key and their answers, the acts of operators, and what just happened.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count, Instant } from './shapes.ts'

const Claimed = z.discriminatedUnion('state', [
  z.object({ state: z.literal('new'), claim: z.uuid() }),
  z.object({ state: z.literal('answered'), status: z.int(), answer: z.unknown() }),
  z.object({ state: z.literal('busy') }),
  z.object({ state: z.literal('other') }),
])

/** Which request: whose, its key's SHA-256 in hex. */
export interface RequestKey {
  readonly caller: string
  readonly keyHash: string
}

/** Status of an act whose caller left before the answer: what was asked for happens all the same. */
export const CALLER_LEFT = 499

/** One act of an operator, ids only. */
export interface Act {
  readonly at: string
  readonly actorKind: 'user' | 'key' | 'cli'
  readonly actorId: string
  readonly actorName: string | null
  /** Method and route, or the command. */
  readonly act: string
  readonly shopId: string | null
  readonly target: Readonly<Record<string, unknown>>
  /** HTTP status of the answer, or `CALLER_LEFT`. */
  readonly status: number
  readonly requestId: string
}

const EventPlace = z.object({ at: Instant, event: z.string(), id: z.string() })
/** Where to go on: after a moment, or behind one event of it, since any number may share a moment. */
export type EventPlace = z.output<typeof EventPlace> | { readonly at: string }

const Happened = z.object({
  now: Instant,
  next: EventPlace.nullable(),
  events: z.array(
    z.object({
      event: z.enum(['ro-synced', 'day-changed', 'run']),
      shop_id: z.uuid(),
      shop_tm_id: z.int(),
      at: Instant,
      data: z.record(z.string(), z.unknown()),
    }),
  ),
})
export type WarehouseEvent = z.output<typeof Happened>['events'][number]

export const apiRequestCalls = (api: WarehouseApi) => ({
  /** `new`: do it; `answered`: send that; `busy`: somebody does it now; `other`: the key was used with other parameters. */
  claim: ({ caller, keyHash, fingerprint }: RequestKey & { fingerprint: string }) =>
    callRpc(
      api,
      'claim_api_request',
      { p_caller: caller, p_key_hash: keyHash, p_fingerprint: fingerprint },
      Claimed,
    ),

  /** Keeps the answer; without one (null) the key is given back; after a 5xx the next claim is the same one. */
  settle: async ({ caller, keyHash }: RequestKey, answer: { status: number; body: object } | null) =>
    void (await callRpc(
      api,
      'settle_api_request',
      {
        p_caller: caller,
        p_key_hash: keyHash,
        p_status: answer?.status ?? null,
        p_answer: answer?.body ?? null,
      },
      z.object({ settled: z.boolean() }),
    )),

  /** Appends to the audit log. */
  recordActs: (acts: readonly Act[]) =>
    callRpc(
      api,
      'record_acts',
      {
        p_acts: acts.map((act) => ({
          at: act.at,
          actor_kind: act.actorKind,
          actor_id: act.actorId,
          actor_name: act.actorName,
          act: act.act,
          shop_id: act.shopId,
          target: act.target,
          status: act.status,
          request_id: act.requestId,
        })),
      },
      z.object({ recorded: Count }),
    ),

  /**
   * What happened after a place, oldest first; nothing when there is none (null). `now` is the warehouse's clock, `next` the
   * place of the last one when there may be more.
   */
  events: ({ after, limit }: { after: EventPlace | null; limit: number }) =>
    callRpc(
      api,
      'recent_events',
      {
        p_after: after?.at ?? null,
        p_limit: limit,
        ...(after !== null && 'id' in after ? { p_event: after.event, p_id: after.id } : {}),
      },
      Happened,
    ),
})
