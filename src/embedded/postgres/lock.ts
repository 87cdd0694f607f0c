// One process at a time starts and stops what lies in a data directory. The lock is a file that names its holder;
// one left by a killed process is taken over.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
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

const create = (file: string): boolean => {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, born: birthMark(process.pid) }), {
      flag: 'wx',
      mode: 0o644,
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two processes may judge the same file stale; whoever's name stands in it a moment later has the lock. */
const takeOver = async (file: string): Promise<boolean> => {
  const before = readFileSafely(file)
  await delay(50)
  // A file that is just being written reads as empty; only one that stays the same is stale.
  if (before === null || readFileSafely(file) !== before || holds(readHolder(file))) return false
  rmSync(file, { force: true })
  if (!create(file)) return false
  await delay(100)
  const holder = readHolder(file)
  return holder?.pid === process.pid && holds(holder)
}

const readFileSafely = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
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
  const acquired = await waitUntil(async () => create(file) || (await takeOver(file)), {
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
