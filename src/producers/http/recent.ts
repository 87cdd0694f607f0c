// What was said a moment ago, so that it is neither asked nor said again: keys, each for a while, the newest of them.

export interface Recent {
  has(key: string): boolean
  add(key: string): void
}

/** @param most so many keys are kept; beyond it the oldest are forgotten before their time */
export const createRecent = ({ ms, most }: { readonly ms: number; readonly most: number }): Recent => {
  const until = new Map<string, number>()
  return {
    has: (key) => (until.get(key) ?? 0) > performance.now(),
    add: (key) => {
      const now = performance.now()
      until.delete(key)
      for (const [oldest, end] of until) {
        if (end > now && until.size < most) break
        until.delete(oldest)
      }
      until.set(key, now + ms)
    },
  }
}
