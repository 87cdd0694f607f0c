// The embedded stack as one thing: Postgres, a prepared and migrated warehouse database, a queue database and the
// Supabase-compatible API in front. Starts in order, stops in reverse; data and secrets stay in the data directory.
import { mkdirSync } from 'node:fs'
import { migrate } from '../core/warehouse/migrate.ts'
import { prepareDatabase, prepareQueueDatabase } from './database.ts'
import type { EmbeddedLog } from './log.ts'
import { startPostgres, type RunningPostgres } from './postgres/launcher.ts'
import { stackSecrets } from './secrets.ts'
import { startSupabaseApi } from './supabase-api/server.ts'

export interface StackOptions {
  readonly dataDir: string
  /** Wanted ports; others are taken, and reported in the log, when these are in use. */
  readonly ports?: { readonly postgres?: number; readonly supabase?: number }
  readonly log: EmbeddedLog
  /** Called when the server ended by itself: nothing of the stack works any more. */
  readonly onLost?: () => void
}

export interface EmbeddedStack {
  /** Role warehouse_owner: migrations, ensureUser, direct reads. */
  readonly databaseUrl: string
  /** A database of its own; BullMQ makes its schema there. */
  readonly queueDatabaseUrl: string
  readonly supabaseUrl: string
  readonly anonKey: string
  readonly serviceKey: string
  readonly jwtSecret: string
  /** Stop workers, queues and clients first. May be called twice. */
  readonly stop: () => Promise<void>
}

const startApi = async (postgres: RunningPostgres, options: StackOptions) => {
  const { ownerUrl, apiUrl } = await prepareDatabase({ adminUrl: postgres.url, database: 'warehouse' })
  const queueDatabaseUrl = await prepareQueueDatabase({ adminUrl: postgres.url, database: 'queues' })
  await migrate({ databaseUrl: ownerUrl, log: options.log })
  const { jwtSecret } = stackSecrets(options.dataDir)
  const port = options.ports?.supabase ?? 0
  const api = await startSupabaseApi({ databaseUrl: apiUrl, jwtSecret, port, log: options.log })
  return { api, databaseUrl: ownerUrl, queueDatabaseUrl }
}

/** Starts everything; when one part fails, those already started are stopped. */
export const startEmbeddedStack = async (options: StackOptions): Promise<EmbeddedStack> => {
  mkdirSync(options.dataDir, { recursive: true })
  const postgres = await startPostgres({
    dataDir: options.dataDir,
    port: options.ports?.postgres ?? 0,
    log: options.log,
    ...(options.onLost === undefined ? {} : { onLost: options.onLost }),
  })
  try {
    const { api, databaseUrl, queueDatabaseUrl } = await startApi(postgres, options)
    let stopping: Promise<void> | undefined
    const stopBoth = async (): Promise<void> => {
      await api.close()
      await postgres.stop()
    }
    const stop = (): Promise<void> => (stopping ??= stopBoth())
    const { url: supabaseUrl, anonKey, serviceKey, jwtSecret } = api
    return { databaseUrl, queueDatabaseUrl, supabaseUrl, anonKey, serviceKey, jwtSecret, stop }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}
