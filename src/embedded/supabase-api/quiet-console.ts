// @supabase/lite writes every refused request to console.error, statement and values included. Inside a request of
// ours that goes to the log at debug level, by SQLSTATE and message only.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { EmbeddedLog } from '../log.ts'

interface Refusal {
  readonly code?: unknown
  readonly sqlstate?: unknown
}

const current = new AsyncLocalStorage<EmbeddedLog>()
const { console } = globalThis
let wrapper: typeof console.error | undefined

/** Wraps whatever is there, and again when somebody has put something else there since. */
const install = (): void => {
  if (console.error === wrapper) return
  const original = console.error.bind(console)
  wrapper = (...parts: unknown[]) => {
    const log = current.getStore()
    if (log === undefined) return original(...parts)
    const error = parts.find((part): part is Refusal => part instanceof Error)
    log.debug({ code: error?.sqlstate ?? error?.code }, 'the embedded API refused a request')
  }
  console.error = wrapper
}

/** Runs `handle`; what it writes to console.error until it settles goes to the log instead. */
export const withQuietConsole = <T>(log: EmbeddedLog, handle: () => Promise<T>): Promise<T> => {
  install()
  return current.run(log, handle)
}
