// One plain line out of vitest's JSON results: `N passed, N failed`, with the skipped ones when there are any.

const nothing = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }

const parse = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return nothing
  }
}

/**
 * @param {string} text what the JSON reporter wrote; empty when vitest did not get that far
 * @param {number} exitCode of vitest
 * @returns {{ line: string, failed: number }}
 */
export const countTests = (text, exitCode) => {
  const results = { ...nothing, ...parse(text) }
  // A file that cannot be loaded has no failed tests, and an error outside any test belongs to no file.
  const brokenFiles = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  ).length
  const counted = results.numFailedTests + brokenFiles
  const failed = counted === 0 && exitCode !== 0 ? 1 : counted
  const skipped = results.numPendingTests + results.numTodoTests
  const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { line, failed }
}
