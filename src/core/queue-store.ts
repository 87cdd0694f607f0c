// The one place that knows which store BullMQ runs on: Redis in production, Postgres on a laptop.
// Everything above works with BullMQ's own Queue, Worker and QueueEvents types and cannot tell the difference.
import { createPostgresBackend, Queue, QueueEvents, Worker, withBackend } from 'bullmq'
import type * as bullmq from 'bullmq'
import type { Processor, QueueOptions, WorkerOptions } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { RateLimiterPostgres, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { ConfigInvalid } from './errors.ts'
import type { Logger } from './logger.ts'
import { reportStoreErrors } from './queue-store-errors.ts'
import { withinTime } from './time-limit.ts'

export type QueueStoreOptions =
  | { readonly kind: 'redis'; readonly url: string; readonly prefix?: string; readonly log: Logger }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema?: string; readonly log: Logger }

/** What a limiter of the call budget needs: `points` per `durationSeconds`. */
export interface LimiterSpec {
  readonly keyPrefix: string
  readonly points: number
  readonly durationSeconds: number
}

/** What a store says of itself. */
export interface QueueStoreFacts {
  readonly product: 'Redis' | 'Postgres'
  readonly version: string
  /** Its clock. */
  readonly now: Date
  /** Redis's maxmemory-policy; null when it does not tell. */
  readonly eviction: string | null
  /** Whether Redis keeps an append-only file; null when it does not tell. */
  readonly appendOnly: boolean | null
}

export interface QueueStore {
  readonly kind: 'redis' | 'postgres'
  queue(name: string, options?: Omit<QueueOptions, 'connection'>): Queue
  worker(name: string, processor: Processor, options?: Omit<WorkerOptions, 'connection'>): Worker
  events(name: string): QueueEvents
  /** A rate limiter shared by all processes on this store. */
  limiter(spec: LimiterSpec): Promise<RateLimiterAbstract>
  /** Runs `task` while no other process on this store runs one under the same name. */
  exclusively<T>(name: string, task: () => Promise<T>): Promise<T>
  /** Checks that the store can be reached and is fit for queues. @throws ConfigInvalid when it would lose queue jobs */
  check(): Promise<void>
  facts(): Promise<QueueStoreFacts>
  close(): Promise<void>
}

/** Makes the queue store; connects lazily. The caller closes queues and workers before the store. */
export const createQueueStore = (options: QueueStoreOptions): QueueStore =>
  options.kind === 'redis' ? redisStore(options) : postgresStore(options)

const redisStore = ({ url, prefix = 'bull', log }: QueueStoreOptions & { kind: 'redis' }): QueueStore => {
  // `maxRetriesPerRequest: null` is what BullMQ's blocking commands require; `family: 0` lets managed Redis use IPv6.
  const connect = () => new Redis(url, { maxRetriesPerRequest: null, family: 0 })
  const shared = connect()
  shared.on('error', reportStoreErrors(log))
  const base = { connection: shared, prefix }
  return {
    kind: 'redis',
    queue: (name, opts) => new Queue(name, { ...opts, ...base }),
    worker: (name, processor, opts) => new Worker(name, processor, { ...opts, ...base }),
    events: (name) => new QueueEvents(name, base),
    limiter: async ({ keyPrefix, points, durationSeconds }) =>
      new RateLimiterRedis({
        storeClient: shared,
        keyPrefix: `${prefix}.${keyPrefix}`,
        points,
        duration: durationSeconds,
      }),
    // Concurrent upserts of one schedule are safe on Redis (measured), so nothing has to be locked.
    exclusively: (_name, task) => task(),
    check: async () => {
      await withinTime(shared.ping(), ANSWER_MS, 'REDIS_URL')
      const policy = await redisSetting(shared, 'maxmemory-policy')
      if (policy !== null && policy !== 'noeviction')
        throw new ConfigInvalid([
          `REDIS_URL: this Redis has maxmemory-policy ${policy} and would drop queue jobs; set it to noeviction`,
        ])
    },
    facts: () => redisFacts(shared),
    close: async () => {
      // A Redis that is away never answers the goodbye.
      if (shared.status === 'ready') await shared.quit().catch(() => shared.disconnect())
      else shared.disconnect()
    },
  }
}

/** Managed services hide some settings. */
const redisSetting = async (redis: Redis, name: string): Promise<string | null> => {
  const found = (await redis.config('GET', name).catch(() => null)) as string[] | null
  return found?.[1] ?? null
}

const redisFacts = async (redis: Redis): Promise<QueueStoreFacts> => {
  const [seconds, microseconds] = (await redis.time()).map(Number)
  const now = new Date((seconds ?? 0) * 1000 + (microseconds ?? 0) / 1000)
  const appendOnly = await redisSetting(redis, 'appendonly')
  return {
    product: 'Redis',
    version: /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of unknown version',
    now,
    eviction: await redisSetting(redis, 'maxmemory-policy'),
    appendOnly: appendOnly === null ? null : appendOnly === 'yes',
  }
}

/** A store that is away for longer than this at the start is a wrong address more often than an outage. */
const ANSWER_MS = 15_000

/** Each BullMQ object on Postgres owns a pool; small ones keep a whole process far below max_connections. */
const POOL_SIZE = 3

const postgresStore = ({
  url,
  schema = 'bullmq',
  log,
}: QueueStoreOptions & { kind: 'postgres' }): QueueStore => {
  const { Queue, Worker, QueueEvents } = withBackend(createPostgresBackend)
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE })
  pool.on('error', reportStoreErrors(log))
  const connection = { connectionString: url, schema, max: POOL_SIZE, migrate: true }
  // The classes differ only in the type of their connection option, which nobody above looks at.
  const asQueue = (queue: unknown) => queue as bullmq.Queue
  const asWorker = (worker: unknown) => worker as bullmq.Worker
  const asEvents = (events: unknown) => events as bullmq.QueueEvents
  return {
    kind: 'postgres',
    queue: (name, opts) => asQueue(new Queue(name, { ...opts, connection })),
    worker: (name, processor, opts) => asWorker(new Worker(name, processor, { ...opts, connection })),
    events: (name) => asEvents(new QueueEvents(name, { connection })),
    limiter: (spec) => postgresLimiter(pool, schema, spec),
    exclusively: (name, task) => withAdvisoryLock(pool, name, task),
    check: async () => void (await pool.query('select 1')),
    facts: async () => {
      const asked = "select clock_timestamp() as now, current_setting('server_version') as version"
      const { rows } = await pool.query<{ now: Date; version: string }>(asked)
      const { now, version } = rows[0] ?? { now: new Date(0), version: '' }
      return { product: 'Postgres', version, now, eviction: null, appendOnly: null }
    },
    close: () => pool.end(),
  }
}

const postgresLimiter = (pool: pg.Pool, schema: string, spec: LimiterSpec): Promise<RateLimiterAbstract> =>
  withAdvisoryLock(pool, `limiter.${schema}`, async (client) => {
    await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`)
    return new Promise((resolve, reject) => {
      const limiter: RateLimiterPostgres = new RateLimiterPostgres(
        {
          storeClient: pool,
          storeType: 'pool',
          schemaName: schema,
          tableName: 'call_budget',
          keyPrefix: spec.keyPrefix,
          points: spec.points,
          duration: spec.durationSeconds,
        },
        (err?: Error) => (err ? reject(err) : resolve(limiter)),
      )
    })
  })

/** `upsertJobScheduler` races on Postgres (stack.md 2.2): serialised by an advisory lock it never does. */
const withAdvisoryLock = async <T>(
  pool: pg.Pool,
  name: string,
  task: (client: pg.PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    return await task(client)
  } finally {
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]).catch(() => undefined)
    client.release()
  }
}
