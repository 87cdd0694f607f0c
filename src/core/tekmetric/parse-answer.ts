// Runs a schema over an answer of TM and turns zod's findings into our error: paths and reasons, never values.
import type { z } from 'zod'
import { UpstreamChanged } from '../errors.ts'
import type { ErrorDetails } from '../errors.ts'

/** Enough to see what happened; an answer with every line broken should not fill the log. */
const MAX_ISSUES = 20

/** @throws UpstreamChanged with `details.issues` = [{ path: 'estimate.jobs.0.parts.2.total', message }] */
export const parseAnswer = <T extends z.ZodType>(
  schema: T,
  answer: unknown,
  about: ErrorDetails,
): z.output<T> => {
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  const found = result.error.issues
  const issues = found
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
  const first = issues[0] ?? { path: '', message: 'is not understood' }
  throw new UpstreamChanged(
    `TM's answer does not mean what we need: ${first.path || 'the answer'} ${first.message}`,
    {
      details: { ...about, issues, issueCount: found.length },
    },
  )
}
