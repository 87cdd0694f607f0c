// The embedded parts a process needs, started by it, or those of a running demo on the same data directory.
// A running owner describes its parts in `runtime.json` (mode 0600); whoever comes later joins instead of fighting over ports.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Logger } from '../core/logger.ts'
import { acquireLock, lockHolder } from './postgres/lock.ts'
import { embeddedSimulator, simulatorAt, type EmbeddedSimulator } from './embedded-simulator.ts'
import { startEmbeddedStack, type EmbeddedStack } from './stack.ts'
import { ensureUser } from './supabase-api/users.ts'

const StackParts = z.object({
  databaseUrl: z.string(),
  queueDatabaseUrl: z.string(),
  supabaseUrl: z.string(),
  anonKey: z.string(),
  serviceKey: z.string(),
  jwtSecret: z.string(),
})
const DemoUser = z.object({ email: z.string(), password: z.string() })
const Runtime = z.object({
  pid: z.int(),
  stack: StackParts.nullable(),
  simulatorUrl: z.string().nullable(),
  demoUser: DemoUser.nullable(),
  /** Where the owner serves pages; null while it serves none. */
  httpUrl: z.string().nullable().default(null),
})
type Runtime = z.output<typeof Runtime>

export interface EmbeddedPartsOptions {
  readonly dataDir: string
  readonly needsStack: boolean
  readonly needsSimulator: boolean
  readonly log: Logger
  /** Told about each part as it comes up. */
  readonly onPart?: (part: string, where: string) => void
}

export interface EmbeddedParts {
  readonly stack: z.output<typeof StackParts> | null
  readonly simulator: EmbeddedSimulator | null
  readonly demoUser: z.output<typeof DemoUser> | null
  /** The process that the parts belong to; null when it is this one. */
  readonly joined: Pick<Runtime, 'pid' | 'httpUrl'> | null
  /** Tells who joins from now on where this process serves pages. */
  readonly serves: (httpUrl: string) => void
  readonly close: () => Promise<void>
}

/** An owner that was told to stop finishes its active queue jobs first. */
const STOPPING_OWNER_MS = 30_000

/** Starts the parts, or joins the process that already runs them on this data directory. */
export const openEmbeddedParts = async (options: EmbeddedPartsOptions): Promise<EmbeddedParts> => {
  const dataDir = resolve(options.dataDir)
  mkdirSync(dataDir, { recursive: true })
  const running = readRunning(dataDir)
  if (running !== null && covers(running, options)) return joinRunning(running)
  return startParts({ ...options, dataDir })
}

const covers = (runtime: Runtime, { needsStack, needsSimulator }: EmbeddedPartsOptions): boolean =>
  (!needsStack || runtime.stack !== null) && (!needsSimulator || runtime.simulatorUrl !== null)

const joinRunning = async (running: Runtime): Promise<EmbeddedParts> => ({
  stack: running.stack,
  demoUser: running.demoUser,
  simulator: running.simulatorUrl === null ? null : await simulatorAt(running.simulatorUrl),
  joined: running,
  serves: () => undefined,
  close: async () => undefined,
})

/**
 * Without its Postgres the process can do nothing, and the driver of the embedded API does not survive it (postgres 3.4.9
 * writes to a socket that is gone). Being ended at any point is safe, so it ends, and the next start finds everything.
 */
const endWithout = (log: Logger): never => {
  log.fatal(
    { event: 'embedded.lost' },
    'the embedded Postgres has ended: start again, the data is still there',
  )
  process.exit(1)
}

const startParts = async ({
  dataDir,
  needsStack,
  needsSimulator,
  log,
  onPart = () => undefined,
}: EmbeddedPartsOptions): Promise<EmbeddedParts> => {
  const unlock = await acquireLock(lockFile(dataDir), { waitMs: STOPPING_OWNER_MS })
  let stack: EmbeddedStack | null = null
  try {
    if (needsStack) stack = await startEmbeddedStack({ dataDir, log, onLost: () => endWithout(log) })
    if (stack !== null)
      onPart('warehouse', `${stack.supabaseUrl}  (real Postgres behind a Supabase-compatible API)`)
    const simulator = needsSimulator ? await embeddedSimulator(dataDir) : null
    if (simulator !== null) onPart('Tekmetric', `${simulator.tekmetric.baseUrl}  (simulator)`)
    const demoUser = stack === null ? null : await demoLogin(dataDir, stack.databaseUrl)
    const parts = stack === null ? null : StackParts.parse(stack)
    const simulatorUrl = simulator?.tekmetric.baseUrl ?? null
    const serves = (httpUrl: string | null) =>
      writePrivately(join(dataDir, 'runtime.json'), {
        pid: process.pid,
        stack: parts,
        simulatorUrl,
        demoUser,
        httpUrl,
      } satisfies Runtime)
    serves(null)
    const stopStack = stack?.stop
    const close = async () => {
      rmSync(join(dataDir, 'runtime.json'), { force: true })
      await simulator?.close()
      await stopStack?.()
      unlock()
    }
    return { stack: parts, simulator, demoUser, joined: null, serves, close }
  } catch (error) {
    await stack?.stop()
    unlock()
    throw error
  }
}

/** The owner's description, when it still lives; a killed owner leaves a stale file behind. */
const readRunning = (dataDir: string): Runtime | null => {
  const file = join(dataDir, 'runtime.json')
  if (!existsSync(file)) return null
  const parsed = Runtime.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  const owner = lockHolder(lockFile(dataDir))
  return parsed.success && owner === parsed.data.pid && owner !== process.pid ? parsed.data : null
}

/** Held by the owner for as long as it lives; unlike a process id alone it cannot be mistaken for somebody else's. */
const lockFile = (dataDir: string): string => join(dataDir, 'runtime.lock')

/** A login of this data directory, with a password of its own: a demo on a shared machine is still not open to others. */
const demoLogin = async (dataDir: string, databaseUrl: string): Promise<z.output<typeof DemoUser>> => {
  const file = join(dataDir, 'demo-login.json')
  if (!existsSync(file))
    writePrivately(file, { email: 'demo@example.com', password: randomBytes(9).toString('base64url') })
  const login = DemoUser.parse(JSON.parse(readFileSync(file, 'utf8')))
  await ensureUser({ databaseUrl, ...login, appMetadata: { role: 'admin' } })
  return login
}

/** Written aside and renamed, readable by this user only. */
const writePrivately = (file: string, value: unknown): void => {
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, JSON.stringify(value), { mode: 0o600 })
  renameSync(unfinished, file)
}
