// Where the three outside parts of this program are: queue store, warehouse, TM. What the settings leave out is embedded,
// and only then is anything under `src/embedded` loaded.
import { readConfig, type Config } from './core/config.ts'
import { ConfigInvalid } from './core/errors.ts'
import type { Logger } from './core/logger.ts'

export interface Connections {
  readonly queue:
    | { readonly kind: 'redis'; readonly url: string }
    | { readonly kind: 'postgres'; readonly url: string }
  readonly warehouse: {
    readonly url: string
    readonly serviceKey: string
    readonly anonKey: string | null
    readonly jwtSecret: string | null
    /** The owner's direct connection; null when the settings have none (only migrations need it). */
    readonly databaseUrl: string | null
  }
  readonly tekmetric: {
    readonly baseUrl: string
    /** The token for all shops; rows of `tm_tokens` win over it. */
    readonly authToken: string | null
    /** The simulator's token of each shop; empty with the real TM. */
    readonly shopTokens: ReadonlyMap<number, string>
    readonly requestsPerMinute: number
    /** Shops that must exist: TM_SHOP_ID, or the simulator's. `timezone` null means unknown. */
    readonly shops: readonly { tmId: number; name: string | null; timezone: string | null }[]
  }
  /** The present for business dates: the simulator's virtual clock, or the wall clock. */
  readonly clock: () => Promise<Date>
  /** Embedded parts, of this process or of one that it joined; null when none is. */
  readonly embedded: {
    readonly demoUser: { email: string; password: string } | null
    /** Lets the simulator's virtual time pass; null when it is not this process's simulator. */
    readonly advance: ((minutes: number) => void) | null
    /** The process whose parts these are, and where it serves pages; null when this process started them. */
    readonly joined: { readonly pid: number; readonly httpUrl: string | null } | null
    /** Tells who joins from now on where this process serves pages. */
    readonly serves: (httpUrl: string) => void
  } | null
  /** True when this process owns everything and nobody else can be working on the queues. */
  readonly alone: boolean
  readonly close: () => Promise<void>
}

const isHosted = ({ redisUrl, warehouse, tekmetric }: Config): boolean =>
  redisUrl !== null && warehouse.url !== null && tekmetric.baseUrl !== null

/**
 * Finds or starts every part.
 * @param onPart told about each embedded part as it comes up
 */
export const openConnections = async (
  config: Config,
  log: Logger,
  onPart?: (part: string, where: string) => void,
): Promise<Connections> => {
  if (isHosted(config)) return hosted(config)
  const { openEmbeddedParts } = await loadEmbedded(config)
  const parts = await openEmbeddedParts({
    dataDir: config.dataDir,
    needsStack: config.redisUrl === null || config.warehouse.url === null,
    needsSimulator: config.tekmetric.baseUrl === null,
    log,
    ...(onPart === undefined ? {} : { onPart }),
  })
  const outside = hosted(config)
  const { stack, simulator } = parts
  return {
    queue:
      stack !== null && config.redisUrl === null
        ? { kind: 'postgres', url: stack.queueDatabaseUrl }
        : outside.queue,
    warehouse:
      stack !== null && config.warehouse.url === null
        ? {
            url: stack.supabaseUrl,
            serviceKey: stack.serviceKey,
            anonKey: stack.anonKey,
            jwtSecret: stack.jwtSecret,
            databaseUrl: stack.databaseUrl,
          }
        : outside.warehouse,
    tekmetric: simulator === null ? outside.tekmetric : { ...outside.tekmetric, ...simulator.tekmetric },
    clock: simulator === null ? outside.clock : simulator.clock,
    embedded: {
      demoUser: stack !== null && config.warehouse.url === null ? parts.demoUser : null,
      advance: simulator?.advance ?? null,
      joined: parts.joined,
      serves: parts.serves,
    },
    alone: parts.joined === null && config.redisUrl === null,
    close: parts.close,
  }
}

/** A production installation has no embedded parts: there, what is not set is missing. */
const loadEmbedded = async (config: Config) => {
  try {
    return await import('./embedded/parts.ts')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    const { redisUrl, warehouse, tekmetric } = config
    const needed = { REDIS_URL: redisUrl, SUPABASE_URL: warehouse.url, TM_BASE_URL: tekmetric.baseUrl }
    const missing = Object.entries(needed).filter(([, value]) => value === null)
    throw new ConfigInvalid(
      missing.map(([name]) => `${name}: missing, and the embedded parts are not installed here`),
    )
  }
}

/** The connections the settings name; a part they leave out is an empty string that the embedded parts replace. */
const hosted = ({ tekmetric, warehouse, redisUrl }: Config): Connections => ({
  queue: { kind: 'redis', url: redisUrl ?? '' },
  warehouse: {
    url: warehouse.url ?? '',
    serviceKey: warehouse.serviceKey ?? '',
    anonKey: warehouse.anonKey,
    jwtSecret: warehouse.jwtSecret,
    databaseUrl: warehouse.databaseUrl,
  },
  tekmetric: {
    baseUrl: tekmetric.baseUrl ?? '',
    authToken: tekmetric.authToken,
    shopTokens: new Map(),
    requestsPerMinute: tekmetric.requestsPerMinute,
    shops: (tekmetric.shopIds ?? []).map((tmId) => ({ tmId, name: null, timezone: null })),
  },
  clock: async () => new Date(),
  embedded: null,
  alone: false,
  close: async () => undefined,
})

/**
 * Reads `.env` when present (Node's own loader; real environment variables win), then the settings.
 * @param defaults settings that hold where neither says otherwise
 */
export const loadConfig = (env: NodeJS.ProcessEnv, defaults: NodeJS.ProcessEnv = {}): Config => {
  try {
    process.loadEnvFile('.env')
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT')) throw err
  }
  return readConfig({ ...defaults, ...env })
}
