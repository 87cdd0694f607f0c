// Starts postgres-child.ts and reads its one line.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const answerSchema = z.union([
  z.object({ url: z.string(), pid: z.number() }),
  z.object({ refused: z.string() }),
])

export interface PostgresOwner {
  readonly answer: { url: string; pid: number }
  readonly process: ChildProcess
  /** Asks it to stop and waits until it has ended. */
  readonly stop: () => Promise<void>
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>
}

export interface SpawnOptions {
  readonly dataDir: string
  /** The user to run as; only root can choose. */
  readonly identity?: { uid: number; gid: number }
  readonly env?: Readonly<Record<string, string>>
  /** Another checkout to run from. */
  readonly checkout?: string
}

const thisCheckout = fileURLToPath(new URL('../..', import.meta.url))

/** @throws Error with what the launcher said when it refused to start */
export const spawnPostgres = async (options: SpawnOptions): Promise<PostgresOwner> => {
  const { dataDir, identity, env = {}, checkout = thisCheckout } = options
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/postgres-child.ts', dataDir], {
    cwd: checkout,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity,
  })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const first: unknown = await Promise.race([once(lines, 'line'), ended.then(() => ['{}'])]).then(([line]) =>
    JSON.parse(String(line)),
  )
  const parsed = answerSchema.safeParse(first)
  if (!parsed.success || 'refused' in parsed.data) {
    await ended
    throw new Error(parsed.success && 'refused' in parsed.data ? parsed.data.refused : said)
  }
  const end = async (name: NodeJS.Signals): Promise<void> => {
    child.kill(name)
    await ended
  }
  return { answer: parsed.data, process: child, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}
