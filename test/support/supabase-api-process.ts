// Keeps the Supabase API running in a process of its own: when it ends (a driver that does not survive the loss of its
// Postgres), it is started again at the same port, as an orchestrator does.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endWithUs, noteProcess } from './run-folder.ts'

export interface ApiChildInput {
  readonly databaseUrl: string
  readonly port: number
  readonly jwtSecret: string
}

const CHILD = fileURLToPath(new URL('supabase-api-child.ts', import.meta.url))
const RESTART_MS = 500

/** Resolves when it answers for the first time. @returns stops it for good */
export const keepSupabaseApi = async (
  input: ApiChildInput,
  runFolder: string,
): Promise<() => Promise<void>> => {
  let closing = false
  let child: ChildProcess
  const launch = (): ChildProcess => {
    const started = spawn(process.execPath, ['--import', 'tsx', CHILD], {
      env: { PATH: process.env['PATH'], SUPABASE_API_CHILD: JSON.stringify(input) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    if (started.pid !== undefined) noteProcess(runFolder, started.pid)
    endWithUs(started)
    return started
  }
  const keep = async (): Promise<void> => {
    while (!closing) {
      await once(child, 'exit')
      await pause(RESTART_MS)
      if (!closing) child = launch()
    }
  }
  child = launch()
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the Supabase API did not start'))),
  ])
  const kept = keep()
  return async () => {
    closing = true
    child.kill('SIGKILL')
    await kept
  }
}
