// Routes of one RO and of the boards (spec §4.1–4.5).
import type { AnswerKind } from './answers.ts'
import { malform } from './faults.ts'
import type { SimRepairOrder } from './model.ts'
import { fractionOf } from './random.ts'
import { isThinMissing } from './render-repair-order.ts'
import { intOf, json, nothing, problem } from './route-types.ts'
import type { Answer, Route, RouteContext } from './route-types.ts'
import { fromInstant, DAY_MS } from './local-time.ts'
import { toTmJson } from './tm-json.ts'

/** How long a completed RO stays on the ACTIVE board; meanwhile it is on two boards (S7). */
const RECENTLY_COMPLETED_MS = 2 * DAY_MS

const answer = (ro: SimRepairOrder, kind: AnswerKind, { answers, fault }: RouteContext): Answer => {
  if (fault?.kind !== 'malform') return json(answers.text(ro, kind))
  const object = answers.object(ro, kind)
  malform(object, fault)
  return json(toTmJson(object))
}

const header = (context: RouteContext): Answer => {
  const ro = context.shop?.repairOrders.get(Number(context.params[1]))
  return ro ? answer(ro, 'header', context) : problem(404, 'Repair order not found')
}

/** Shop-less routes: the token decides which ROs exist. */
const ownRepairOrder = ({ world, params, scope }: RouteContext): SimRepairOrder | undefined => {
  const ro = world.repairOrders.get(Number(params[0]))
  return ro && (scope.shop === null || scope.shop === ro.shopTmId) ? ro : undefined
}

const thin = (context: RouteContext): Answer => {
  const ro = ownRepairOrder(context)
  if (!ro || isThinMissing(ro, context.world.quirks.thinMissingShare)) return nothing(404)
  return answer(ro, 'thin', context)
}

const estimate = (context: RouteContext): Answer => {
  const ro = ownRepairOrder(context)
  return ro ? answer(ro, 'estimate', context) : nothing(404)
}

const profit = (context: RouteContext): Answer => {
  const ro = ownRepairOrder(context)
  const isMissing = ro && fractionOf(ro.id, 'profit-missing') < context.world.quirks.profitMissingShare
  return ro && !isMissing ? answer(ro, 'profit', context) : nothing(404)
}

const isOnBoard = (ro: SimRepairOrder, board: string, now: number): boolean => {
  if (board === 'POSTED') return ro.statusId === 5 || ro.statusId === 6
  if (board === 'COMPLETE') return ro.statusId === 3
  if (ro.statusId === 3) return fromInstant(ro.updatedDate) >= now - RECENTLY_COMPLETED_MS
  return ro.statusId === 1 || ro.statusId === 2
}

const board = (context: RouteContext): Answer => {
  const { world, answers, query, shop, fault } = context
  const { quirks } = world
  const name = query.get('board') ?? 'ACTIVE'
  if (!shop || !['ACTIVE', 'POSTED', 'COMPLETE'].includes(name)) return problem(400, 'Unknown board')
  const recency = (ro: SimRepairOrder): string =>
    (quirks.boardOrder === 'posted' ? (ro.postedDate ?? ro.completedDate) : null) ?? ro.updatedDate
  const capped = [...shop.repairOrders.values()]
    .filter((ro) => isOnBoard(ro, name, world.now) && matchesSearch(ro, query.get('search')))
    .toSorted((a, b) => (recency(a) === recency(b) ? b.id - a.id : recency(a) < recency(b) ? 1 : -1))
    .slice(0, quirks.boardCap)
  const start =
    quirks.boardPaging === 'ignored' ? 0 : offsetOf(intOf(query, 'page', 0), quirks.boardPageSize, fault)
  const rows = quirks.boardPaging === 'ignored' ? capped : capped.slice(start, start + quirks.boardPageSize)
  const texts = rows.map((ro) => answers.text(ro, 'board'))
  if (fault?.kind === 'malform' && rows[0]) {
    const object = answers.object(rows[0], 'board')
    malform(object, fault)
    texts[0] = toTmJson(object)
  }
  const list = `[${texts.join(',')}]`
  return json(quirks.boardWrapper === 'array' ? list : `{"${quirks.boardWrapper}":${list}}`)
}

/** Where an offset page begins; rows moved under the reader's feet shift it (S13). */
export const offsetOf = (page: number, size: number, fault: RouteContext['fault']): number =>
  Math.max(0, page * size - (fault?.kind === 'shift' && page > 0 ? fault.by : 0))

const matchesSearch = (ro: SimRepairOrder, search: string | null): boolean =>
  search === null || search === '' || String(ro.number).includes(search)

const search = (context: RouteContext): Answer => {
  const { answers, query, shop } = context
  const found = [...(shop?.repairOrders.values() ?? [])]
    .filter((ro) => ro.statusId !== 7 && matchesSearch(ro, query.get('search')))
    .slice(0, Math.min(intOf(query, 'size', 100), 100))
  return json(`{"content":[${found.map((ro) => answers.text(ro, 'search')).join(',')}]}`)
}

const concerns = (context: RouteContext): Answer => {
  const ro = ownRepairOrder(context)
  if (!ro) return nothing(404)
  return json(
    JSON.stringify(ro.concerns.map((concern, i) => ({ id: ro.id * 10 + i, concern, techComment: null }))),
  )
}

export const repairOrderRoutes: readonly Route[] = [
  { name: 'board', pattern: /^\/api\/shop\/(\d+)\/job-board-group-by$/, shopParam: 0, handle: board },
  {
    name: 'header',
    pattern: /^\/api\/shop\/(\d+)\/repair-order\/(\d+)$/,
    shopParam: 0,
    roParam: 1,
    handle: header,
  },
  // The older list answers 404 for everyone (spec §4.2).
  {
    name: 'old-list',
    pattern: /^\/api\/shop\/(\d+)\/repair-order$/,
    shopParam: 0,
    handle: () => nothing(404),
  },
  { name: 'search', pattern: /^\/api\/shop\/(\d+)\/repair-orders$/, shopParam: 0, handle: search },
  { name: 'thin', pattern: /^\/api\/repair-order\/(\d+)$/, roParam: 0, handle: thin },
  { name: 'estimate', pattern: /^\/api\/repair-order\/(\d+)\/estimate$/, roParam: 0, handle: estimate },
  { name: 'profit', pattern: /^\/api\/repair-order\/(\d+)\/profit\/labor$/, roParam: 0, handle: profit },
  {
    name: 'concerns',
    pattern: /^\/api\/repair-orders\/(\d+)\/customer-concerns$/,
    roParam: 0,
    handle: concerns,
  },
]
