// Every request the simulator saw, for assertions: what was asked, by which shop's token, and how it was answered.
// Bounded: the oldest entries are forgotten. Tokens are never kept.

export interface LoggedRequest {
  readonly seq: number
  /** Real time, ISO. */
  readonly at: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Name of the route, `unknown` for a path nobody serves. */
  readonly route: string
  readonly shop: number | null
  readonly ro: number | null
  /** The token's shop, `all`, or null without a valid token. */
  readonly token: number | 'all' | null
  /** 0 while unanswered, and for a connection that was cut. */
  status: number
  /** The kind of the fault that answered instead, if any. */
  fault: string | null
  ms: number
}

export interface RequestFilter {
  readonly route?: string
  readonly shop?: number
  readonly ro?: number
  readonly status?: number
  readonly method?: string
}

export class RequestLog {
  readonly #capacity: number
  #entries: LoggedRequest[] = []
  #seq = 0
  #listeners = new Set<(request: LoggedRequest) => void>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(entry: Omit<LoggedRequest, 'seq'>): LoggedRequest {
    this.#seq += 1
    const logged = { seq: this.#seq, ...entry }
    this.#entries.push(logged)
    // Dropping in bulk keeps the cost per request constant.
    if (this.#entries.length > this.#capacity * 1.25) this.#entries = this.#entries.slice(-this.#capacity)
    for (const listener of this.#listeners) listener(logged)
    return logged
  }

  /** Calls back when a request arrives, before it is answered. Returns how to stop. */
  onArrival(listener: (request: LoggedRequest) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Entries that match, oldest first. */
  list(filter: RequestFilter = {}): LoggedRequest[] {
    const wanted = Object.entries(filter)
    return this.#entries
      .slice(-this.#capacity)
      .filter((entry) => wanted.every(([key, value]) => entry[key as keyof RequestFilter] === value))
  }

  count(filter: RequestFilter = {}): number {
    return this.list(filter).length
  }

  /** All requests since the start, also forgotten ones. */
  get total(): number {
    return this.#seq
  }

  reset(): void {
    this.#entries = []
  }
}
