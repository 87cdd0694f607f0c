// Starts the product in processes of their own and reads what they log, so that a test can stop and kill them as a platform
// does. The child is program-child.ts.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Role } from '../../src/program.ts'
import type { LogLine } from './pipeline-log.ts'

/** Plain data: it goes to another process. */
export interface ProgramChildInput {
  readonly roles: readonly Role[]
  readonly settings: Readonly<Record<string, string>>
  readonly queue: { readonly kind: 'redis' | 'postgres'; readonly url: string }
  readonly warehouse: {
    readonly url: string
    readonly serviceKey: string
    readonly anonKey: string
    readonly jwtSecret: string
  }
  readonly tekmetric: {
    readonly baseUrl: string
    readonly tokens: readonly (readonly [number, string])[]
    readonly requestsPerMinute: number
  }
  readonly now: string
}

export interface ProgramProcess {
  /** Where its METRICS_PORT listens. */
  readonly url: string
  /** Where its API listens, if it has that role. */
  readonly apiUrl: string
  readonly lines: readonly LogLine[]
  /** SIGTERM, as a platform does. @returns exit code (or signal) and how long it took */
  stop(): Promise<{ readonly code: string; readonly ms: number }>
  kill(): Promise<void>
  /** How it ended; null while it runs. */
  readonly ended: () => string | null
}

const CHILD = fileURLToPath(new URL('program-child.ts', import.meta.url))
const START_MS = 40_000

const endOf = ({ exitCode, signalCode }: ChildProcess): string | null =>
  signalCode ?? (exitCode === null ? null : String(exitCode))

/** Resolves when the roles run. @throws Error with the last lines of a process that ended or took too long */
export const startProgramProcess = async (input: ProgramChildInput): Promise<ProgramProcess> => {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
    env: { PATH: process.env['PATH'], PROGRAM_CHILD: JSON.stringify(input) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  let said = ''
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as LogLine))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const gone = once(child, 'exit')
  const stop = async (signal: NodeJS.Signals) => {
    const from = performance.now()
    child.kill(signal)
    await gone
    return { code: endOf(child) ?? 'unknown', ms: performance.now() - from }
  }
  const deadline = Date.now() + START_MS
  while (!lines.some(({ event }) => event === 'boot.ready')) {
    if (endOf(child) !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      const last = lines.slice(-5).map((line) => JSON.stringify(line))
      throw new Error(`the process did not start (${endOf(child)}):\n${last.join('\n')}\n${said}`)
    }
    await pause(25)
  }
  const [url = '', apiUrl = ''] = lines
    .filter(({ event }) => event === 'http.listening')
    .map((line) => String(line['url']))
  return {
    url,
    apiUrl,
    lines,
    stop: () => stop('SIGTERM'),
    kill: async () => void (await stop('SIGKILL')),
    ended: () => endOf(child),
  }
}
