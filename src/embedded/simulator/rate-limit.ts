// An enforced limit: at most so many requests per token within any 60 seconds of real time. Refused requests do not
// count. Off while the limit is 0.

const WINDOW_MS = 60_000

export class RateLimit {
  /** Requests per minute and token; 0 enforces nothing. */
  requestsPerMinute: number
  /** How a refusal names the wait. */
  retryAfterStyle: 'seconds' | 'date' | 'none' = 'seconds'
  readonly #accepted = new Map<string, number[]>()

  constructor(requestsPerMinute: number) {
    this.requestsPerMinute = requestsPerMinute
  }

  /** Takes one request. Returns the wait in milliseconds when it is refused, else 0. */
  take(key: string, now: number = Date.now()): number {
    if (this.requestsPerMinute === 0) return 0
    const times = this.#accepted.get(key) ?? []
    const firstInWindow = times.findIndex((at) => at > now - WINDOW_MS)
    const recent = firstInWindow <= 0 ? (firstInWindow === 0 ? times : []) : times.slice(firstInWindow)
    this.#accepted.set(key, recent)
    if (recent.length < this.requestsPerMinute) {
      recent.push(now)
      return 0
    }
    return Math.max(1, (recent[recent.length - this.requestsPerMinute] ?? now) + WINDOW_MS - now)
  }

  reset(): void {
    this.#accepted.clear()
  }
}
