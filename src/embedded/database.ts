// Makes a database on a cluster of ours look like a fresh Supabase project, so that the migrations find there what
// they find in production. Safe to repeat on every start.
import { createHmac } from 'node:crypto'
import pg from 'pg'
import { clusterRoles, databaseContents } from './supabase-roles.ts'
import { createAuthTables } from './supabase-api/auth-tables.ts'

export interface PreparedDatabase {
  /** Role warehouse_owner, no superuser: owns the database and schema public; runs the migrations. */
  readonly ownerUrl: string
  /** Role embedded_api: what the embedded Supabase-compatible API connects as. */
  readonly apiUrl: string
  /** Role authenticator: what PostgREST connects as. */
  readonly authenticatorUrl: string
  /** The cluster's superuser in this database. */
  readonly adminUrl: string
}

/** Serialises preparations on one cluster: two at once would both create the roles. */
const PREPARE_LOCK = 7_351_001

const urlFor = (adminUrl: string, change: { database: string; role?: string }): string => {
  const url = new URL(adminUrl)
  url.pathname = `/${change.database}`
  if (change.role !== undefined) {
    url.password = rolePassword(adminUrl, change.role)
    url.username = change.role
  }
  return url.href
}

/** Derived from the superuser's password, so that one secret is stored and the others follow from it. */
const rolePassword = (adminUrl: string, role: string): string =>
  createHmac('sha256', new URL(adminUrl).password).update(role).digest('base64url')

/** The connection strings of a database that was prepared (or cloned from a prepared one) on this cluster. */
export const databaseUrls = (adminUrl: string, database: string): PreparedDatabase => ({
  adminUrl: urlFor(adminUrl, { database }),
  ownerUrl: urlFor(adminUrl, { database, role: 'warehouse_owner' }),
  apiUrl: urlFor(adminUrl, { database, role: 'embedded_api' }),
  authenticatorUrl: urlFor(adminUrl, { database, role: 'authenticator' }),
})

/** Connects, runs, disconnects. */
export const withClient = async <T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

const createDatabase = async (client: pg.Client, name: string, owner: string): Promise<void> => {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
  if (rowCount !== 0) return
  await client.query(`create database ${pg.escapeIdentifier(name)} owner ${pg.escapeIdentifier(owner)}`)
}

const setPassword = async (client: pg.Client, adminUrl: string, role: string): Promise<void> => {
  const password = pg.escapeLiteral(rolePassword(adminUrl, role))
  await client.query(`alter role ${pg.escapeIdentifier(role)} password ${password}`)
}

/**
 * Creates roles, database and Supabase's furniture where missing.
 * @param adminUrl superuser of the cluster, any database
 */
export const prepareDatabase = async (options: {
  adminUrl: string
  database: string
}): Promise<PreparedDatabase> => {
  const { adminUrl, database } = options
  const urls = databaseUrls(adminUrl, database)
  await withClient(adminUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [PREPARE_LOCK])
    await client.query(clusterRoles)
    for (const role of ['warehouse_owner', 'embedded_api', 'authenticator'])
      await setPassword(client, adminUrl, role)
    await createDatabase(client, database, 'warehouse_owner')
    await createAuthTables(urls.adminUrl)
    await withClient(urls.adminUrl, (inside) => inside.query(databaseContents))
  })
  return urls
}

/**
 * A database of its own for the queues, with a role that can reach nothing else of ours.
 * @returns its connection string; BullMQ creates its schema there
 */
export const prepareQueueDatabase = async (options: {
  adminUrl: string
  database: string
}): Promise<string> => {
  const { adminUrl, database } = options
  await withClient(adminUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [PREPARE_LOCK])
    const { rowCount } = await client.query(`select from pg_roles where rolname = 'queue_owner'`)
    if (rowCount === 0) await client.query('create role queue_owner login')
    await setPassword(client, adminUrl, 'queue_owner')
    await createDatabase(client, database, 'queue_owner')
  })
  return urlFor(adminUrl, { database, role: 'queue_owner' })
}
