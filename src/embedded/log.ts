// The part of a pino logger that the embedded stack uses, so that a test can pass a plain object.

type LogMethod = (fields: object, message: string) => void

export interface EmbeddedLog {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

const nothing: LogMethod = () => undefined

/** A log that keeps quiet. */
export const silentLog: EmbeddedLog = { debug: nothing, info: nothing, warn: nothing, error: nothing }
