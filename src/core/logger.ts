// pino, configured once: JSON lines with everything in fields, ISO time, level as text, secrets censored by path.
// `event` is a constant, greppable name; messages are for people. Payloads, rows, tokens and URLs with queries are never logged.
import pino, { type Logger, type LoggerOptions } from 'pino'

export type { Logger } from 'pino'

const SECRET_KEYS = [
  'token',
  'access_token',
  'refresh_token',
  'jwt_token',
  'authorization',
  'cookie',
  'set-cookie',
  'x-auth-token',
  'apikey',
  'password',
  'serviceKey',
  'anonKey',
  'jwtSecret',
  'nonce',
]
/** Censored at the top level and up to three levels down: deeper objects are not logged by house rule. */
const censored = SECRET_KEYS.flatMap((key) => {
  const path = /^[A-Za-z_]+$/.test(key) ? `.${key}` : `["${key}"]`
  return [path.replace(/^\./, ''), `*${path}`, `*.*${path}`, `*.*.*${path}`]
})

export interface CreateLoggerOptions {
  readonly level: string
  /** True on a terminal: lines a person can read. False: JSON. */
  readonly pretty?: boolean
  /** For commands, whose standard output is their result. Only with `pretty`. */
  readonly toStandardError?: boolean
  /** Where lines go; default standard output. Tests collect them. */
  readonly destination?: pino.DestinationStream
  /** Told about every line of level error or above that carries an error, with the fields of the line and its children. */
  readonly onError?: ErrorListener | undefined
}

export type ErrorListener = (error: Error, fields: Readonly<Record<string, unknown>>) => void

const ERROR_LEVEL = 50

/** Lines reach the listener as they are logged, before anything is formatted. */
const listenedBy = (onError: ErrorListener): NonNullable<LoggerOptions['hooks']> => ({
  logMethod(args, method, level) {
    const fields: unknown = args[0]
    if (level >= ERROR_LEVEL && typeof fields === 'object' && fields !== null && 'err' in fields) {
      const { err, ...others } = fields
      if (err instanceof Error) onError(err, { ...this.bindings(), ...others })
    }
    method.apply(this, args)
  },
})

/** Makes the process's root logger. Children add `shop`, `ro`, `run` and queue job ids. */
export const createLogger = ({
  level,
  pretty = false,
  toStandardError = false,
  destination,
  onError,
}: CreateLoggerOptions): Logger => {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: censored, censor: '[secret]' },
    serializers: { err: pino.stdSerializers.err },
    ...(onError === undefined ? {} : { hooks: listenedBy(onError) }),
  }
  if (destination) return pino(options, destination)
  if (!pretty) return pino(options)
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { translateTime: 'SYS:HH:MM:ss', ignore: 'event', destination: toStandardError ? 2 : 1 },
    },
  })
}

/** A logger that drops everything; for tests and quiet commands. */
export const silentLogger = (): Logger => pino({ level: 'silent' })
