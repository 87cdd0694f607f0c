// What `warehouse promote` does with each table: one decision a table, in the order of their foreign keys. A test holds
// this list against the schema, so a new table cannot be forgotten.

export interface Copied {
  readonly copied: true
  /** Rows a batch, where the usual number would not fit into memory. */
  readonly batchRows?: number
  /** Which rows belong to the shops in $1; default: `shop_id = any($1)`. $2 is when the promotion began. */
  readonly scope?: string
  /** Columns that stay behind, and get their default in the target. */
  readonly without?: readonly string[]
  /** Columns with another value in the target until everything there was verified: column → SQL. */
  readonly until?: Readonly<Record<string, string>>
}

export interface NotCopied {
  readonly copied: false
  /** For people: why, and what takes its place. */
  readonly because: string
}

export type Decision = Copied | NotCopied

/** Whoever works on the target meanwhile leaves a paused shop alone, and a token that works does not open this one. */
const FILLING = {
  promoting: 'true',
  paused_at: 'now()',
  pause_reason: `'warehouse promote is still copying this shop; run it again to finish'`,
} as const

export const DECISIONS = {
  shops: { copied: true, scope: 'id = any($1)', until: FILLING },
  employees: { copied: true },
  customers: { copied: true },
  vehicles: { copied: true },
  repair_orders: { copied: true },
  repair_order_reads: { copied: true },
  repair_order_deletions: { copied: true },
  jobs: { copied: true },
  job_parts: { copied: true },
  job_labor: { copied: true },
  job_sublets: { copied: true },
  job_fees: { copied: true },
  ro_snapshots: { copied: true },
  daily_shop_metrics: { copied: true },
  tech_daily_metrics: { copied: true },
  advisor_daily_metrics: { copied: true },
  // After the snapshots and days whose triggers end a proof: here no proof is there yet when they are copied.
  reconciliations: { copied: true },
  metric_restatements: { copied: true },
  dirty_days: { copied: true },
  sync_cursors: { copied: true },
  // The key names a queue job of the source's queues. A queue job of the target may have the same number, and would
  // take the old run for its own.
  sync_log: { copied: true, without: ['request_key'] },
  sync_run_items: { copied: true },
  backfills: { copied: true },
  backfill_windows: { copied: true },
  // Whole answers of TM: some hundred kilobytes each.
  tm_raw_payloads: { copied: true, batchRows: 25, scope: 'shop_id = any($1) and expires_at > $2' },
  ro_quarantine: { copied: true },
  tm_field_drift: { copied: true },
  user_shop_access: {
    copied: false,
    because: 'users have other ids in the target: access is granted by e-mail address, and verified as such',
  },
  tm_tokens: {
    copied: false,
    because: 'secrets stay where they were entrusted; give them to the target with `warehouse tokens set`',
  },
  machine_keys: {
    copied: false,
    because: 'keys open one installation; make those of the target with `warehouse keys create`',
  },
  canary_passes: {
    copied: false,
    because: 'they say what passed through the queues of the source',
  },
  schedule_pauses: {
    copied: false,
    because:
      'what an operator paused at the source is no wish for the target; see `warehouse schedules list` there',
  },
  api_requests: {
    copied: false,
    because: 'answers to requests that were made to the source, kept for a day',
  },
  audit_log: {
    copied: false,
    because: 'what was done at the source is the history of the source, under its user ids',
  },
} as const satisfies Readonly<Record<string, Decision>>

export const decisionOf = (table: string): Decision | undefined =>
  (DECISIONS as Readonly<Record<string, Decision>>)[table]

/** Tables that are copied, parents first. */
export const copiedTables = (): readonly (Copied & { readonly name: string })[] =>
  Object.entries<Decision>(DECISIONS).flatMap(([name, decision]) =>
    decision.copied ? [{ ...decision, name }] : [],
  )

export const scopeOf = ({ scope = 'shop_id = any($1)' }: Copied): string => scope
