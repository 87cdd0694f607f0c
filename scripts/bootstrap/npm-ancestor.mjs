// Finds the npm process that runs this script, to notice when it is killed: a kill -9 of npm reaches nobody else, and
// what it started would go on unseen.
import { readFileSync } from 'node:fs'

const read = (pid, file) => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

const stat = (pid) => {
  const text = read(pid, 'stat')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', parent: Number(fields[1]), born: fields[19] }
}

const isNpm = (pid) => /\bnpm(-cli\.js)?\b/.test(read(pid, 'cmdline').replaceAll('\0', ' '))

/** The npm above us (npm, or npm and its shell), or null when there is none or the system has no /proc. */
export const npmAncestor = () => {
  if (process.env.npm_lifecycle_event === undefined) return null
  const parent = process.ppid
  const grandparent = stat(parent).parent
  const pid = [parent, grandparent].find((one) => one > 1 && isNpm(one))
  return pid === undefined ? null : { pid, born: stat(pid).born }
}

/** True also for "none found": then there is nothing to watch. */
export const stillLives = (ancestor) => {
  if (ancestor === null) return true
  const { state, born } = stat(ancestor.pid)
  return born === ancestor.born && state !== 'Z'
}
