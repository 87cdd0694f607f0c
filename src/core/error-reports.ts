// Errors to Sentry, when SENTRY_DSN is set. Whatever the log says at level error or above with an `err` goes there: its class,
// a censored sentence, the stack's places, and the ids of the log line. Nothing else leaves: no payload, request, header, user,
// environment or source code. The library is loaded only when it is used.
import type { ErrorEvent, Exception } from '@sentry/node'
import type { ErrorListener } from './logger.ts'
import { scrubMessage } from './tekmetric/scrub.ts'

/** The ids that a log line carries and that say where an error happened. */
const TAGS = ['event', 'job', 'queue', 'queueJobId', 'shop', 'run', 'request'] as const

export interface ErrorReports {
  /** @param fields of the log line; only known ids of it are sent */
  readonly report: ErrorListener
  /** Waits until what was reported is sent, at most so long. */
  flush(ms: number): Promise<void>
}

export interface ErrorReportsOptions {
  readonly dsn: string
  readonly version: string
  readonly commit: string | null
  /** Values that must not leave whatever happens, none of them empty: keys, tokens and passwords of the settings. */
  readonly secrets: readonly string[]
  readonly now?: () => number
}

/** The same error is sent once in this time: an outage fails a thousand queue jobs with one cause. */
const REPEAT_MS = 60_000
const MAX_REMEMBERED = 500

export const openErrorReports = async (options: ErrorReportsOptions): Promise<ErrorReports> => {
  const { dsn, version, commit, now = Date.now } = options
  const sentry = await import('@sentry/node')
  sentry.init({
    dsn,
    release: commit === null ? version : `${version}+${commit}`,
    // Everything that would look around by itself (requests, console, source code, other libraries) stays off.
    defaultIntegrations: false,
    integrations: [sentry.linkedErrorsIntegration()],
    skipOpenTelemetrySetup: true,
    registerEsmLoaderHooks: false,
    sendDefaultPii: false,
    beforeSend: (event) => stripped(event, options.secrets),
  })
  const sent = new Map<string, number>()
  return {
    report: (error, fields) => {
      const key = `${error.name} ${error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? ''}`
      if (now() - (sent.get(key) ?? -Infinity) < REPEAT_MS) return
      if (sent.size >= MAX_REMEMBERED) sent.clear()
      sent.set(key, now())
      sentry.captureException(error, { tags: tagsOf(fields) })
    },
    flush: async (ms) => void (await sentry.flush(ms)),
  }
}

const tagsOf = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    TAGS.flatMap((name) => {
      const value = fields[name]
      return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : []
    }),
  )

/** Built anew from what may be sent, so that nothing the library adds slips through. */
const stripped = (event: ErrorEvent, secrets: readonly string[]): ErrorEvent => ({
  type: undefined,
  ...(event.event_id === undefined ? {} : { event_id: event.event_id }),
  ...(event.timestamp === undefined ? {} : { timestamp: event.timestamp }),
  ...(event.release === undefined ? {} : { release: event.release }),
  ...(event.tags === undefined ? {} : { tags: event.tags }),
  level: 'error',
  platform: 'node',
  exception: { values: (event.exception?.values ?? []).map((one) => strippedException(one, secrets)) },
})

const strippedException = (
  { type, value, stacktrace }: Exception,
  secrets: readonly string[],
): Exception => ({
  ...(type === undefined ? {} : { type }),
  value: censored(value ?? '', secrets),
  stacktrace: {
    frames: (stacktrace?.frames ?? []).map(({ filename, function: name, lineno, colno, in_app }) => ({
      ...(filename === undefined ? {} : { filename }),
      ...(name === undefined ? {} : { function: name }),
      ...(lineno === undefined ? {} : { lineno }),
      ...(colno === undefined ? {} : { colno }),
      ...(in_app === undefined ? {} : { in_app }),
    })),
  },
})

/** What a database or a server quotes back at us is somebody's data, unless it is a plain name such as a column's. */
const QUOTED = /"(?![a-z_][a-z0-9_]*")[^"]*"/g
/** Phone numbers, and whatever else is a long number. */
const LONG_NUMBER = /\+?\d[\d ().-]{5,}\d/g

const censored = (text: string, secrets: readonly string[]): string =>
  scrubMessage(
    secrets
      .reduce((left, secret) => left.replaceAll(secret, '[secret]'), text)
      .replaceAll(QUOTED, '"[quoted]"')
      .replaceAll(LONG_NUMBER, '[number]'),
  )
