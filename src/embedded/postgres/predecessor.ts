// Ends what an earlier, killed owner of a cluster left behind: an orphaned postmaster, its children, a stale pid file.
// Called with the lock held, so no server found here belongs to a living owner.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EmbeddedLog } from '../log.ts'
import { commandLine, isAlive, serversOf, signal, waitUntil } from './processes.ts'

/** Long enough for the checkpoint of a fast shutdown on a slow disk. */
const FAST_SHUTDOWN_MS = 15_000
const CHILDREN_MS = 5_000

/** The pid in the file, if it is really a server of this cluster: numbers are used again by other programs. */
const postmasterOf = (clusterDir: string, pidFile: string): number | null => {
  if (!existsSync(pidFile)) return null
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null
  return commandLine(pid).includes(clusterDir) ? pid : null
}

const stopPostmaster = async (pid: number): Promise<void> => {
  signal(pid, 'SIGINT')
  if (await waitUntil(() => !isAlive(pid), { withinMs: FAST_SHUTDOWN_MS })) return
  signal(pid, 'SIGQUIT')
  if (await waitUntil(() => !isAlive(pid), { withinMs: CHILDREN_MS })) return
  signal(pid, 'SIGKILL')
}

/** Children of a killed postmaster end by themselves within moments; those that do not are told to. */
const stopChildren = async (clusterDir: string): Promise<void> => {
  const gone = (): boolean => serversOf(clusterDir).length === 0
  if (await waitUntil(gone, { withinMs: CHILDREN_MS })) return
  for (const pid of serversOf(clusterDir)) signal(pid, 'SIGQUIT')
  if (await waitUntil(gone, { withinMs: CHILDREN_MS })) return
  for (const pid of serversOf(clusterDir)) signal(pid, 'SIGKILL')
  await waitUntil(gone, { withinMs: CHILDREN_MS })
}

/** Afterwards no process serves the cluster and no pid file stands in the way of a start. */
export const clearPredecessor = async (clusterDir: string, log: EmbeddedLog): Promise<void> => {
  const pidFile = join(clusterDir, 'postmaster.pid')
  const orphan = postmasterOf(clusterDir, pidFile)
  if (orphan !== null) {
    log.warn({ pid: orphan }, 'stopping the Postgres that a killed run left behind')
    await stopPostmaster(orphan)
  }
  await stopChildren(clusterDir)
  if (existsSync(pidFile)) {
    log.info({}, 'removing the pid file of a Postgres that was killed')
    rmSync(pidFile, { force: true })
  }
}
