// What is known about other processes: whether they live, when they began, and which of them serve a given cluster.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const hasProc = existsSync('/proc/self/stat')

const procText = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** The fields of /proc/<pid>/stat after the command name, which may itself hold spaces and brackets. */
const statFields = (pid: number): readonly string[] => {
  const text = procText(pid, 'stat')
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Whether the process runs. A zombie (ended, not yet reaped by its parent) does not. */
export const isAlive = (pid: number): boolean => {
  if (hasProc) {
    const state = statFields(pid)[0]
    return state !== undefined && state !== 'Z' && state !== 'X'
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const ask = (pid: number, column: string): string => {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', `${column}=`], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** A text that differs between two processes that had the same number one after the other, also across a reboot. */
export const birthMark = (pid: number): string => {
  if (!hasProc) return ask(pid, 'lstart')
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${bootId}/${statFields(pid)[19] ?? 'gone'}`
}

export const commandLine = (pid: number): string =>
  hasProc ? procText(pid, 'cmdline').replaceAll('\0', ' ').trim() : ask(pid, 'command')

const worksIn = (pid: number, folder: string): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder
  } catch {
    return false
  }
}

/** Postmaster and children that have this cluster as working folder. Empty where there is no /proc. */
export const serversOf = (clusterDir: string): readonly number[] => {
  if (!hasProc || !existsSync(clusterDir)) return []
  const folder = realpathSync(clusterDir)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && worksIn(pid, folder) && commandLine(pid).includes('postgres') && isAlive(pid))
}

/** Sends the signal; a process that is gone by now is no error. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Polls until the condition holds; false when it did not within the time. */
export const waitUntil = async (
  condition: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 20 }: { withinMs: number; everyMs?: number },
): Promise<boolean> => {
  const end = Date.now() + withinMs
  for (;;) {
    if (await condition()) return true
    if (Date.now() >= end) return false
    await delay(everyMs)
  }
}
