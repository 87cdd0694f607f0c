// Copies the shops of one warehouse into the Postgres of a Supabase project: checks, migrates, copies table by table,
// gives users access, compares both sides. The source is read in one snapshot, so it may be written meanwhile; what is
// written later is not part of the promotion. docs/promote.md tells it to operators.
import { AppError } from '../../errors.ts'
import { migrate, type MigrateOptions } from '../migrate.ts'
import { fingerprint, type Fingerprint, type Scope } from './checksum.ts'
import * as checks from './checks.ts'
import { connect, databaseAddress, describeAddress, inTransaction, type Client } from './connection.ts'
import { copyTable } from './copy.ts'
import { copiedTables } from './decisions.ts'
import {
  enterPromotion,
  prepareRecord,
  progressOf,
  promotionsInto,
  targetNow,
  type Promotion,
} from './record.ts'
import { takeBack } from './restart.ts'
import { chooseShops, type ShopChoice, type SourceShop } from './shop-choice.ts'
import { requireSameColumns, shapeOf, type TableShape } from './table-shape.ts'
import { promoteUsers, type UserReport } from './users.ts'
import { compare, finish, type Compared } from './verify.ts'

export type Phase = 'reading' | 'copying' | 'checking'

export interface PromoteOptions {
  /** Role that owns the tables, on both sides. */
  readonly sourceUrl: string
  readonly targetUrl: string
  /** Whether the data of the shop with this TM number is made up. */
  readonly isMadeUp: (shopTmId: number) => boolean
  /** Promotes the made-up shops; without it they stay behind. */
  readonly allowSimulated: boolean
  /** Takes an unfinished promotion back out of the target and begins anew. */
  readonly restart: boolean
  /** Logins that belong to the source alone. */
  readonly usersLeftBehind: readonly string[]
  readonly log: MigrateOptions['log']
  /** Rows done of all, during `copying`; tables during the others. */
  readonly onProgress?: (phase: Phase, table: string, done: number, total: number) => void
  /** Smaller batches; tests use it. */
  readonly batchRows?: number
}

export interface PromotionReport {
  /** Host and database, without user and password. */
  readonly target: string
  readonly shops: readonly SourceShop[]
  readonly alreadyThere: readonly SourceShop[]
  readonly leftBehind: readonly SourceShop[]
  /** Rows copied by this run. */
  readonly copied: number
  readonly resumed: boolean
  readonly tables: readonly Compared[]
  readonly users: readonly UserReport[]
  /** Shops whose token of TM has to be given to the target. */
  readonly tokensToSet: readonly number[]
  readonly equal: boolean
  /** When an earlier run had finished all of it; null when this one did the work. */
  readonly finishedBefore: string | null
}

interface Work extends PromoteOptions {
  readonly source: Client
  readonly target: Client
  readonly choice: ShopChoice
  readonly shapes: readonly TableShape[]
}

/**
 * Promotes, or goes on with a promotion that was interrupted, or compares again when it is finished.
 * @throws PromotionRefused before anything is written; AppError `PROMOTE_CONFLICT` when something else writes in the target
 */
export const promote = async (options: PromoteOptions): Promise<PromotionReport> => {
  const targetUrl = databaseAddress(options.targetUrl)
  const source = await connect(options.sourceUrl, 'source')
  try {
    const target = await connect(targetUrl, 'target')
    try {
      return await promoteBetween({ ...options, targetUrl }, source, target)
    } catch (error) {
      throw error instanceof AppError ? error : interrupted(error)
    } finally {
      await target.end().catch(() => undefined)
    }
  } finally {
    await source.end().catch(() => undefined)
  }
}

const interrupted = (cause: unknown): AppError =>
  new AppError(
    'transient',
    'PROMOTE_INTERRUPTED',
    `promote stopped: ${cause instanceof Error ? cause.message : String(cause)}. What was copied stays in the target; run promote again to go on`,
    { cause },
  )

const promoteBetween = async (
  options: PromoteOptions,
  source: Client,
  target: Client,
): Promise<PromotionReport> => {
  await checks.requireTwoDatabases(source, target)
  await checks.requireSupabase(target)
  await checks.requireCurrentSource(source)
  await checks.requireOwner(source, 'source')
  await checks.takeTarget(target)
  await checks.requireMigratableTarget(target)
  await source.query('begin isolation level repeatable read read only')
  const choice = await chooseShops(source, await promotionsInto(target), options)
  await refuseUnsuitable(target, choice, options)
  await migrate({ databaseUrl: options.targetUrl, log: options.log })
  await checks.requireOwner(target, 'target')
  await prepareRecord(target)
  const shapes: TableShape[] = []
  for (const table of copiedTables()) shapes.push(await shapeOf(source, table, options.batchRows))
  for (const shape of shapes) await requireSameColumns(target, shape)
  const work = { ...options, source, target, choice, shapes }
  return choice.shops.length === 0 ? compareAgain(work) : carryOut(work)
}

const refuseUnsuitable = async (
  target: Client,
  { promotions, shops, alreadyThere }: ShopChoice,
  { allowSimulated }: PromoteOptions,
): Promise<void> => {
  const brought = new Set(promotions.flatMap(({ shopIds }) => shopIds))
  const simulated = new Set(promotions.filter((each) => each.simulated).flatMap(({ shopIds }) => shopIds))
  await checks.requireUnknownShops(target, [...shops, ...alreadyThere], brought)
  if (shops.length > 0) await checks.requireOneKind(target, allowSimulated, simulated)
}

/** Counts and sums the source's snapshot. */
const readSource = async (work: Work, scope: Scope): Promise<Map<string, Fingerprint>> => {
  const found = new Map<string, Fingerprint>()
  for (const [i, shape] of work.shapes.entries()) {
    work.onProgress?.('reading', shape.name, i, work.shapes.length)
    found.set(shape.name, await fingerprint(work.source, shape, scope))
  }
  return found
}

/** The promotion to work on: the unfinished one, if it is of the source as it is now, or a new one. */
const openPromotion = async (
  work: Work,
): Promise<{ promotion: Promotion; expected: Map<string, Fingerprint>; resumed: boolean }> => {
  const { target, choice, restart } = work
  const unfinished = choice.unfinished
  if (unfinished !== null && restart) await takeBack(target, work.shapes, unfinished)
  else if (unfinished !== null) {
    const expected = await readSource(work, unfinished)
    await refuseChangedSource(target, unfinished, expected)
    return { promotion: unfinished, expected, resumed: true }
  }
  const scope = { shopIds: choice.shops.map(({ id }) => id), startedAt: await targetNow(target) }
  const expected = await readSource(work, scope)
  const simulated = work.allowSimulated
  const promotion = await inTransaction(target, () =>
    enterPromotion(target, { ...scope, simulated }, expected),
  )
  return { promotion, expected, resumed: false }
}

/** What was copied before the interruption would not fit what is copied now. */
const refuseChangedSource = async (
  target: Client,
  { id, startedAt }: Promotion,
  now: ReadonlyMap<string, Fingerprint>,
): Promise<void> => {
  const before = await progressOf(target, id)
  const changed = [...now].filter(([table, { checksum }]) => before.get(table)?.checksum !== checksum)
  if (changed.length > 0)
    throw new checks.PromotionRefused(
      `the source has changed since the unfinished promotion began (${startedAt}), in ${changed.map(([table]) => table).join(', ')}. Run promote with --restart: it removes what that promotion copied, and only that, and begins anew`,
    )
}

const carryOut = async (work: Work): Promise<PromotionReport> => {
  const { source, target, shapes, choice, onProgress } = work
  const { promotion, expected, resumed } = await openPromotion(work)
  const before = await progressOf(target, promotion.id)
  const total = [...expected.values()].reduce((sum, { rows }) => sum + rows, 0)
  let done = [...before.values()].reduce((sum, progress) => sum + progress.copied, 0)
  let copied = 0
  for (const shape of shapes) {
    const progress = before.get(shape.name)
    if (progress === undefined) throw new Error(`${shape.name} has no entry in the promotion`)
    const onBatch = (rows: number): void => onProgress?.('copying', shape.name, (done += rows), total)
    copied += await copyTable({ source, target, shape, promotion, progress, onBatch })
  }
  const users = await promoteUsers({ source, target, promotion, except: work.usersLeftBehind })
  const tables = await finish(comparisonOf(work, promotion, [promotion.id], expected), promotion)
  return reportOf(work, { copied, resumed, tables, users, shops: choice.shops, finishedBefore: null })
}

/** Everything was promoted before: nothing is copied, late accounts get their access, and both sides are compared. */
const compareAgain = async (work: Work): Promise<PromotionReport> => {
  const { source, target, choice } = work
  const ids = new Set(choice.alreadyThere.map(({ id }) => id))
  const finished = choice.promotions.filter(({ shopIds }) => shopIds.some((id) => ids.has(id)))
  const users: UserReport[] = []
  for (const promotion of finished)
    users.push(...(await promoteUsers({ source, target, promotion, except: work.usersLeftBehind })))
  const latest = finished.at(-1)
  const scope = { shopIds: [...ids], startedAt: latest?.startedAt ?? (await targetNow(target)) }
  const expected = await readSource(work, scope)
  const promotionIds = finished.map(({ id }) => id)
  const tables = await compare(comparisonOf(work, scope, promotionIds, expected))
  const finishedBefore = latest?.verifiedAt ?? null
  return reportOf(work, { copied: 0, resumed: false, tables, users, shops: [], finishedBefore })
}

const comparisonOf = (
  { source, target, shapes, onProgress }: Work,
  scope: Scope,
  promotionIds: readonly string[],
  expected: ReadonlyMap<string, Fingerprint>,
) => {
  let done = 0
  const onTable = (table: string): void => onProgress?.('checking', table, (done += 1), shapes.length)
  return { source, target, shapes, scope, promotionIds, expected, onTable }
}

const reportOf = async (
  { source, choice, targetUrl }: Work,
  result: Pick<PromotionReport, 'copied' | 'resumed' | 'tables' | 'users' | 'shops' | 'finishedBefore'>,
): Promise<PromotionReport> => {
  const { rows } = await source.query<{ tm_id: string }>(
    `select s.tm_id from public.tm_tokens t join public.shops s on s.id = t.shop_id where s.id = any($1) order by 1`,
    [result.shops.map(({ id }) => id)],
  )
  return {
    ...result,
    target: describeAddress(targetUrl),
    alreadyThere: choice.alreadyThere,
    leftBehind: choice.leftBehind,
    tokensToSet: rows.map((row) => Number(row.tm_id)),
    equal: result.tables.every(({ equal }) => equal),
  }
}
