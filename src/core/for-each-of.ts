// Work on many items, some at once.

/**
 * In order, at most `atOnce` at a time. After a failure nothing more begins, and it is thrown once what is under way has ended.
 */
export const forEachOf = async <T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const left = items.values()
  let failed = false
  const lines = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const item of left) {
      if (failed) return
      await work(item).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  })
  for (const line of await Promise.allSettled(lines)) if (line.status === 'rejected') throw line.reason
}
