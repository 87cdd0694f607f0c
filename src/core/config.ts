// The settings: one zod schema over the environment, parsed once, frozen. A mode is chosen part by part by what is set:
// no REDIS_URL → embedded queue store, no SUPABASE_URL → embedded warehouse, no TM_BASE_URL → simulator.
// Every problem is reported by name, all at once, and no value is ever repeated in a message.
import { z } from 'zod'
import { ConfigInvalid } from './errors.ts'
import { readKeyRole } from './supabase-key.ts'

const url = (...protocols: string[]) =>
  z.string().refine((v) => URL.canParse(v) && protocols.includes(new URL(v).protocol), {
    message: `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  })

const wholeNumber = (min: number, max: number) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)

const secret = z.string().min(8, 'is too short to be a secret')

const shopNumbers = z.string().transform((value, ctx) => {
  const numbers = value.split(',').map((part) => Number(part.trim()))
  if (numbers.every((n) => Number.isSafeInteger(n) && n > 0)) return numbers
  ctx.addIssue({ code: 'custom', message: 'must be a comma list of TM shop numbers, for example 4321,4322' })
  return z.NEVER
})

/** The environment variables this program knows. `.env.example` is compared with these keys by a test. */
export const environmentSchema = z.object({
  TM_BASE_URL: url('http:', 'https:').optional(),
  TM_AUTH_TOKEN: secret.optional(),
  TM_SHOP_ID: shopNumbers.optional(),
  TM_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000).optional(),
  SUPABASE_URL: url('http:', 'https:').optional(),
  SUPABASE_ANON_KEY: secret.optional(),
  SUPABASE_SERVICE_KEY: secret.optional(),
  SUPABASE_SERVICE_ROLE_KEY: secret.optional(),
  SUPABASE_JWT_SECRET: secret.optional(),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  SYNC_ENABLED: z.stringbool({ error: 'must be true or false' }).default(true),
  RO_SYNC_INTERVAL_MINUTES: wholeNumber(1, 1440).default(5),
  EMPLOYEE_SYNC_HOUR: wholeNumber(0, 23).default(6),
  STORE_RAW_PAYLOADS: z
    .enum(['off', 'sample', 'all'], { error: 'must be off, sample or all' })
    .default('off'),
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: url('http:', 'https:').optional(),
  TRUSTED_PROXIES: wholeNumber(0, 10).optional(),
  WEBHOOK_TOKEN: z
    .string()
    .regex(/^[\w.~-]{24,200}$/, 'must be 24 to 200 letters, digits, dots, dashes, tildes or underscores')
    .optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { error: 'must be a pino level' })
    .default('info'),
  DATA_DIR: z.string().min(1).default('.data'),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  METRICS_TOKEN: secret.optional(),
  SENTRY_DSN: url('http:', 'https:').optional(),
  COMMIT: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/, 'must be a commit of git')
    .optional(),
})

export type Environment = z.output<typeof environmentSchema>

export interface Config {
  readonly tekmetric: {
    /** null → the embedded simulator. */
    readonly baseUrl: string | null
    readonly authToken: string | null
    /** null → the shops of the table with `sync_enabled`. */
    readonly shopIds: readonly number[] | null
    readonly requestsPerMinute: number
  }
  readonly warehouse: {
    /** null → the embedded Supabase-compatible API. */
    readonly url: string | null
    readonly anonKey: string | null
    readonly serviceKey: string | null
    readonly jwtSecret: string | null
    readonly databaseUrl: string | null
  }
  /** null → the embedded Postgres. */
  readonly redisUrl: string | null
  readonly sync: {
    readonly enabled: boolean
    readonly intervalMinutes: number
    readonly employeeHour: number
    readonly storeRaw: 'off' | 'sample' | 'all'
  }
  readonly http: {
    readonly port: number
    readonly host: string
    readonly publicUrl: string | null
    /** How many proxies stand in front; null → one where `publicUrl` is https, else none. */
    readonly trustedProxies: number | null
    /** Secret of the address that TM sends webhooks to; null: there is no such address. */
    readonly webhookToken: string | null
  }
  readonly logLevel: Environment['LOG_LEVEL']
  readonly dataDir: string
  readonly metrics: {
    /** Where this process serves /metrics, /healthz and /readyz, whatever its roles; null → only with the role api. */
    readonly port: number | null
    /** What Prometheus must present; null → none is asked. */
    readonly token: string | null
  }
  /** null → errors are reported nowhere but in the log. */
  readonly sentryDsn: string | null
  /** Of the build; null when it does not say. */
  readonly commit: string | null
}

/** TM's web API has no known limit; 150 calls a minute is what two or three busy browser tabs cause. */
const DEFAULT_REQUESTS_PER_MINUTE = 150
/** The simulator is ours: a demo should not wait for a budget that protects somebody else's server. */
const SIMULATOR_REQUESTS_PER_MINUTE = 60_000

/** Rules between settings. Each says what to do. */
const contradictions = (env: Environment): string[] => {
  const problems: string[] = []
  const serviceKey = env.SUPABASE_SERVICE_KEY ?? env.SUPABASE_SERVICE_ROLE_KEY
  const add = (name: string, text: string) => problems.push(`${name}: ${text}`)
  if (env.SUPABASE_SERVICE_KEY && env.SUPABASE_SERVICE_ROLE_KEY) {
    if (env.SUPABASE_SERVICE_KEY !== env.SUPABASE_SERVICE_ROLE_KEY)
      add('SUPABASE_SERVICE_ROLE_KEY', 'differs from SUPABASE_SERVICE_KEY; set only one of them')
  }
  if (env.SUPABASE_URL && !serviceKey) {
    const why = env.SUPABASE_ANON_KEY
      ? 'the anon key alone cannot write to the warehouse'
      : 'every write needs it'
    add('SUPABASE_SERVICE_KEY', `missing although SUPABASE_URL is set; ${why}`)
  }
  if (!env.SUPABASE_URL) {
    if (serviceKey) add('SUPABASE_URL', 'missing although SUPABASE_SERVICE_KEY is set')
    if (env.SUPABASE_ANON_KEY) add('SUPABASE_URL', 'missing although SUPABASE_ANON_KEY is set')
  }
  if (serviceKey && readKeyRole(serviceKey) === 'anon')
    add('SUPABASE_SERVICE_KEY', 'is an anon key; take the service role key of the project')
  if (env.TM_AUTH_TOKEN && !env.TM_BASE_URL) add('TM_BASE_URL', 'missing although TM_AUTH_TOKEN is set')
  if (env.SUPABASE_URL && !env.TM_BASE_URL)
    add(
      'TM_BASE_URL',
      "missing although SUPABASE_URL is set; the simulator's made-up data never goes to your project",
    )
  return problems
}

/**
 * Reads the settings.
 * @param env the environment, for example `process.env`; an empty string counts as not set
 * @throws ConfigInvalid with every problem, by name and without values
 */
export const readConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const problems: string[] = []
  // Setting by setting, so that one malformed value does not hide what else is missing.
  const entries = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(env[name] === '' ? undefined : env[name])
    if (!parsed.success) problems.push(...parsed.error.issues.map(({ message }) => `${name}: ${message}`))
    return [name, parsed.data]
  })
  const settings = Object.fromEntries(entries) as Environment
  const malformed = new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))))
  problems.push(...contradictions(settings).filter((p) => !malformed.has(p.slice(0, p.indexOf(':')))))
  if (problems.length > 0) throw new ConfigInvalid(problems)
  return Object.freeze(shape(settings))
}

const shape = (env: Environment): Config => ({
  tekmetric: {
    baseUrl: env.TM_BASE_URL?.replace(/\/+$/, '') ?? null,
    authToken: env.TM_AUTH_TOKEN ?? null,
    shopIds: env.TM_SHOP_ID ?? null,
    requestsPerMinute:
      env.TM_REQUESTS_PER_MINUTE ??
      (env.TM_BASE_URL ? DEFAULT_REQUESTS_PER_MINUTE : SIMULATOR_REQUESTS_PER_MINUTE),
  },
  warehouse: {
    url: env.SUPABASE_URL?.replace(/\/+$/, '') ?? null,
    anonKey: env.SUPABASE_ANON_KEY ?? null,
    serviceKey: env.SUPABASE_SERVICE_KEY ?? env.SUPABASE_SERVICE_ROLE_KEY ?? null,
    jwtSecret: env.SUPABASE_JWT_SECRET ?? null,
    databaseUrl: env.DATABASE_URL ?? null,
  },
  redisUrl: env.REDIS_URL ?? null,
  sync: {
    enabled: env.SYNC_ENABLED,
    intervalMinutes: env.RO_SYNC_INTERVAL_MINUTES,
    employeeHour: env.EMPLOYEE_SYNC_HOUR,
    storeRaw: env.STORE_RAW_PAYLOADS,
  },
  http: {
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PUBLIC_URL ?? null,
    trustedProxies: env.TRUSTED_PROXIES ?? null,
    webhookToken: env.WEBHOOK_TOKEN ?? null,
  },
  logLevel: env.LOG_LEVEL,
  dataDir: env.DATA_DIR,
  metrics: { port: env.METRICS_PORT ?? null, token: env.METRICS_TOKEN ?? null },
  sentryDsn: env.SENTRY_DSN ?? null,
  commit: env.COMMIT ?? null,
})

/** Every value of the settings that opens something, and the passwords inside its addresses. */
export const secretsOf = ({ tekmetric, warehouse, redisUrl, metrics, http }: Config): readonly string[] => {
  const { serviceKey, anonKey, jwtSecret, databaseUrl } = warehouse
  const values = [tekmetric.authToken, serviceKey, anonKey, jwtSecret, metrics.token, http.webhookToken]
  return [...values, ...passwordOf(databaseUrl), ...passwordOf(redisUrl)].flatMap((secret) =>
    secret === null || secret === '' ? [] : [secret],
  )
}

/** As it stands in the address, and as it is meant. */
const passwordOf = (address: string | null): readonly string[] => {
  if (address === null) return []
  const { password } = new URL(address)
  return [password, decodeURIComponent(password)]
}
