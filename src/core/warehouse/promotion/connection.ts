// The two connections of a promotion. Both print values the same way whatever the server's settings, refuse to be
// filtered by row-level security instead of silently seeing less, and say what is wrong without repeating the address.
import pg from 'pg'
import { AppError, UsageError } from '../../errors.ts'

export type Client = pg.Client

/** Supabase's address for short transactions: it forgets settings and locks between two of them. */
const TRANSACTION_POOLER_PORT = '6543'
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]', '::1', ''])

/**
 * The address of a database as it will be used: over TLS when it is not on this machine and does not say otherwise.
 * @throws UsageError without the address, which holds a password
 */
export const databaseAddress = (given: string): string => {
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw new UsageError(
      'the target is not an address like postgresql://user:password@host:5432/postgres; encode special characters of the password (@ as %40)',
    )
  if (url.port === TRANSACTION_POOLER_PORT)
    throw new UsageError(
      'the target is a transaction pooler (port 6543), which keeps no session; take the direct connection or the session pooler (port 5432)',
    )
  if (!LOCAL.has(url.hostname) && !url.searchParams.has('sslmode') && !url.searchParams.has('sslrootcert'))
    url.searchParams.set('sslmode', 'no-verify')
  return url.href
}

/** Host and database, for people; never user or password. */
export const describeAddress = (address: string): string => {
  const { host, pathname } = new URL(address)
  return `${host}${pathname}`
}

const SETTINGS = `
  set timezone to 'UTC'; set datestyle to 'ISO, YMD'; set intervalstyle to 'postgres'; set bytea_output to 'hex';
  set extra_float_digits to 3; set row_security to off; set statement_timeout to 0;
  set idle_in_transaction_session_timeout to 0`

/** @throws AppError `PROMOTE_CONNECT` that says which side cannot be reached, and why */
export const connect = async (address: string, side: 'source' | 'target'): Promise<Client> => {
  const client = new pg.Client({
    connectionString: address,
    application_name: 'warehouse-promote',
    keepAlive: true,
    connectionTimeoutMillis: 30_000,
  })
  // A connection lost between two statements is reported by the next one.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(SETTINGS)
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError(
      'transient',
      'PROMOTE_CONNECT',
      `the ${side} database (${describeAddress(address)}) cannot be used: ${reason}`,
    )
  }
}

/** Runs in one transaction of the client; everything or nothing. */
export const inTransaction = async <T>(
  client: Client,
  work: () => Promise<T>,
  mode = 'read committed',
): Promise<T> => {
  await client.query(`begin isolation level ${mode}`)
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    // The first error is the one to tell; on a lost connection there is nothing to roll back.
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}
