// Why a queue job failed, in one line that a person understands: kept in the store, the run item and the log.
import { AppError, failureClassOf } from '../core/errors.ts'

const MAX_ISSUES = 5

/** `CODE: message`, plus the field paths of a refused payload or answer. Holds no values of the source. */
export const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (!(error instanceof AppError)) return error.message
  return `${error.code}: ${error.message}${issuePaths(error.details['issues'])}`
}

const issuePaths = (issues: unknown): string => {
  if (!Array.isArray(issues) || issues.length === 0) return ''
  const shown = issues
    .slice(0, MAX_ISSUES)
    .map((issue: { path?: unknown; message?: unknown }) => `${String(issue.path)}: ${String(issue.message)}`)
  return ` [${shown.join('; ')}]`
}

/** Why a run as a whole failed, for `sync_log.error`: the line for people, and class and code for everybody else. */
export const runErrorOf = (error: unknown) => ({
  reason: describe(error),
  class: failureClassOf(error),
  code: error instanceof AppError ? error.code : 'UNKNOWN',
})
