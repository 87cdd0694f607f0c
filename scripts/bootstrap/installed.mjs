// Whether node_modules holds what package-lock.json names. npm writes its own list at the very end of an install, so
// one that was killed in the middle counts as not done.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const packagesIn = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** @param {string} root the checkout */
export const isInstalled = (root) => {
  const wanted = packagesIn(join(root, 'package-lock.json'))
  const present = packagesIn(join(root, 'node_modules', '.package-lock.json'))
  if (wanted === undefined || present === undefined) return false
  return Object.entries(wanted).every(([path, { version, optional, peer }]) => {
    if (path === '') return true
    const found = present[path]
    // Packages of other platforms are in the lockfile and never installed.
    return found === undefined ? Boolean(optional || peer) : found.version === version
  })
}
