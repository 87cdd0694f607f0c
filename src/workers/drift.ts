// Drift of TM's fields, reported before numbers change.
// - unknown: kept in `tm_extra` as ever; one row in `tm_field_drift`, and one line from whoever wrote that row first.
// - gone: a field that money hangs on is in no place of the answer. That RO is refused (quarantine), with one alert per
//   field and worker process, until a person decides with `warehouse drift accept` that TM has really dropped it.
// - refused: a field in a form no reader takes; the RO is in quarantine already, this makes the field itself visible.
import { UpstreamChanged } from '../core/errors.ts'
import type { QueueJobContext } from '../core/queue-job.ts'
import type { Services } from '../core/services.ts'
import type { FoundRepairOrder } from '../core/tekmetric/client.ts'
import { fieldOf, goneFields, unknownFields } from '../core/tekmetric/drift.ts'
import { issuesOf } from './refusal.ts'

type Ctx = Pick<QueueJobContext, 'services' | 'log'>

/**
 * Fields this process has reported, by shop and path: it asks the warehouse about each of them once. Whether a field is new
 * is the warehouse's to say. Per services object, so that tests do not share it.
 */
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
  const unknown = unknownFields(read).filter((path) => isNews(ctx, `${shopId} ${path}`))
  if (gone.length === 0 && unknown.length === 0) return
  const { ro } = read
  const fields = [
    ...gone.map((path) => ({ kind: 'gone' as const, path, ro })),
    ...unknown.map((path) => ({ kind: 'unknown' as const, path, ro })),
  ]
  const { fresh, accepted } = await ctx.services.warehouse.quarantine
    .reportDrift({ shopId, fields })
    .catch((error: unknown) => {
      for (const path of unknown) reported.get(ctx.services)?.delete(`${shopId} ${path}`)
      throw error
    })
  for (const path of unknown.filter((one) => fresh.includes(one)))
    ctx.log.warn({ event: 'tekmetric.unknown-field', path }, 'TM sends a field that nobody knows; it is kept')
  const missed = gone.filter((path) => !accepted.includes(path))
  for (const path of missed) alert(ctx, shopId, { path, what: 'gone' })
  refuseWithout(read, missed)
}

/**
 * What `watchFields` decides, without reporting anything: for a look that writes nothing.
 * @throws UpstreamChanged as `watchFields` does
 */
export const checkFields = async (
  { services }: Pick<Ctx, 'services'>,
  shopId: string,
  read: FoundRepairOrder,
): Promise<void> => {
  const gone = goneFields(read)
  if (gone.length === 0) return
  const known = await services.warehouse.quarantine.drift({ shopId })
  const accepted = new Set(known.filter((row) => row.accepted_at !== null).map(({ path }) => path))
  refuseWithout(
    read,
    gone.filter((path) => !accepted.has(path)),
  )
}

const refuseWithout = ({ shopTmId, ro }: FoundRepairOrder, missed: readonly string[]): void => {
  if (missed.length === 0) return
  throw new UpstreamChanged(`TM's answer lacks what money hangs on: ${missed.join(', ')}`, {
    details: { shop: shopTmId, ro, issues: missed.map((path) => ({ path, message: 'is gone' })) },
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
