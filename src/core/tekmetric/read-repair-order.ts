// The authoritative read of one RO: header, then estimate, then profit/labor if some job is authorized.
// The header comes first on purpose: when TM changes the RO in between, we hold the older `updatedDate` with newer
// lines, and the next listing finds the RO again. The other way round the change would be lost.
// Any failure throws, and then nothing of this RO may be written.
import { UpstreamDown } from '../errors.ts'
import { routeTo } from './routes.ts'
import { decisionOf, headerSchema } from './schemas.ts'
import { DELETED, sentStatus } from './statuses.ts'
import type { Transport } from './transport.ts'
import type { CallOptions, RepairOrderRead } from './types.ts'

export interface ReadRepairOrderInput extends CallOptions {
  readonly ro: number
}

/**
 * At most three calls: two are taken out of the budget at once, the third follows ahead of everybody else.
 *
 * - 404 on the header route (the one that names the shop): `missing`. Two such passes make a deletion.
 * - 404 on the estimate: a fault of the moment, because the header has just said that the RO exists; UpstreamDown.
 *   Only when that header says DELETED the answer is `deleted`, or the RO could never leave the metrics.
 * - 404 on profit/labor: `found` with `profitMissing`, and the line items stand in (metrics.md).
 *
 * What the answers mean is judged by `normalizeRepairOrder`, so that a refused answer is at hand for diagnosis.
 */
export const readRepairOrder = async (
  transport: Transport,
  input: ReadRepairOrderInput,
): Promise<RepairOrderRead> => {
  const { shopTmId, ro, lane, signal } = input
  const call = { shopTmId, lane, signal }
  await transport.reserve({ ...call, calls: 2 })
  const fetchedAt = new Date().toISOString()
  const header = await transport.askOrGone({
    ...call,
    route: routeTo('header', { params: { shop: shopTmId, ro } }),
    paid: true,
  })
  if (header.gone) return { kind: 'missing', shopTmId, ro, fetchedAt }
  const estimate = await readEstimate(transport, input, header.answer)
  if (estimate === GONE) return { kind: 'deleted', shopTmId, ro, ...datesOf(header.answer), fetchedAt }
  const base = { kind: 'found', shopTmId, ro, header: header.answer, estimate, fetchedAt } as const
  if (!hasAuthorizedJob(estimate)) return { ...base, profitLabor: null, profitMissing: false }
  const profit = await transport.askOrGone({
    ...call,
    route: routeTo('profitLabor', { params: { ro } }),
    continues: true,
  })
  return { ...base, profitLabor: profit.gone ? null : profit.answer, profitMissing: profit.gone }
}

const GONE = Symbol('gone')

const readEstimate = async (
  transport: Transport,
  { shopTmId, ro, lane, signal }: ReadRepairOrderInput,
  header: unknown,
): Promise<unknown> => {
  const route = routeTo('estimate', { params: { ro } })
  const estimate = await transport.askOrGone({ shopTmId, lane, signal, route, paid: true })
  if (!estimate.gone) return estimate.answer
  if (isDeleted(header)) return GONE
  throw new UpstreamDown(`TM has the RO but not its estimate on ${route.template}`, {
    details: { shop: shopTmId, route: route.template, status: 404, ro },
  })
}

const isDeleted = (header: unknown): boolean => {
  const parsed = headerSchema.safeParse(header)
  return parsed.success && sentStatus(parsed.data)?.id === DELETED
}

const datesOf = (header: unknown) => {
  const { data } = headerSchema.safeParse(header)
  return { updatedDate: data?.updatedDate ?? null, deletedDate: data?.deletedDate ?? null }
}

/** Only a hint for what to ask next: the schemas judge the same answer strictly afterwards. */
const hasAuthorizedJob = (estimate: unknown): boolean => {
  if (typeof estimate !== 'object' || estimate === null) return false
  const { jobs, repairOrderJobs } = estimate as Readonly<Record<string, unknown>>
  const list = Array.isArray(jobs) ? jobs : repairOrderJobs
  return Array.isArray(list) && list.some(isAuthorized)
}

const isAuthorized = (job: unknown): boolean => {
  if (typeof job !== 'object' || job === null) return false
  const decision = decisionOf(job)
  return decision === true || decision === 1 || (typeof decision === 'string' && decision === 'true')
}
