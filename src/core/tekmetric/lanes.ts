// Who goes next among callers that wait for the budget of one credential.
// Lanes share by weight (stride scheduling): an urgent lane gets most, and every lane with work gets its floor
// (60 / 25 / 10 / 5 %). Within a lane: first come, first served. A read that has begun goes before all, so that the
// two or three answers about one RO lie close together in time.
import type { Lane } from './types.ts'

const WEIGHTS: Readonly<Record<Lane, number>> = { interactive: 12, incremental: 5, repair: 2, backfill: 1 }

/** The share of the budget that a lane keeps while all others are busy, 0 to 1. */
export const floorOf = (lane: Lane): number =>
  WEIGHTS[lane] / Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)

export interface Waiter {
  readonly lane: Lane
  /** The further call of a read that has begun. */
  readonly continues: boolean
  /** Calls still to be granted. */
  remaining: number
  readonly grant: () => void
}

export class LaneQueue {
  private readonly begun: Waiter[] = []
  private readonly lanes = new Map<Lane, Waiter[]>()
  /** How far each lane has come, in calls by weight; the lane that is least far goes next. */
  private readonly passes = new Map<Lane, number>()
  private level = 0
  private current: Waiter | null = null
  /** Calls that wait, over all lanes. */
  calls = 0

  push(waiter: Waiter): void {
    this.calls += waiter.remaining
    if (waiter.continues) {
      this.begun.push(waiter)
      return
    }
    const line = this.lanes.get(waiter.lane)
    if (line) {
      line.push(waiter)
      return
    }
    // A lane that was idle starts level with the others: it neither pays for nor profits from its rest.
    this.passes.set(waiter.lane, Math.max(this.passOf(waiter.lane), this.level))
    this.lanes.set(waiter.lane, [waiter])
  }

  /** Takes a waiter that gives up out of the line. */
  remove(waiter: Waiter): void {
    if (waiter.remaining === 0) return
    this.calls -= waiter.remaining
    if (this.current === waiter) {
      this.current = null
      return
    }
    if (waiter.continues) this.begun.splice(this.begun.indexOf(waiter), 1)
    else this.withdraw(waiter)
  }

  /** Gives up to `calls` calls to those who are next. @returns how many were taken */
  give(calls: number): number {
    let left = calls
    while (left > 0) {
      const waiter = this.current ?? this.next()
      if (!waiter) break
      const taken = Math.min(left, waiter.remaining)
      waiter.remaining -= taken
      this.calls -= taken
      left -= taken
      this.current = waiter.remaining > 0 ? waiter : null
      if (waiter.remaining === 0) waiter.grant()
    }
    return calls - left
  }

  private next(): Waiter | null {
    const first = this.begun.shift()
    if (first) return first
    const [best] = [...this.lanes.keys()].sort((a, b) => this.passOf(a) - this.passOf(b))
    const waiter = best === undefined ? undefined : this.lanes.get(best)?.[0]
    if (best === undefined || !waiter) return null
    this.level = this.passOf(best)
    this.passes.set(best, this.level + waiter.remaining / WEIGHTS[best])
    this.withdraw(waiter)
    return waiter
  }

  private passOf(lane: Lane): number {
    return this.passes.get(lane) ?? 0
  }

  private withdraw(waiter: Waiter): void {
    const line = this.lanes.get(waiter.lane) ?? []
    const index = line.indexOf(waiter)
    if (index >= 0) line.splice(index, 1)
    if (line.length === 0) this.lanes.delete(waiter.lane)
  }
}
