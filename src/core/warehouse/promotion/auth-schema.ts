// Accounts in the target's schema `auth`, which belongs to Supabase Auth and changes with its releases. We write there
// only what we understand whole: a required column we do not know, or a missing right, is an obstacle that is told.
// What Auth needs of a row made in SQL (a fixed instance, empty strings instead of NULL tokens, an identity beside the
// user) is known from its issue tracker (supabase/auth #1940); an empty password opens nothing.
import { randomUUID } from 'node:crypto'
import type { Client } from './connection.ts'
import { quoted } from './table-shape.ts'

export interface NewUser {
  readonly id: string
  readonly email: string
  /** Role over all shops, as `app_metadata.role`. */
  readonly role: string | null
}

/** SQLSTATE of an error that has none. */
export const AUTH_UNKNOWN = 'unknown'

const NOBODY = `'00000000-0000-0000-0000-000000000000'`
const now = 'now()'
const empty = `''`

/** Column of auth.users → SQL; $1 id, $2 e-mail, $3 app metadata. Columns that a release lacks are left out. */
const USER: Readonly<Record<string, string>> = {
  id: '$1::uuid',
  instance_id: NOBODY,
  aud: `'authenticated'`,
  role: `'authenticated'`,
  email: '$2',
  encrypted_password: empty,
  // Confirmed: while it is not, somebody who signs up with the address might take the account over.
  email_confirmed_at: now,
  raw_app_meta_data: '$3::jsonb',
  raw_user_meta_data: `'{}'`,
  confirmation_token: empty,
  recovery_token: empty,
  email_change: empty,
  email_change_token_new: empty,
  email_change_token_current: empty,
  phone_change: empty,
  phone_change_token: empty,
  reauthentication_token: empty,
  is_sso_user: 'false',
  is_anonymous: 'false',
  created_at: now,
  updated_at: now,
}

/** Column of auth.identities → SQL; $1 its id, $2 user's id, $3 identity data. */
const IDENTITY: Readonly<Record<string, string>> = {
  id: '$1::uuid',
  provider: `'email'`,
  provider_id: '$2::text',
  user_id: '$2::uuid',
  identity_data: '$3::jsonb',
  created_at: now,
  updated_at: now,
}
const IDENTITY_NEEDS = ['id', 'provider', 'provider_id', 'user_id', 'identity_data']
const USER_NEEDS = ['id', 'email', 'encrypted_password', 'email_confirmed_at', 'raw_app_meta_data']

interface AuthColumn {
  readonly name: string
  readonly type: string
  /** Somebody must give a value. */
  readonly required: boolean
}

const columnsOf = async (target: Client, table: string): Promise<AuthColumn[]> => {
  const { rows } = await target.query<AuthColumn>(
    `select a.attname as name, format_type(a.atttypid, null) as type,
            a.attnotnull and not a.atthasdef and a.attidentity = '' as required
       from pg_attribute a
      where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`,
    [table],
  )
  return rows
}

const misfit = (
  columns: readonly AuthColumn[],
  known: Readonly<Record<string, string>>,
  needs: readonly string[],
): string[] => [
  ...columns.filter(({ name, required }) => required && !(name in known)).map(({ name }) => name),
  ...needs.filter((name) => !columns.some((column) => column.name === name)),
]

/** Why this target's accounts cannot be created from here; null when they can. */
export const creationObstacle = async (target: Client): Promise<string | null> => {
  const { rows } = await target.query<{ allowed: boolean | null }>(
    `select has_table_privilege(to_regclass('auth.users'), 'insert')
        and has_table_privilege(to_regclass('auth.identities'), 'insert') as allowed`,
  )
  if (rows[0]?.allowed !== true) return 'this role may not create accounts in the target'
  const identities = await columnsOf(target, 'auth.identities')
  const strange = [
    ...misfit(await columnsOf(target, 'auth.users'), USER, USER_NEEDS),
    ...misfit(identities, IDENTITY, IDENTITY_NEEDS),
    // Until 2023 an identity's id was a text and its key.
    ...identities.filter(({ name, type }) => name === 'id' && type !== 'uuid').map(({ name }) => name),
  ]
  return strange.length === 0 ? null : `schema auth of the target is not as expected (${strange.join(', ')})`
}

const insert = async (
  target: Client,
  table: string,
  known: Readonly<Record<string, string>>,
  values: readonly unknown[],
): Promise<void> => {
  const names = (await columnsOf(target, table)).map(({ name }) => name).filter((name) => name in known)
  await target.query(
    `insert into ${table} (${names.map(quoted).join(', ')}) values (${names.map((name) => known[name]).join(', ')})`,
    [...values],
  )
}

/** An account without a password: its owner sets one by the link that Auth sends to the address. */
export const createUser = async (target: Client, { id, email, role }: NewUser): Promise<void> => {
  const metadata = { provider: 'email', providers: ['email'], ...(role === null ? {} : { role }) }
  await insert(target, 'auth.users', USER, [id, email, JSON.stringify(metadata)])
  const identity = { sub: id, email, email_verified: true, phone_verified: false }
  await insert(target, 'auth.identities', IDENTITY, [randomUUID(), id, JSON.stringify(identity)])
}
