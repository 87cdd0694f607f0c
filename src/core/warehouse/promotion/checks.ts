// What promote refuses before it writes anything, each with what to do about it.
import { randomInt } from 'node:crypto'
import { AppError } from '../../errors.ts'
import { migrationsFolder, versionedFiles } from '../migration-files.ts'
import type { Client } from './connection.ts'
import { DECISIONS } from './decisions.ts'

/** The promotion cannot be done as things stand; nothing was written. */
export class PromotionRefused extends AppError {
  constructor(message: string) {
    super('data', 'PROMOTE_REFUSED', message)
  }
}

/** Any number will do, as long as nothing else in the database takes it. */
const LOCK = 7_236_401_519
/** A killed promote holds its lock until the server notices. */
const LOCK_WAIT = '20s'
const LOCK_TIMED_OUT = '55P03'

const truth = async (
  client: Client,
  expression: string,
  values: readonly unknown[] = [],
): Promise<boolean> => {
  const { rows } = await client.query<{ truth: boolean }>(`select (${expression}) as truth`, [...values])
  return rows[0]?.truth === true
}

/** A lock that one side holds and the other cannot get proves that both are one database, whatever their addresses. */
export const requireTwoDatabases = async (source: Client, target: Client): Promise<void> => {
  const [key, other] = [randomInt(2 ** 31), randomInt(2 ** 31)]
  await source.query('select pg_advisory_lock($1::int, $2::int)', [key, other])
  const apart = await truth(target, 'pg_try_advisory_lock($1::int, $2::int)', [key, other])
  await source.query('select pg_advisory_unlock($1::int, $2::int)', [key, other])
  if (!apart) throw new PromotionRefused('source and target are the same database; name another with --to')
  await target.query('select pg_advisory_unlock($1::int, $2::int)', [key, other])
}

/** One promote at a time works on a target; the lock ends with the connection. */
export const takeTarget = async (target: Client): Promise<void> => {
  await target.query(`set lock_timeout to '${LOCK_WAIT}'`)
  try {
    await target.query(`select pg_advisory_lock(${LOCK})`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === LOCK_TIMED_OUT)) throw error
    throw new PromotionRefused('another promote is at work on this target; wait until it has ended')
  }
  await target.query('set lock_timeout to 0')
}

/** The target must look like a Supabase project, or the migrations would fail half-way with a message of the database's. */
export const requireSupabase = async (target: Client): Promise<void> => {
  const { rows } = await target.query<{ name: string }>(
    `select name from unnest(array['anon', 'authenticated', 'service_role']) as wanted (name)
      where not exists (select from pg_roles where rolname = name)
     union all select 'auth.uid()' where to_regprocedure('auth.uid()') is null
     union all select 'auth.users' where to_regclass('auth.users') is null`,
  )
  if (rows.length > 0)
    throw new PromotionRefused(
      `the target is no Supabase project: it lacks ${rows.map(({ name }) => name).join(', ')}`,
    )
  if (
    !(await truth(
      target,
      `has_database_privilege(current_database(), 'create') and has_schema_privilege('public', 'create')`,
    ))
  )
    throw new PromotionRefused(
      'this role may not create schemas and tables in the target; connect as the role that owns the database (on Supabase: postgres)',
    )
  if (!(await truth(target, `current_setting('server_encoding') = 'UTF8'`)))
    throw new PromotionRefused('the target does not store UTF-8; create a database that does')
}

const appliedTo = async (client: Client): Promise<string[] | null> => {
  if (!(await truth(client, `to_regclass('warehouse_migrations.versions') is not null`))) return null
  const { rows } = await client.query<{ name: string }>(
    'select name from warehouse_migrations.versions order by id',
  )
  return rows.map(({ name }) => name)
}

/** The source is of exactly this release; the embedded stack sees to that whenever it starts. */
export const requireCurrentSource = async (source: Client): Promise<void> => {
  const applied = new Set(await appliedTo(source))
  const missing = versionedFiles(migrationsFolder()).filter(({ name }) => !applied.delete(name))
  if (missing.length > 0 || applied.size > 0)
    throw new PromotionRefused(
      'the source is of another release; run `warehouse migrate` on it with this release first',
    )
}

/** The target may be empty or older. */
export const requireMigratableTarget = async (target: Client): Promise<void> => {
  const applied = await appliedTo(target)
  if (applied === null) return refuseForeignTables(target)
  const known = new Set(versionedFiles(migrationsFolder()).map(({ name }) => name))
  const newer = applied.filter((name) => !known.has(name))
  if (newer.length > 0)
    throw new PromotionRefused(
      `the target has migrations of a newer release (${newer.join(', ')}); promote with that release`,
    )
}

const refuseForeignTables = async (target: Client): Promise<void> => {
  const { rows } = await target.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') and relname = any($1)
      order by 1`,
    [Object.keys(DECISIONS)],
  )
  if (rows.length > 0)
    throw new PromotionRefused(
      `the target has tables of these names that are not ours: ${rows.map(({ name }) => name).join(', ')}; promote into another project`,
    )
}

/** Row-level security hides rows from everybody but the owner, and a comparison of hidden rows proves nothing. */
export const requireOwner = async (client: Client, side: 'source' | 'target'): Promise<void> => {
  if (await truth(client, `row_security_active('public.shops')`))
    throw new PromotionRefused(
      `the ${side} must be opened as the role that owns the tables (on Supabase: postgres), not as one that row-level security filters`,
    )
}

interface ShopKey {
  readonly id: string
  readonly tmId: number
}

/**
 * Promote never merges: a shop of the source must be unknown to the target, or have been put there by promote.
 * @param promoted ids of the shops that promotions brought
 */
export const requireUnknownShops = async (
  target: Client,
  shops: readonly ShopKey[],
  promoted: ReadonlySet<string>,
): Promise<void> => {
  if (!(await truth(target, `to_regclass('public.shops') is not null`))) return
  const { rows } = await target.query<{ id: string; tm_id: string; ros: string }>(
    `select s.id, s.tm_id, (select count(*) from public.repair_orders r where r.shop_id = s.id) as ros
       from public.shops s where s.id = any($1) or s.tm_id = any($2) order by s.tm_id`,
    [shops.map(({ id }) => id), shops.map(({ tmId }) => tmId)],
  )
  const known = rows.filter(({ id }) => !promoted.has(id)).map((row) => `${row.tm_id} (${row.ros} ROs)`)
  if (known.length > 0)
    throw new PromotionRefused(
      `the target already has shop ${known.join(', ')} from elsewhere, and promote neither merges nor overwrites. Let the target's own sync bring what it lacks, or promote into a project without that shop`,
    )
}

/** Made-up and real shops never share a project (docs/decisions/0009). */
export const requireOneKind = async (
  target: Client,
  simulated: boolean,
  simulatedIds: ReadonlySet<string>,
): Promise<void> => {
  if (!(await truth(target, `to_regclass('public.shops') is not null`))) return
  const { rows } = await target.query<{ id: string; tm_id: string }>(
    'select id, tm_id from public.shops order by 2',
  )
  const other = rows.filter(({ id }) => simulatedIds.has(id) !== simulated).map((row) => row.tm_id)
  if (other.length > 0)
    throw new PromotionRefused(
      simulated
        ? `the target holds real shops (${other.join(', ')}): made-up data never goes beside them`
        : `the target holds made-up shops (${other.join(', ')}), brought with --allow-simulated: real data never goes beside them`,
    )
}
