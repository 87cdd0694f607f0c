// The folder of one test run, with a list of the processes it started. What a killed run left behind (processes,
// databases, files) is cleared away by the next one.
import type { ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../src/embedded/log.ts'
import { clearPredecessor } from '../../src/embedded/postgres/predecessor.ts'
import { birthMark, isAlive, signal, waitUntil } from '../../src/embedded/postgres/processes.ts'

const parent = join(tmpdir(), `tekmetric-warehouse-tests-${process.getuid?.() ?? 'user'}`)

const processesOf = (folder: string): string => join(folder, 'processes')

/** Notes a process in the run's list; the note says when it began, because numbers are used again. */
export const noteProcess = (folder: string, pid: number): void =>
  writeFileSync(join(processesOf(folder), String(pid)), birthMark(pid))

/** Sends SIGTERM when this process ends without having stopped the child (Ctrl-C in the middle of a run). */
export const endWithUs = (child: ChildProcess): void => {
  const kill = (): void => void child.kill('SIGTERM')
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))
}

const stillRuns = (folder: string, pid: number): boolean =>
  isAlive(pid) && birthMark(pid) === readFileSync(join(processesOf(folder), String(pid)), 'utf8')

const listed = (folder: string): readonly number[] =>
  existsSync(processesOf(folder)) ? readdirSync(processesOf(folder)).map(Number) : []

const ownerLives = (folder: string): boolean => {
  const file = join(folder, 'owner')
  if (!existsSync(file)) return false
  const [pid, born] = readFileSync(file, 'utf8').split(' ')
  return isAlive(Number(pid)) && birthMark(Number(pid)) === born
}

const clear = async (folder: string): Promise<void> => {
  for (const pid of listed(folder).filter((one) => stillRuns(folder, one))) {
    signal(pid, 'SIGTERM')
    await waitUntil(() => !isAlive(pid), { withinMs: 3_000 })
    if (isAlive(pid)) signal(pid, 'SIGKILL')
  }
  await clearPredecessor(join(folder, 'postgres', 'data'), silentLog)
  rmSync(folder, { recursive: true, force: true })
}

const keptIn = (folder: string): string => join(folder, 'kept-databases')

/** A failed test's database: its cluster outlives the run, see `closeRunFolder`. */
export const noteKeptDatabase = (folder: string, name: string): void => {
  mkdirSync(keptIn(folder), { recursive: true })
  writeFileSync(join(keptIn(folder), name), '')
}

/** Removes the folder of a run whose servers have stopped; with kept databases it stays, in place of an older one. */
export const closeRunFolder = (folder: string): void => {
  if (!existsSync(keptIn(folder))) return rmSync(folder, { recursive: true, force: true })
  const kept = join(parent, 'kept')
  rmSync(kept, { recursive: true, force: true })
  renameSync(folder, kept)
  const names = readdirSync(keptIn(kept)).join(', ')
  process.stderr.write(
    `\nkept the databases of failed tests: ${names}\nlook at them with: node --import tsx test/support/open-kept.ts\n`,
  )
}

/** The cluster of the last run that kept something, and the names of its kept databases; null when there is none. */
export const keptDatabases = (): { dataDir: string; names: readonly string[] } | null => {
  const dataDir = join(parent, 'kept')
  return existsSync(keptIn(dataDir)) ? { dataDir, names: readdirSync(keptIn(dataDir)) } : null
}

/** A new folder for this run; runs that were killed are cleared away first. */
export const openRunFolder = async (): Promise<string> => {
  mkdirSync(parent, { recursive: true, mode: 0o755 })
  chmodSync(parent, 0o755)
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith('run-'))) {
    const folder = join(parent, name)
    if (!ownerLives(folder)) await clear(folder)
  }
  const folder = mkdtempSync(join(parent, 'run-'))
  writeFileSync(join(folder, 'owner'), `${process.pid} ${birthMark(process.pid)}`)
  mkdirSync(processesOf(folder))
  return folder
}
