// The one error taxonomy. Every failure has a class (what happens next), a stable code (what to look up)
// and details that are safe to log. Nothing in this project decides by an error's message.

/**
 * What happens after a failure (pipeline.md, "Failures by class"):
 * - `throttled`  the queue job waits; no attempt is spent
 * - `transient`  retried with exponential backoff and jitter
 * - `credential` the shop's work pauses until a token works again; no attempt is spent
 * - `data`       never retried: quarantined with the field's path
 * - `gone`       the entity is absent at the source; the processor decides whether that is a deletion
 * - `bug`        anything else: retried, then failed with stack and cause
 */
export const FAILURE_CLASSES = ['throttled', 'transient', 'credential', 'data', 'gone', 'bug'] as const
export type FailureClass = (typeof FAILURE_CLASSES)[number]

export type ErrorDetails = Readonly<Record<string, unknown>>

export interface AppErrorOptions {
  readonly details?: ErrorDetails
  readonly cause?: unknown
}

/** Base of all errors of this program. `details` must never hold a token, a payload or a person's data. */
export class AppError extends Error {
  readonly failureClass: FailureClass
  readonly code: string
  readonly details: ErrorDetails

  constructor(failureClass: FailureClass, code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.failureClass = failureClass
    this.code = code
    this.details = options.details ?? {}
  }
}

/** TM said 429, or our own budget is used up. `waitMs` is how long the credential should rest. */
export class UpstreamThrottled extends AppError {
  readonly waitMs: number
  constructor(message: string, waitMs: number, options?: AppErrorOptions) {
    super('throttled', 'UPSTREAM_THROTTLED', message, options)
    this.waitMs = waitMs
  }
}

/** Nothing is wrong: the queue job has more to do and goes on after `waitMs`, without spending an attempt. */
export class NotYet extends AppError {
  readonly waitMs: number
  constructor(message: string, waitMs: number) {
    super('throttled', 'NOT_YET', message)
    this.waitMs = waitMs
  }
}

/** 5xx, timeout, connection reset, truncated body, HTML where JSON was due. */
export class UpstreamDown extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('transient', 'UPSTREAM_DOWN', message, options)
  }
}

/** 401 or 403 from the source, also after the token was read again. */
export class UpstreamForbidden extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('credential', 'UPSTREAM_FORBIDDEN', message, options)
  }
}

/** The source answered well-formed JSON that does not mean what we need. `details.issues` lists field paths. */
export class UpstreamChanged extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('data', 'UPSTREAM_CHANGED', message, options)
  }
}

/** 404 for an entity. */
export class UpstreamGone extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('gone', 'UPSTREAM_GONE', message, options)
  }
}

/** The warehouse refused or was away; `details.sqlstate` (or PostgREST's code) says why. */
export class DatabaseRejected extends AppError {
  constructor(failureClass: FailureClass, message: string, options?: AppErrorOptions) {
    super(failureClass, 'DATABASE_REJECTED', message, options)
  }
}

/** A queue payload that does not fit its schema: an old release, a hand-made queue job or a bug. */
export class PayloadInvalid extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('data', 'PAYLOAD_INVALID', message, options)
  }
}

/** A person typed something that cannot be done. The CLI prints the message and exits 2; the API answers 400. */
export class UsageError extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('data', 'USAGE', message, options)
  }
}

/** Settings are missing or contradict each other. Exit code 78 (EX_CONFIG). */
export class ConfigInvalid extends AppError {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      'bug',
      'CONFIG_INVALID',
      `The settings cannot be used:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** Raised through an AbortSignal when the process is asked to stop. */
export class ShuttingDown extends AppError {
  constructor() {
    super('transient', 'SHUTTING_DOWN', 'the process is shutting down')
  }
}

/** The failure class of anything thrown; unknown errors are bugs. */
export const failureClassOf = (error: unknown): FailureClass =>
  error instanceof AppError ? error.failureClass : 'bug'
