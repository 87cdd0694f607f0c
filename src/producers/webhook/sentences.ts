// What a webhook of TM means: the sentence says what happened, the data which RO it happened to. Only ids leave this file: the
// sentence holds names and e-mail addresses, the data a whole RO, and neither is believed, kept or logged.
import { z } from 'zod'

export const HINT_KINDS = [
  'created',
  'posted',
  'unposted',
  'completed',
  'invoiced',
  'deleted',
  'status-updated',
  'sent-to-receivables',
  'approved',
  'estimate-viewed',
  'inspection-viewed',
  'inspection-complete',
  'payment',
  'purchase-order',
  'appointment',
  'unknown',
] as const
export type HintKind = (typeof HINT_KINDS)[number]

export interface Hint {
  readonly kind: HintKind
  /** TM's id of the RO; null when the data name none. */
  readonly ro: number | null
  readonly roNumber: number | null
  /** TM's shop number; TM leaves it out of payments and sends 0 now and then. */
  readonly shop: number | null
}

/** The first that fits. Those that begin with a person's name come after those that cannot. */
const SENTENCES: readonly (readonly [HintKind, RegExp])[] = [
  ['created', /^repair order #\d+ created\b/i],
  ['posted', /^repair order #\d+ posted\b/i],
  ['unposted', /^repair order #\d+ un-?posted\b/i],
  ['completed', /^repair order #\d+ completed\b/i],
  ['invoiced', /^repair order #\d+ invoiced\b/i],
  ['deleted', /^repair order #\d+ deleted\b/i],
  ['status-updated', /^repair order #\d+ status updated\b/i],
  ['sent-to-receivables', /^repair order #\d+ sent to a\/r\b/i],
  ['payment', /^payment made\b/i],
  ['purchase-order', /^purchase order #\d+ /i],
  ['appointment', /^appointment\b.* (?:created|updated|deleted)\b/i],
  ['inspection-complete', /^inspection marked complete\b/i],
  ['approved', / approved \d+ job\(?s?\)? and declined \d+ job\(?s?\)? for repair order #\d+/i],
  ['estimate-viewed', / viewed estimate for repair order #\d+/i],
  ['inspection-viewed', / viewed their inspection\b/i],
]

/** Of these the data are something else than an RO, and nothing of it is kept here. */
const NOT_OF_AN_RO: ReadonlySet<HintKind> = new Set(['purchase-order', 'appointment'])

const Id = z.int().positive().nullable().catch(null)
const Envelope = z.object({
  event: z.string().catch(''),
  data: z
    .object({ id: Id, repairOrderId: Id, repairOrderNumber: Id, shopId: Id })
    .catch({ id: null, repairOrderId: null, repairOrderNumber: null, shopId: null }),
})

/** Reads a body, whatever it is. */
export const readHint = (body: unknown): Hint => {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return { kind: 'unknown', ro: null, roNumber: null, shop: null }
  const { event, data } = envelope.data
  const kind = SENTENCES.find(([, sentence]) => sentence.test(event))?.[0] ?? 'unknown'
  if (NOT_OF_AN_RO.has(kind)) return { kind, ro: null, roNumber: null, shop: data.shopId }
  const named = /\brepair order #(\d{1,12})\b/i.exec(event)?.[1]
  return {
    kind,
    // A payment and an inspection say whose they are; else the data are the RO, which its number tells.
    ro: data.repairOrderId ?? (data.repairOrderNumber === null ? null : data.id),
    roNumber: data.repairOrderNumber ?? (named === undefined || Number(named) === 0 ? null : Number(named)),
    shop: data.shopId,
  }
}
