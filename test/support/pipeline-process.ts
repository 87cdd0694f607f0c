// Workers in a process of their own, so that a test can kill them as an operator or a crash would: with SIGKILL, at a
// chosen point of their work. The child is pipeline-child.ts; the product's code knows nothing of it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PipelineServers } from './pipeline-parts.ts'

/** Where the child kills itself. Each is passed `after` times before it does. */
export const CRASH_POINTS = [
  'between recording the listed ROs and enqueueing them',
  'in the middle of reading an RO from TM',
  'before an RO is written',
  'while an RO is being written',
  'between the commit of an RO and the enqueue of its snapshot',
  'between the commit of a snapshot and the enqueue of its day',
  'between the commit of a day and the end of its queue job',
] as const
/** Points that only a backfill passes. */
export const BACKFILL_CRASH_POINTS = [
  'between reading a page of the backfill and planning its ROs',
  'between planning the ROs of a page and enqueueing them',
  'in the middle of reading an RO from TM',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number] | (typeof BACKFILL_CRASH_POINTS)[number]

export interface ChildInput {
  readonly servers: PipelineServers
  readonly tokens: readonly (readonly [number, string])[]
  readonly now: string
  readonly stallMs: number
  readonly crash: { readonly point: CrashPoint; readonly after: number } | null
}

export interface WorkerProcess {
  readonly pid: number
  /** How it ended: `SIGKILL`, an exit code, or null while it runs. */
  readonly ended: () => string | null
  /** Resolves when it is gone. */
  readonly gone: Promise<string>
  /** Kills it with SIGKILL, as a crash would, and waits until it is gone. */
  kill(): Promise<void>
  /** What it wrote, for a failing test. */
  readonly output: () => string
}

const CHILD = fileURLToPath(new URL('pipeline-child.ts', import.meta.url))
const KEPT_OUTPUT = 20_000

const endOf = ({ exitCode, signalCode }: ChildProcess): string | null =>
  signalCode ?? (exitCode === null ? null : String(exitCode))

/** Starts the workers and resolves once they work. @throws Error with the child's output when it does not start */
export const startWorkerProcess = async (input: ChildInput): Promise<WorkerProcess> => {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
    env: { ...process.env, PIPELINE_CHILD: JSON.stringify(input) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const gone = once(child, 'exit').then(() => endOf(child) ?? 'unknown')
  const started = await Promise.race([once(child, 'message').then(() => null), gone])
  // A crash point may be reached before the message arrives; any other early end is a mistake of the test's.
  if (started !== null && started !== 'SIGKILL')
    throw new Error(`the worker process ended with ${started} before it worked:\n${output}`)
  return {
    pid: child.pid ?? 0,
    ended: () => endOf(child),
    gone,
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
    output: () => output,
  }
}
