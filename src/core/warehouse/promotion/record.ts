// What the target remembers of promotions, in a schema of its own beside that of the migrations: which shops, how far
// each table has come, which user became which. A batch and its progress are committed together, so a promotion that was
// killed goes on where it stood.
import type { Client } from './connection.ts'
import type { Fingerprint, Scope } from './checksum.ts'

const SCHEMA = 'warehouse_promotions'

export interface Promotion extends Scope {
  readonly id: string
  readonly simulated: boolean
  /** When everything was copied and found equal; null: unfinished. */
  readonly verifiedAt: string | null
}

/** One table of a promotion: the source as it was at the beginning, and how much of it is in the target. */
export interface TableProgress extends Fingerprint {
  readonly copied: number
  readonly lastKey: readonly string[] | null
  readonly done: boolean
}

export type UserOutcome = 'found' | 'created' | 'awaited'

export interface PromotedUser {
  readonly sourceId: string
  readonly email: string
  readonly targetId: string | null
  readonly outcome: UserOutcome
}

export const prepareRecord = async (target: Client): Promise<void> => {
  await target.query(`
    create schema if not exists ${SCHEMA};
    revoke all on schema ${SCHEMA} from public;
    create table if not exists ${SCHEMA}.promotions (
      id uuid primary key default gen_random_uuid(), shop_ids uuid[] not null, simulated boolean not null,
      started_at timestamptz not null, verified_at timestamptz);
    create table if not exists ${SCHEMA}.tables (
      promotion_id uuid not null references ${SCHEMA}.promotions (id) on delete cascade, name text not null,
      rows bigint not null, checksum text not null, copied bigint not null default 0, last_key text[],
      done boolean not null default false, primary key (promotion_id, name));
    create table if not exists ${SCHEMA}.users (
      promotion_id uuid not null references ${SCHEMA}.promotions (id) on delete cascade, source_id uuid not null,
      email text not null, target_id uuid, outcome text not null check (outcome in ('found', 'created', 'awaited')),
      primary key (promotion_id, source_id), check ((target_id is null) = (outcome = 'awaited')));`)
}

/** All promotions into this target, oldest first; none where nothing was ever promoted. */
export const promotionsInto = async (target: Client): Promise<Promotion[]> => {
  const { rows: known } = await target.query<{ known: boolean }>(
    `select to_regclass('${SCHEMA}.promotions') is not null as known`,
  )
  if (known[0]?.known !== true) return []
  const { rows } = await target.query<Promotion>(
    `select id, shop_ids::text[] as "shopIds", simulated, started_at::text as "startedAt",
            verified_at::text as "verifiedAt"
       from ${SCHEMA}.promotions order by started_at`,
  )
  return rows
}

/** The target's clock, which every promotion into it is dated by. */
export const targetNow = async (target: Client): Promise<string> => {
  const { rows } = await target.query<{ now: string }>('select clock_timestamp()::text as now')
  return rows[0]?.now ?? ''
}

/** Enters a new promotion with what the source holds. Call it in a transaction. */
export const enterPromotion = async (
  target: Client,
  { shopIds, startedAt, simulated }: Scope & { readonly simulated: boolean },
  tables: ReadonlyMap<string, Fingerprint>,
): Promise<Promotion> => {
  const { rows } = await target.query<{ id: string }>(
    `insert into ${SCHEMA}.promotions (shop_ids, simulated, started_at) values ($1, $2, $3) returning id`,
    [shopIds, simulated, startedAt],
  )
  const id = rows[0]?.id ?? ''
  for (const [name, { rows: count, checksum }] of tables)
    await target.query(
      `insert into ${SCHEMA}.tables (promotion_id, name, rows, checksum) values ($1, $2, $3, $4)`,
      [id, name, count, checksum],
    )
  return { id, shopIds, startedAt, simulated, verifiedAt: null }
}

export const progressOf = async (target: Client, id: string): Promise<Map<string, TableProgress>> => {
  const { rows } = await target.query<TableProgress & { name: string }>(
    `select name, rows::float8 as rows, checksum, copied::float8 as copied, last_key as "lastKey", done
       from ${SCHEMA}.tables where promotion_id = $1`,
    [id],
  )
  return new Map(rows.map(({ name, ...progress }) => [name, progress]))
}

/** Belongs into the transaction of the batch it reports. */
export const noteBatch = async (
  target: Client,
  batch: { id: string; table: string; rows: number; lastKey: readonly string[] | null; done: boolean },
): Promise<void> => {
  await target.query(
    `update ${SCHEMA}.tables set copied = copied + $3, last_key = coalesce($4, last_key), done = $5
      where promotion_id = $1 and name = $2`,
    [batch.id, batch.table, batch.rows, batch.lastKey, batch.done],
  )
}

export const noteVerified = async (target: Client, id: string): Promise<void> => {
  await target.query(`update ${SCHEMA}.promotions set verified_at = now() where id = $1`, [id])
}

export const forgetPromotion = async (target: Client, id: string): Promise<void> => {
  await target.query(`delete from ${SCHEMA}.promotions where id = $1`, [id])
}

export const usersOf = async (target: Client, ids: readonly string[]): Promise<PromotedUser[]> => {
  const { rows } = await target.query<PromotedUser>(
    `select source_id as "sourceId", email, target_id as "targetId", outcome
       from ${SCHEMA}.users where promotion_id = any($1) order by email`,
    [ids],
  )
  return rows
}

export const noteUser = async (target: Client, id: string, user: PromotedUser): Promise<void> => {
  await target.query(
    `insert into ${SCHEMA}.users (promotion_id, source_id, email, target_id, outcome) values ($1, $2, $3, $4, $5)
     on conflict (promotion_id, source_id) do update
       set email = excluded.email, target_id = excluded.target_id, outcome = excluded.outcome`,
    [id, user.sourceId, user.email, user.targetId, user.outcome],
  )
}
