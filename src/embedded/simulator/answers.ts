// Finished answers about ROs, kept as text until the RO, someone it names or a quirk changes. Rendering is lazy: an
// RO that nobody asks for is never rendered.
import type { SimRepairOrder } from './model.ts'
import { renderEstimate } from './render-estimate.ts'
import { renderProfit, renderReportRow } from './render-profit.ts'
import { renderBoardRow, renderHeader, renderSearchRow, renderThin } from './render-repair-order.ts'
import { createNumberStyle, toTmJson } from './tm-json.ts'
import type { NumberStyle } from './tm-json.ts'
import type { World } from './world.ts'

export type AnswerKind = 'header' | 'estimate' | 'profit' | 'thin' | 'board' | 'report' | 'search'

interface Cached {
  readonly revision: number
  readonly shopRevision: number
  readonly texts: Partial<Record<AnswerKind, string>>
}

/** Enough for a large shop's month; beyond it the oldest entries are rendered again when asked for. */
const CACHED_REPAIR_ORDERS = 4_000

export class Answers {
  readonly #world: World
  #style: NumberStyle
  readonly #cache = new Map<number, Cached>()

  constructor(world: World) {
    this.#world = world
    this.#style = createNumberStyle(world.quirks, world.seed)
  }

  get style(): NumberStyle {
    return this.#style
  }

  /** To be called when a quirk that shapes answers has changed. */
  reset(): void {
    this.#style = createNumberStyle(this.#world.quirks, this.#world.seed)
    this.#cache.clear()
  }

  /** The answer as JSON text. */
  text(ro: SimRepairOrder, kind: AnswerKind): string {
    const shopRevision = this.#world.shopOf(ro).revision
    let cached = this.#cache.get(ro.id)
    if (!cached || cached.revision !== ro.revision || cached.shopRevision !== shopRevision) {
      cached = { revision: ro.revision, shopRevision, texts: {} }
      this.#cache.delete(ro.id)
      this.#cache.set(ro.id, cached)
      this.#forgetOldest()
    }
    return (cached.texts[kind] ??= this.#literal(ro, kind) ?? toTmJson(this.#render(ro, kind)))
  }

  /** The answer as a fresh object, for faults that spoil a field. */
  object(ro: SimRepairOrder, kind: AnswerKind): unknown {
    const literal = this.#literal(ro, kind)
    return literal === null ? this.#render(ro, kind) : JSON.parse(literal)
  }

  #literal(ro: SimRepairOrder, kind: AnswerKind): string | null {
    if (kind === 'header') return ro.literal?.header ?? null
    if (kind === 'estimate') return ro.literal?.estimate ?? null
    return kind === 'profit' ? (ro.literal?.profitLabor ?? null) : null
  }

  #forgetOldest(): void {
    if (this.#cache.size <= CACHED_REPAIR_ORDERS) return
    const oldest = this.#cache.keys().next()
    if (oldest.done !== true) this.#cache.delete(oldest.value)
  }

  #render(ro: SimRepairOrder, kind: AnswerKind): unknown {
    const context = { state: this.#world.shopOf(ro), style: this.#style }
    switch (kind) {
      case 'header':
        return renderHeader(ro, context)
      case 'estimate':
        return renderEstimate(ro, {
          ...context,
          repeatsSublets: this.#world.quirks.subletPlacement === 'both',
        })
      case 'profit':
        return renderProfit(ro, context)
      case 'thin':
        return renderThin(ro, context)
      case 'board':
        return renderBoardRow(ro, context)
      case 'report':
        return renderReportRow(ro, context)
      case 'search':
        return renderSearchRow(ro, context)
    }
  }
}
