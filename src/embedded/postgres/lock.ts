// One process at a time starts and stops what lies in a data directory. The lock is a file that names its holder;
// one left by a killed process is taken over.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { UsageError } from '../../core/errors.ts'
import { birthMark, isAlive, waitUntil } from './processes.ts'

const holderSchema = z.object({ pid: z.number(), born: z.string() })
type Holder = z.infer<typeof holderSchema>

const readHolder = (file: string): Holder | null => {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

const holds = (holder: Holder | null): holder is Holder =>
  holder !== null && isAlive(holder.pid) && birthMark(holder.pid) === holder.born

/** Appears whole or not at all: a name is put in a file aside, which is then linked. */
const create = (file: string): boolean => {
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, JSON.stringify({ pid: process.pid, born: birthMark(process.pid) }))
  try {
    linkSync(aside, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

const textOf = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/** Two processes may find the same stale file; the one that moves it away goes on, and puts back what is not stale. */
const takeOver = (file: string): boolean => {
  const stale = textOf(file)
  if (stale === null || holds(readHolder(file))) return false
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
    if (textOf(aside) === stale) return create(file)
    linkSync(aside, file)
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/** The process that holds the lock now, if one lives. */
export const lockHolder = (file: string): number | null => {
  const holder = readHolder(file)
  return holds(holder) ? holder.pid : null
}

/**
 * Takes the lock, waiting a little for a holder that is just stopping.
 * @returns a function that gives it back
 * @throws UsageError when another living process keeps it
 */
export const acquireLock = async (file: string, { waitMs }: { waitMs: number }): Promise<() => void> => {
  const acquired = await waitUntil(() => create(file) || takeOver(file), {
    withinMs: waitMs,
    everyMs: 50,
  })
  if (!acquired) {
    throw new UsageError(
      `${file} is held by process ${lockHolder(file) ?? 'unknown'}: the same data is in use already; ` +
        'stop that process or choose another DATA_DIR',
    )
  }
  return () => {
    if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true })
  }
}
