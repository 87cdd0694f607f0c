// Where a cluster lies on disk and how it is first made. Layout of `<dataDir>/postgres` ("base"):
//   data/          the cluster (mode 0700, owned by the server's user)
//   natives-<v>/   copied binaries, only where the checkout is closed to that user
//   postgres.log   what the server says
// When root's data directory lies under a folder closed to others, base is a link to a folder in /var/lib.
import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../../core/errors.ts'
import type { EmbeddedLog } from '../log.ts'
import { canReach, serverIdentity, type ServerIdentity } from './identity.ts'
import { usableNatives, type Natives } from './natives.ts'
import { clearPredecessor } from './predecessor.ts'

export interface Cluster {
  readonly base: string
  readonly dataDir: string
  readonly natives: Natives
  readonly identity: ServerIdentity | null
  /** The superuser's password; in a file that only the owner of the data directory can read. */
  readonly password: string
}

const run = promisify(execFile)

/** Nothing of our environment: PGPORT, PGDATA, LANG or LD_PRELOAD of the caller must not reach the server. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } as const

const elsewhereRoot = '/var/lib/tekmetric-warehouse'

/** For root with a closed home. The name carries the origin, so that data left by a deleted data directory is found. */
const baseElsewhere = async (dataDir: string, link: string, log: EmbeddedLog): Promise<string> => {
  const parent = existsSync('/var/lib') ? elsewhereRoot : join(tmpdir(), 'tekmetric-warehouse-data')
  mkdirSync(parent, { recursive: true, mode: 0o755 })
  chmodSync(parent, 0o755)
  const origin = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(`${origin}-`))) {
    await clearPredecessor(join(parent, name, 'data'), log)
    rmSync(join(parent, name), { recursive: true, force: true })
  }
  const base = mkdtempSync(join(parent, `${origin}-`))
  chmodSync(base, 0o755)
  symlinkSync(base, link)
  log.info(
    { folder: base },
    'the data directory is closed to other users, so root keeps the cluster elsewhere',
  )
  return base
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/** The folder for everything of the server; created, and reachable by the server's user. */
const baseOf = async (dataDir: string, log: EmbeddedLog): Promise<string> => {
  const here = join(dataDir, 'postgres')
  if (isLink(here)) {
    const target = readlinkSync(here)
    if (existsSync(target)) return target
    rmSync(here)
  }
  const root = process.getuid?.() === 0
  // The data directory is ours to open for passing through; what lies above it is not.
  if (root) chmodSync(dataDir, statSync(dataDir).mode | 0o111)
  if (!existsSync(here) && !canReach(dataDir, serverIdentity(join(here, 'data')))) {
    return baseElsewhere(dataDir, here, log)
  }
  mkdirSync(here, { recursive: true })
  chmodSync(here, root ? 0o755 : 0o700)
  return here
}

/** The secret in this file; made on first use. Mode 0600. */
const secretIn = (file: string): string => {
  if (!existsSync(file))
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  return readFileSync(file, 'utf8').trim()
}

const initialize = async (cluster: Cluster, durable: boolean): Promise<void> => {
  const { base, dataDir, natives, identity, password } = cluster
  const unfinished = `${dataDir}.new`
  const passwordFile = join(base, 'initdb-password')
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity !== null) {
    for (const path of [unfinished, passwordFile]) chownSync(path, identity.uid, identity.gid)
  }
  // Never from the environment: without LANG initdb would choose SQL_ASCII. The builtin provider needs no locale of
  // the system.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const flags = ['-D', unfinished, ...access, ...locale, ...(durable ? [] : ['--no-sync'])]
  try {
    await run(natives.initdb, flags, { cwd: '/', env: serverEnvironment, ...identity })
    renameSync(unfinished, dataDir)
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? ''
    throw new AppError('bug', 'EMBEDDED_POSTGRES', `initdb failed: ${said.trim()}`, { cause })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/**
 * The cluster of a data directory, made on first use, with no server running on it.
 * A kill in the middle of making it leaves nothing that a later start would take for a cluster.
 */
export const openCluster = async (options: {
  dataDir: string
  durable: boolean
  log: EmbeddedLog
}): Promise<Cluster> => {
  const base = await baseOf(options.dataDir, options.log)
  const dataDir = join(base, 'data')
  const identity = serverIdentity(dataDir)
  const cluster: Cluster = {
    base,
    dataDir,
    identity,
    natives: usableNatives({ identity, copyTo: base }),
    password: secretIn(join(dirname(dataDir), 'superuser-password')),
  }
  await clearPredecessor(dataDir, options.log)
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialize(cluster, options.durable)
  return cluster
}
