// @supabase/lite writes every refused request to console.error, statement and values included. Inside a request of
// ours that goes to the log at debug level, by SQLSTATE and message only.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { EmbeddedLog } from '../log.ts'

const current = new AsyncLocalStorage<EmbeddedLog>()
const { console } = globalThis
let installed = false

const install = (): void => {
  if (installed) return
  installed = true
  const original = console.error.bind(console)
  console.error = (...parts: unknown[]) => {
    const log = current.getStore()
    if (log === undefined) return original(...parts)
    const error = parts.find((part) => part instanceof Error)
    log.debug({ code: (error as { code?: unknown } | undefined)?.code }, 'the embedded API refused a request')
  }
}

/** Runs `handle`; what it writes to console.error until it settles goes to the log instead. */
export const withQuietConsole = <T>(log: EmbeddedLog, handle: () => Promise<T>): Promise<T> => {
  install()
  return current.run(log, handle)
}
