// Drift of TM's fields, reported before numbers change.
// - unknown: kept in `tm_extra` as ever; one line per field and worker process, and a row in `tm_field_drift`.
// - gone: a field that money hangs on is in no place of the answer. That RO is refused (quarantine), with one alert per
//   field, until a person decides with `warehouse drift accept` that TM has really dropped it.
// - refused: a field in a form no reader takes; the RO is in quarantine already, this makes the field itself visible.
import { UpstreamChanged } from '../core/errors.ts'
import type { QueueJobContext } from '../core/queue-job.ts'
import type { Services } from '../core/services.ts'
import type { FoundRepairOrder } from '../core/tekmetric/client.ts'
import { fieldOf, goneFields, unknownFields } from '../core/tekmetric/drift.ts'
import { issuesOf } from './refusal.ts'

type Ctx = Pick<QueueJobContext, 'services' | 'log'>

/** Fields this process has reported, by shop and path; per services object, so that tests do not share it. */
const reported = new WeakMap<Services, Set<string>>()

const isNews = ({ services }: Ctx, key: string): boolean => {
  const known = reported.get(services) ?? new Set<string>()
  reported.set(services, known)
  if (known.has(key)) return false
  known.add(key)
  return true
}

/**
 * Looks at the shape of an answer before it is translated.
 * @throws UpstreamChanged when a field that money hangs on is gone and nobody has accepted that
 */
export const watchFields = async (ctx: Ctx, shopId: string, read: FoundRepairOrder): Promise<void> => {
  const gone = goneFields(read)
  const fresh = unknownFields(read).filter((path) => isNews(ctx, `${shopId} ${path}`))
  if (gone.length === 0 && fresh.length === 0) return
  const { ro } = read
  const { accepted } = await ctx.services.warehouse.quarantine.reportDrift({
    shopId,
    fields: [
      ...gone.map((path) => ({ kind: 'gone' as const, path, ro })),
      ...fresh.map((path) => ({ kind: 'unknown' as const, path, ro })),
    ],
  })
  for (const path of fresh)
    ctx.log.warn({ event: 'tekmetric.unknown-field', path }, 'TM sends a field that nobody knows; it is kept')
  const missed = gone.filter((path) => !accepted.includes(path))
  for (const path of missed) alert(ctx, shopId, { path, what: 'gone' })
  if (missed.length > 0)
    throw new UpstreamChanged(`TM's answer lacks what money hangs on: ${missed.join(', ')}`, {
      details: { shop: read.shopTmId, ro, issues: missed.map((path) => ({ path, message: 'is gone' })) },
    })
}

/** Makes the fields visible that a refusal names. */
export const reportRefusedFields = async (ctx: Ctx, shopId: string, ro: number, error: unknown) => {
  const paths = [
    ...new Set(
      issuesOf(error)
        .filter(({ message }) => message !== 'is gone')
        .map(({ path }) => fieldOf(path)),
    ),
  ]
  if (paths.length === 0) return
  const fields = paths.map((path) => ({ kind: 'refused' as const, path, ro }))
  await ctx.services.warehouse.quarantine.reportDrift({ shopId, fields })
  for (const path of paths) alert(ctx, shopId, { path, what: 'refused' })
}

const alert = (
  ctx: Ctx,
  shopId: string,
  { path, what }: { path: string; what: 'gone' | 'refused' },
): void => {
  if (!isNews(ctx, `${shopId} ${what} ${path}`)) return
  ctx.log.error(
    { event: 'tekmetric.field-drift', path, drift: what },
    `a field of TM's answers is ${what}: the ROs concerned are in quarantine`,
  )
}
