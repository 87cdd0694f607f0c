// Evaluates the few forms of PromQL that our rules and dashboards use, over scrapes of the real /metrics:
//
//   comparison  expr > 3   expr == 0        keeps the series for which it holds
//   ratio       expr / expr                 series with the same labels
//   aggregation sum|min|max|count [by (a, b)] (expr)
//   range       rate(selector[10m])   increase(selector[10m])
//   others      histogram_quantile(0.9, expr)   absent(selector)   selector {a="b", c!="d", e=~"f|g", h!~"i"}
//
// Like Prometheus: a series needs two points for a range, a counter that falls has been reset, a missing series makes no
// answer. Unlike it: a range ends at its first and last point, it is not stretched to the whole window. Anything else in an
// expression is an error, so that no rule passes because it was not understood.
import type { Exposition, Sample } from './exposition.ts'

export interface Scrape extends Exposition {
  /** Seconds. */
  readonly at: number
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Evaluate = (scrapes: readonly Scrape[]) => readonly Series[]

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)(?![\w.])|([a-zA-Z_:][\w:]*)|"((?:[^"\\]|\\.)*)"|\[(\d+)([smh])\]|(=~|!~|!=|==|>=|<=|[=<>(){},/]))/y
const UNITS = { s: 1, m: 60, h: 3_600 } as const

interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'range' | 'sign'
  readonly text: string
}

const tokensOf = (expression: string): Token[] => {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(expression)
    if (match === null) throw new Error(`not understood: ${expression.slice(at)}`)
    const [, number, name, text, count, unit, sign] = match
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (text !== undefined) tokens.push({ kind: 'text', text })
    else if (count !== undefined)
      tokens.push({ kind: 'range', text: String(Number(count) * UNITS[unit as keyof typeof UNITS]) })
    else tokens.push({ kind: 'sign', text: sign ?? '' })
  }
  return tokens
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
}

const AGGREGATE: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  count: (values) => values.length,
}

const keyOf = (labels: Readonly<Record<string, string>>): string =>
  Object.keys(labels)
    .toSorted((a, b) => a.localeCompare(b))
    .map((name) => `${name}=${labels[name]}`)
    .join(',')

const grouped = (series: readonly Series[], by: readonly string[]): Map<string, Series[]> => {
  const groups = new Map<string, Series[]>()
  for (const one of series) {
    const labels = Object.fromEntries(by.map((name) => [name, one.labels[name] ?? '']))
    const key = keyOf(labels)
    groups.set(key, [...(groups.get(key) ?? []), { labels, value: one.value }])
  }
  return groups
}

type Selector = (scrape: Scrape) => readonly Sample[]

/** `value` of every series that has two points within the window: how much it grew, and in what time. */
const growth =
  (select: Selector, seconds: number, perSecond: boolean): Evaluate =>
  (scrapes) => {
    const now = scrapes.at(-1)?.at ?? 0
    const points = new Map<string, { labels: Series['labels']; at: number[]; values: number[] }>()
    for (const scrape of scrapes.filter(({ at }) => at >= now - seconds))
      for (const { labels, value } of select(scrape)) {
        const known = points.get(keyOf(labels)) ?? { labels, at: [], values: [] }
        points.set(keyOf(labels), known)
        known.at.push(scrape.at)
        known.values.push(value)
      }
    return [...points.values()].flatMap(({ labels, at, values }) => {
      if (values.length < 2) return []
      const grew = values.slice(1).reduce((sum, value, i) => {
        const before = values[i] ?? 0
        return sum + (value >= before ? value - before : value)
      }, 0)
      const took = (at.at(-1) ?? 0) - (at[0] ?? 0)
      return [{ labels, value: perSecond ? grew / took : grew }]
    })
  }

const quantile =
  (q: number, buckets: Evaluate): Evaluate =>
  (scrapes) => {
    const all = buckets(scrapes)
    const names = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].filter(
      (name) => name !== 'le',
    )
    const byRest = new Map<string, Series[]>()
    for (const one of all) {
      const key = keyOf(Object.fromEntries(names.map((name) => [name, one.labels[name] ?? ''])))
      byRest.set(key, [...(byRest.get(key) ?? []), one])
    }
    return [...byRest.values()].flatMap((group) => {
      const sorted = group
        .map(({ labels, value }) => ({
          le: labels['le'] === '+Inf' ? Infinity : Number(labels['le']),
          value,
        }))
        .toSorted((a, b) => a.le - b.le)
      const total = sorted.at(-1)?.value ?? 0
      if (total === 0) return []
      const at = sorted.findIndex(({ value }) => value >= q * total)
      const { le = NaN, value = 0 } = sorted[at] ?? {}
      const below = sorted[at - 1] ?? { le: 0, value: 0 }
      const { le: _le, ...labels } = group[0]?.labels ?? {}
      // In the last bucket there is no upper end to interpolate to.
      if (le === Infinity) return [{ labels, value: below.le }]
      const share = value === below.value ? 0 : (q * total - below.value) / (value - below.value)
      return [{ labels, value: below.le + (le - below.le) * share }]
    })
  }

class Parser {
  readonly names = new Set<string>()
  private readonly tokens: Token[]
  private at = 0

  constructor(expression: string) {
    this.tokens = tokensOf(expression)
  }

  whole(): Evaluate {
    const evaluate = this.comparison()
    if (this.at < this.tokens.length) throw new Error(`not understood: ${this.peek()?.text}`)
    return evaluate
  }

  private peek(): Token | undefined {
    return this.tokens[this.at]
  }

  private take(kind: Token['kind'], text?: string): string {
    const token = this.peek()
    if (token?.kind !== kind || (text !== undefined && token.text !== text))
      throw new Error(`expected ${text ?? kind}, found ${token?.text ?? 'the end'}`)
    this.at += 1
    return token.text
  }

  private has(text: string): boolean {
    if (this.peek()?.text !== text) return false
    this.at += 1
    return true
  }

  private comparison(): Evaluate {
    const left = this.ratio()
    const holds = COMPARE[this.peek()?.text ?? '']
    if (holds === undefined) return left
    this.at += 1
    const limit = Number(this.take('number'))
    return (scrapes) => left(scrapes).filter(({ value }) => holds(value, limit))
  }

  private ratio(): Evaluate {
    const left = this.operand()
    if (!this.has('/')) return left
    const right = this.operand()
    return (scrapes) => {
      const divisors = new Map(right(scrapes).map(({ labels, value }) => [keyOf(labels), value]))
      return left(scrapes).flatMap(({ labels, value }) => {
        const divisor = divisors.get(keyOf(labels))
        return divisor === undefined ? [] : [{ labels, value: value / divisor }]
      })
    }
  }

  private operand(): Evaluate {
    const name = this.take('name')
    const aggregate = AGGREGATE[name]
    if (aggregate !== undefined) return this.aggregation(aggregate)
    if (name === 'rate' || name === 'increase') return this.range(name === 'rate')
    if (name === 'histogram_quantile') {
      this.take('sign', '(')
      const q = Number(this.take('number'))
      this.take('sign', ',')
      const inner = this.ratio()
      this.take('sign', ')')
      return quantile(q, inner)
    }
    if (name === 'absent') {
      this.take('sign', '(')
      const select = this.selector(this.take('name'))
      this.take('sign', ')')
      return (scrapes) => {
        const last = scrapes.at(-1)
        return last !== undefined && select(last).length > 0 ? [] : [{ labels: {}, value: 1 }]
      }
    }
    const select = this.selector(name)
    return (scrapes) => {
      const last = scrapes.at(-1)
      return last === undefined ? [] : select(last).map(({ labels, value }) => ({ labels, value }))
    }
  }

  private aggregation(aggregate: (values: readonly number[]) => number): Evaluate {
    const by: string[] = []
    if (this.has('by')) {
      this.take('sign', '(')
      do by.push(this.take('name'))
      while (this.has(','))
      this.take('sign', ')')
    }
    this.take('sign', '(')
    const inner = this.ratio()
    this.take('sign', ')')
    return (scrapes) =>
      [...grouped(inner(scrapes), by).values()].map((group) => ({
        labels: group[0]?.labels ?? {},
        value: aggregate(group.map(({ value }) => value)),
      }))
  }

  private range(perSecond: boolean): Evaluate {
    this.take('sign', '(')
    const select = this.selector(this.take('name'))
    const seconds = Number(this.take('range'))
    this.take('sign', ')')
    return growth(select, seconds, perSecond)
  }

  private selector(name: string): Selector {
    this.names.add(name)
    const matchers: ((labels: Sample['labels']) => boolean)[] = []
    if (this.has('{')) {
      do matchers.push(this.matcher())
      while (this.has(','))
      this.take('sign', '}')
    }
    return ({ samples }) =>
      samples.filter((sample) => sample.name === name && matchers.every((matches) => matches(sample.labels)))
  }

  private matcher(): (labels: Sample['labels']) => boolean {
    const label = this.take('name')
    const sign = this.take('sign')
    const wanted = this.take('text')
    const pattern = new RegExp(`^(?:${wanted})$`)
    switch (sign) {
      case '=':
        return (labels) => (labels[label] ?? '') === wanted
      case '!=':
        return (labels) => (labels[label] ?? '') !== wanted
      case '=~':
        return (labels) => pattern.test(labels[label] ?? '')
      case '!~':
        return (labels) => !pattern.test(labels[label] ?? '')
      default:
        throw new Error(`${label} ${sign} is no matcher`)
    }
  }
}

/** @throws Error for anything that is not one of the forms above */
export const parseExpression = (
  expression: string,
): { readonly evaluate: Evaluate; readonly names: ReadonlySet<string> } => {
  const parser = new Parser(expression)
  return { evaluate: parser.whole(), names: parser.names }
}
