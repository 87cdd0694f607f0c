// Which user runs the server. Postgres refuses to run as root, so root hands it to `nobody` (or to whoever
// already owns the data); everybody else runs it as themselves.
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export interface ServerIdentity {
  readonly uid: number
  readonly gid: number
}

/** Used where passwd cannot be read: Debian's and most others' number for `nobody`. */
const NOBODY: ServerIdentity = { uid: 65534, gid: 65534 }

const nobodyOfPasswd = (): ServerIdentity => {
  if (!existsSync('/etc/passwd')) return NOBODY
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? NOBODY : { uid: Number(uid), gid: Number(gid) }
}

/**
 * The identity to spawn the server with, or null to keep our own.
 * @param clusterDir an existing cluster keeps its owner, so data of an ordinary user survives a start as root
 */
export const serverIdentity = (clusterDir: string): ServerIdentity | null => {
  if (process.getuid?.() !== 0) return null
  const owner = existsSync(clusterDir) ? statSync(clusterDir) : undefined
  return owner !== undefined && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobodyOfPasswd()
}

const mayEnter = (folder: string, { uid, gid }: ServerIdentity): boolean => {
  const { mode, uid: owner, gid: group } = statSync(folder)
  if (owner === uid) return (mode & 0o100) !== 0
  if (group === gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}

/** Whether that user can walk down to this existing folder; a home with mode 0700 on the way says no. */
export const canReach = (folder: string, identity: ServerIdentity | null): boolean => {
  if (identity === null) return true
  let current = realpathSync(folder)
  for (;;) {
    if (!mayEnter(current, identity)) return false
    const parent = dirname(current)
    if (parent === current) return true
    current = parent
  }
}
