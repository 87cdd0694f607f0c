// profit-details-report and its siblings (spec §4.6): every posted RO of a window, by keyset on the posted date.
import { malform } from './faults.ts'
import type { SimRepairOrder } from './model.ts'
import { reportSums } from './render-profit.ts'
import type { ReportSums } from './render-profit.ts'
import { intOf, json, problem } from './route-types.ts'
import type { Answer, Route, RouteContext } from './route-types.ts'
import { toTmJson } from './tm-json.ts'
import { fromInstant } from './local-time.ts'

const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

interface Selection {
  readonly rows: SimRepairOrder[]
}

/** The posted ROs asked for, newest first, or the refusal. Both bounds are inclusive (U18). */
const select = ({ world, query, scope }: RouteContext): Selection | Answer => {
  const shops = (query.get('shopIds') ?? '')
    .split(',')
    .filter((id) => id !== '')
    .map(Number)
  if (shops.length === 0) return problem(400, 'shopIds is required')
  if (shops.some((id) => scope.shop !== null && scope.shop !== id))
    return problem(403, 'No access to this shop')
  const bounds = [query.get('start') ?? '', query.get('end') ?? '']
  if (world.quirks.reportNeedsOffset && bounds.some((bound) => !WITH_OFFSET.test(bound))) {
    return problem(400, 'start and end must be date-times with an offset')
  }
  const [start, end] = bounds.map((bound) => Date.parse(bound))
  if (start === undefined || end === undefined || Number.isNaN(start + end))
    return problem(400, 'Unreadable date')
  const ascending = query.get('sortOrder') === 'ASC'
  const rows = shops
    .flatMap((id) => [...(world.shops.get(id)?.repairOrders.values() ?? [])])
    .filter((ro) => isPostedWithin(ro, start, end))
    .toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)) * (ascending ? 1 : -1))
  return { rows }
}

const isPostedWithin = (ro: SimRepairOrder, start: number, end: number): boolean => {
  if ((ro.statusId !== 5 && ro.statusId !== 6) || ro.postedDate === null) return false
  const posted = fromInstant(ro.postedDate)
  return posted >= start && posted <= end
}

interface Key {
  readonly postedDate: string
  readonly id: number
}

const keyOf = (ro: SimRepairOrder): Key => ({ postedDate: ro.postedDate ?? '', id: ro.id })

const compareKeys = (a: Key, b: Key): number =>
  a.postedDate === b.postedDate ? a.id - b.id : a.postedDate < b.postedDate ? -1 : 1

const encodeKey = (key: Key, style: 'string' | 'object'): string | Key =>
  style === 'object' ? key : Buffer.from(`${key.postedDate}|${key.id}`).toString('base64url')

/** Reads `nextKeys` back: an opaque string, or the object as JSON. Undefined when it is neither. */
const decodeKey = (text: string): Key | undefined => {
  if (text.startsWith('{')) {
    const parsed: unknown = JSON.parse(text)
    return parsed && typeof parsed === 'object' && 'postedDate' in parsed && 'id' in parsed
      ? { postedDate: String(parsed.postedDate), id: Number(parsed.id) }
      : undefined
  }
  const [postedDate, id] = Buffer.from(text, 'base64url').toString().split('|')
  return postedDate === undefined || id === undefined ? undefined : { postedDate, id: Number(id) }
}

const report = (context: RouteContext): Answer => {
  const selection = select(context)
  if ('status' in selection) return selection
  const { world, query, answers, fault } = context
  const size = Math.max(1, Math.min(intOf(query, 'size', 100), world.quirks.reportPageSize))
  const cursor = query.get('nextKeys')
  const key = cursor ? decodeKey(cursor) : undefined
  if (cursor && !key) return problem(400, 'Unreadable nextKeys')
  const direction = query.get('sortOrder') === 'ASC' ? 1 : -1
  const left = key
    ? selection.rows.filter((ro) => compareKeys(keyOf(ro), key) * direction > 0)
    : selection.rows
  const page = left.slice(0, size)
  const last = page.at(-1)
  const hasNext = left.length > page.length
  const nextKeys = hasNext && last ? encodeKey(keyOf(last), world.quirks.reportKeys) : null
  const texts = page.map((ro) => answers.text(ro, 'report'))
  if (fault?.kind === 'malform' && page[0]) {
    const object = answers.object(page[0], 'report')
    malform(object, fault)
    texts[0] = toTmJson(object)
  }
  return json(`{"content":[${texts.join(',')}],"hasNext":${hasNext},"nextKeys":${JSON.stringify(nextKeys)}}`)
}

const summary = (context: RouteContext): Answer => {
  const selection = select(context)
  if ('status' in selection) return selection
  const all = selection.rows.map((ro) =>
    reportSums(ro, { state: context.world.shopOf(ro), style: context.answers.style }),
  )
  const count = context.query.get('metric') === 'AVG' ? Math.max(1, all.length) : 1
  const total = (key: keyof ReportSums): number => all.reduce((sum, row) => sum + row[key], 0) / count
  return json(
    JSON.stringify({
      laborProfit: total('laborProfit'),
      partsTotalProfit: total('partsTotalProfit'),
      subletProfit: total('subletProfit'),
      feesProfit: total('feesProfit'),
      totalProfit: total('totalProfit'),
    }),
  )
}

const count = (context: RouteContext): Answer => {
  const selection = select(context)
  if ('status' in selection) return selection
  const answer = { count: selection.rows.length }
  if (context.fault?.kind === 'malform') malform(answer, context.fault)
  return json(JSON.stringify(answer))
}

const BASE = '/api/reporting/profit-details-report'

export const reportRoutes: readonly Route[] = [
  { name: 'report', pattern: new RegExp(`^${BASE}$`), handle: report },
  { name: 'report-summary', pattern: new RegExp(`^${BASE}/summary$`), handle: summary },
  { name: 'report-count', pattern: new RegExp(`^${BASE}/count$`), handle: count },
]
