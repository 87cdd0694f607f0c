// A Supabase API in front of a test database: the embedded one, or a real PostgREST when POSTGREST_BIN is given.
// Suites that must hold on production run for each of `apiBackends`.
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { silentLog } from '../../src/embedded/log.ts'
import { startSupabaseApi } from '../../src/embedded/supabase-api/server.ts'
import { signClaims } from '../../src/embedded/supabase-api/tokens.ts'
import type { TestDatabase } from './database.ts'
import { startPostgrest } from './postgrest.ts'

export type ApiBackend = 'lite' | 'postgrest'

export interface TestApi {
  readonly backend: ApiBackend
  readonly url: string
  readonly anonKey: string
  readonly serviceKey: string
  readonly jwtSecret: string
  /** A user's token, valid for an hour: `signToken({ sub: <uuid>, role: 'authenticated' })`. */
  readonly signToken: (claims: Record<string, unknown>) => Promise<string>
  readonly close: () => Promise<void>
}

export const apiBackends: readonly ApiBackend[] =
  inject('testServers').postgrestBin === null ? ['lite'] : ['lite', 'postgrest']

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600

const startReal = async (database: TestDatabase, jwtSecret: string) => {
  const { postgrestBin, folder } = inject('testServers')
  if (postgrestBin === null) throw new Error('POSTGREST_BIN is not set')
  const [anonKey, serviceKey] = await Promise.all(
    ['anon', 'service_role'].map((role) => signClaims({ role, exp: inAnHour() }, jwtSecret)),
  )
  const databaseUrl = database.authenticatorUrl
  const running = await startPostgrest({ bin: postgrestBin, databaseUrl, jwtSecret, folder })
  return { ...running, anonKey: anonKey ?? '', serviceKey: serviceKey ?? '', jwtSecret }
}

export const startTestApi = async (
  database: TestDatabase,
  { backend = 'lite' }: { backend?: ApiBackend } = {},
): Promise<TestApi> => {
  const jwtSecret = randomBytes(32).toString('base64url')
  const api =
    backend === 'lite'
      ? await startSupabaseApi({ databaseUrl: database.apiUrl, jwtSecret, log: silentLog })
      : await startReal(database, jwtSecret)
  const signToken = (claims: Record<string, unknown>): Promise<string> =>
    signClaims({ aud: 'authenticated', exp: inAnHour(), ...claims }, jwtSecret)
  return { ...api, backend, signToken }
}
