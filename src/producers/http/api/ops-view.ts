// The summary for one caller: what concerns single shops is told of the caller's shops only.
import type { Identity } from '../../../core/auth/auth.ts'
import { roleAt } from '../../../core/auth/identity.ts'
import { opsSummary } from '../../ops-summary.ts'
import { shopOfSchedule } from '../../scheduler.ts'
import { censoredRow, censorText } from '../censor.ts'
import type { ApiParts } from './parts.ts'

/** The store counts calls by slots of a quarter of a second, so what all processes used in a minute stands nowhere. */
const budgetOf = async ({ installation }: ApiParts, shopTmId: number) => {
  const used = await installation.budgetOf(shopTmId)
  return {
    shop_tm_id: shopTmId,
    used_last_minute_by_this_process: used?.usedLastMinute ?? null,
    current_per_minute_to_this_process: used?.currentPerMinute ?? null,
  }
}

/** Reasons are whatever was thrown; those that differ in a secret only are one. */
const byReason = (counts: Readonly<Record<string, number>>): Record<string, number> => {
  const sums: Record<string, number> = {}
  for (const [reason, count] of Object.entries(counts)) {
    const told = censorText(reason)
    sums[told] = (sums[told] ?? 0) + count
  }
  return sums
}

export const summaryFor = async (parts: ApiParts, identity: Identity): Promise<object> => {
  const { services, installation } = parts
  const [{ todos, quarantine, field_drift, failed_by_reason, backlog, ...summary }, shops] =
    await Promise.all([opsSummary(parts), services.shops.all()])
  const mine = new Set(shops.filter(({ id }) => roleAt(identity, id) !== null).map(({ tmId }) => tmId))
  const ofMine = <Row extends { readonly shop_tm_id?: unknown }>(rows: readonly Row[]): Row[] =>
    rows.filter(({ shop_tm_id }) => typeof shop_tm_id === 'number' && mine.has(shop_tm_id))
  return {
    version: installation.version,
    commit: installation.commit,
    service_key_in_use: installation.serviceKeyInUse,
    ...summary,
    backlog: {
      stale_ros: backlog.staleRos,
      dirty_days: backlog.dirtyDays,
      pending_items: backlog.pendingItems,
      open_runs: backlog.openRuns,
      unknown_parties: backlog.unknownParties,
      oldest_mark_at: backlog.oldestMarkAt,
    },
    webhook: parts.hints.counts(),
    last_runs: ofMine(summary.last_runs).map(censoredRow),
    latest_days: ofMine(summary.latest_days),
    paused_shops: ofMine(summary.paused_shops).map(censoredRow),
    deletions_held: ofMine(summary.deletions_held),
    paused_schedules: summary.paused_schedules.filter(({ schedule }) => {
      const shop = shopOfSchedule(schedule)
      return shop === null || mine.has(shop)
    }),
    budget: await Promise.all([...mine].map((shopTmId) => budgetOf(parts, shopTmId))),
    // Sums and sentences over all shops are for those who have all of them.
    ...(identity.everyShop
      ? {
          quarantine,
          field_drift,
          failed_by_reason: byReason(failed_by_reason),
          todos: todos.map(censorText),
        }
      : { todos: [] }),
  }
}
