// The three answers of one RO read as something the warehouse can keep: without secrets, compressed, as text inside
// JSON (binary columns do not survive every API). What is kept gives the same bundle as what was read: numbers lose
// only their spelling (8907.0 → 8907), which no reader looks at.
import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { UpstreamChanged } from '../errors.ts'
import { withoutSecrets } from './scrub.ts'
import type { FoundRepairOrder } from './types.ts'

/** `off` keeps only what was refused; `sample` also every read of one RO in twenty, always the same ones. */
export type RawPolicy = 'off' | 'sample' | 'all'

export interface RawPayload {
  readonly encoding: 'gzip+base64'
  readonly data: string
  /** Length of the JSON text before compression. */
  readonly bytes: number
}

export interface PackedRead {
  readonly payload: RawPayload
  /** SHA-256 of the JSON text: equal answers, equal hash. */
  readonly hash: string
}

const SAMPLE_SHARE = 20

/** Whether the answers about this RO are kept; depends on nothing but its ids, so a sample has whole histories. */
export const keepsRaw = (policy: RawPolicy, { shop, ro }: { shop: number; ro: number }): boolean => {
  if (policy !== 'sample') return policy === 'all'
  return createHash('sha256').update(`${shop}.${ro}`).digest().readUInt32BE(0) % SAMPLE_SHARE === 0
}

/** A number beyond all numbers (1e999) would become null, and a replay would take for absent what TM sent. */
const finite = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? (value > 0 ? '1e999' : '-1e999') : value

export const packRead = ({ header, estimate, profitLabor, profitMissing }: FoundRepairOrder): PackedRead => {
  const text = JSON.stringify(withoutSecrets({ header, estimate, profitLabor, profitMissing }), finite)
  return {
    payload: {
      encoding: 'gzip+base64',
      data: gzipSync(text).toString('base64'),
      bytes: Buffer.byteLength(text),
    },
    hash: createHash('sha256').update(text).digest('hex'),
  }
}

const payloadSchema = z.object({ encoding: z.literal('gzip+base64'), data: z.string() })
const answersSchema = z.object({
  header: z.unknown(),
  estimate: z.unknown(),
  profitLabor: z.unknown(),
  profitMissing: z.boolean(),
})

/** @throws UpstreamChanged when it is not what `packRead` makes */
export const unpackRead = (
  stored: unknown,
  { shopTmId, ro, fetchedAt }: Pick<FoundRepairOrder, 'shopTmId' | 'ro' | 'fetchedAt'>,
): FoundRepairOrder => {
  const payload = payloadSchema.safeParse(stored)
  const answers = payload.success ? answersSchema.safeParse(textOf(payload.data.data)) : payload
  if (!answers.success || !('header' in answers.data))
    throw new UpstreamChanged('a stored payload cannot be read', { details: { shop: shopTmId, ro } })
  const { header, estimate, profitLabor, profitMissing } = answers.data
  return {
    kind: 'found',
    shopTmId,
    ro,
    header,
    estimate,
    profitLabor: profitLabor ?? null,
    profitMissing,
    fetchedAt,
  }
}

const textOf = (data: string): unknown => {
  try {
    return JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as unknown
  } catch {
    return null
  }
}
