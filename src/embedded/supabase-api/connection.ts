// The embedded API's database connection. @supabase/lite 0.10 is an alpha; what it gets wrong against PostgREST and
// can be put right from outside is put right here (stack.md §1.3; each point has a test in embedded-api.test.ts).
import { createPostgresConnection, type PostgresConnection } from '@supabase/lite/postgres'
import { AppError } from '../../core/errors.ts'
import { asPostgrestError } from './database-errors.ts'

/** As PostgREST's db-pool default; more did not make it faster (stack.md §4.2). */
const POOL_SIZE = 10

/** Arguments of functions arrive as JSON text already, column values as objects; neither may be encoded twice. */
const serializeJson = (value: unknown): string => {
  if (typeof value === 'string' && /^\s*[[{]/.test(value) && isJson(value)) return value
  return JSON.stringify(value)
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const asIs = (text: string): string => text

/** `2026-11-20 10:02:55.12+00` as PostgREST writes it: `2026-11-20T10:02:55.12+00:00`. */
const isoInstant = (text: string): string => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')

/** A JSON number, as PostgREST; only NaN and the infinities stay text. */
const jsonNumber = (text: string): number | string => (Number.isFinite(Number(text)) ? Number(text) : text)

const types = {
  json: {
    to: 114,
    from: [114],
    serialize: serializeJson,
    parse: (text: string) => JSON.parse(text) as unknown,
  },
  jsonb: {
    to: 3802,
    from: [3802],
    serialize: serializeJson,
    parse: (text: string) => JSON.parse(text) as unknown,
  },
  numeric: { to: 1700, from: [1700], serialize: String, parse: jsonNumber },
  timestamptz: { to: 1184, from: [1184], serialize: asIs, parse: isoInstant },
  timestamp: { to: 1114, from: [1114], serialize: asIs, parse: (text: string) => text.replace(' ', 'T') },
}

interface RoleSwitching {
  rlsState?: unknown
}

/**
 * Without this the server looks once whether any table has RLS: if none, every request runs as the connecting role,
 * and if one, it grants ALL on everything to anon. Told "active" it does neither and always switches to the caller's
 * role; the roles and grants are made by prepareDatabase.
 */
const alwaysSwitchRole = (connection: PostgresConnection): void => {
  const state = connection as unknown as RoleSwitching
  if (state.rlsState !== 'unknown') {
    throw new AppError(
      'bug',
      'EMBEDDED_API',
      'this @supabase/lite keeps its RLS state elsewhere; it is not safe to use',
    )
  }
  state.rlsState = 'active'
}

interface Normalizing {
  normalizeDbError(error: unknown): unknown
}

/** When the schema cannot be read the server goes on with an empty one and says "no such table"; it must say why. */
const refuseEmptySchema = (connection: PostgresConnection): void => {
  const introspect = connection.introspect.bind(connection)
  connection.introspect = async (options) => {
    const found = await introspect(options)
    if (found.functions !== undefined) return found
    throw Object.assign(new Error('the schema cannot be read now'), { code: 'CONNECT_SCHEMA' })
  }
}

/** A pool for the API server. @param databaseUrl role embedded_api */
export const openApiConnection = (databaseUrl: string): PostgresConnection => {
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: { max: POOL_SIZE, onnotice: () => undefined, types },
  })
  alwaysSwitchRole(connection)
  refuseEmptySchema(connection)
  const errors = connection as unknown as Normalizing
  const original = errors.normalizeDbError.bind(connection)
  errors.normalizeDbError = (error) => asPostgrestError(original(error))
  return connection
}
