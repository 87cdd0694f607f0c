// Tells a person's browser that opens a page from a program that calls an address, and keeps redirects inside this server.
import type { Request } from 'express'

/** True for a page load. Modern browsers say so; for older ones an explicit `Accept: text/html` counts. */
export const isNavigation = (req: Request): boolean => {
  const mode = req.get('sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return (req.get('accept') ?? '').includes('text/html')
}

/**
 * Where to go after login.
 * @returns `wanted` when it is a path of this server, else `fallback`
 */
export const localPath = (wanted: unknown, fallback: string): string => {
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return fallback
  const base = 'http://here.invalid'
  // The URL parser decides as a browser would: `//elsewhere` and `/\elsewhere` leave this server, and so would what it
  // makes of `/.//elsewhere`.
  if (!URL.canParse(wanted, base)) return fallback
  const url = new URL(wanted, base)
  return url.origin === base && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}` : fallback
}
