// A shop's employees must be known before its ROs: labor cost is fixed with the line at the time of the fetch,
// and falls back to the shop's mean rate (metrics.md). A shop never synced before gets its employees first.
import type { QueueJobContext } from '../core/queue-job.ts'
import type { Services } from '../core/services.ts'

/** Shops this process has seen with employees; per services object, so that tests and processes do not share it. */
const known = new WeakMap<Services, Set<string>>()

type Ctx = Pick<QueueJobContext, 'services' | 'signal'>

/** Reads TM's list of a shop's employees and writes it, for a run if there is one. @returns the counts of the write */
export const readAndWriteEmployees = async (
  { services, signal }: Ctx,
  shopTmId: number,
  runId: string | null = null,
) => {
  const shop = await services.shops.byTmId(shopTmId)
  const startedAt = new Date().toISOString()
  const rows = await services.tekmetric.employees({ shopTmId, signal })
  const counts = await services.warehouse.employees.upsert({ shopId: shop.id, rows, runId })
  const cursor = await services.warehouse.cursors.get({ shopId: shop.id, entityType: 'employees' })
  await services.warehouse.cursors.advance({
    shopId: shop.id,
    entityType: 'employees',
    expected: cursor?.cursor ?? null,
    next: startedAt,
    state: { employees: rows.length },
  })
  return { fetched: rows.length, ...counts }
}

/** Syncs the employees of a shop that never had them synced; costs one round trip per shop and process otherwise. */
export const ensureEmployees = async (ctx: Ctx, shopTmId: number): Promise<void> => {
  const seen = known.get(ctx.services) ?? new Set<string>()
  known.set(ctx.services, seen)
  const shop = await ctx.services.shops.byTmId(shopTmId)
  if (seen.has(shop.id)) return
  const cursor = await ctx.services.warehouse.cursors.get({ shopId: shop.id, entityType: 'employees' })
  if (cursor === null) await readAndWriteEmployees(ctx, shopTmId)
  seen.add(shop.id)
}
