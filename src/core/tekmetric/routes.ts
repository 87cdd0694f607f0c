// The read routes of TM's web API that we use. A route is its template (bounded, safe for logs and metrics)
// plus what fills it; the path with ids and query never leaves this folder.

const TEMPLATES = {
  board: '/api/shop/{shop}/job-board-group-by',
  postedReport: '/api/reporting/profit-details-report',
  postedCount: '/api/reporting/profit-details-report/count',
  search: '/api/shop/{shop}/repair-orders',
  header: '/api/shop/{shop}/repair-order/{ro}',
  estimate: '/api/repair-order/{ro}/estimate',
  profitLabor: '/api/repair-order/{ro}/profit/labor',
  employeesLite: '/api/shop/{shop}/employees-lite',
  employee: '/api/shop/{shop}/employee/{employee}',
  customers: '/api/shop/{shop}/customer',
  customer: '/api/shop/{shop}/customer/{customer}',
  vehicles: '/api/shop/{shop}/vehicle',
  vehicle: '/api/shop/{shop}/vehicle/{vehicle}',
  shop: '/api/shop/{shop}',
} as const

export type RouteName = keyof typeof TEMPLATES
export type RouteTemplate = (typeof TEMPLATES)[RouteName]

export const ROUTE_TEMPLATES: readonly RouteTemplate[] = Object.values(TEMPLATES)

export interface Route {
  readonly template: RouteTemplate
  readonly path: string
}

export interface RouteInput {
  readonly params?: Readonly<Record<string, number>>
  readonly query?: Readonly<Record<string, string | number>>
}

export const routeTo = (name: RouteName, { params = {}, query = {} }: RouteInput): Route => {
  const template = TEMPLATES[name]
  const path = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => wholeNumber(key, params[key]))
  const search = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString()
  return { template, path: search !== '' ? `${path}?${search}` : path }
}

/** Ids are the only thing that goes into a path, so nothing has to be escaped and nothing can be injected. */
const wholeNumber = (key: string, value: number | undefined): string => {
  if (!Number.isSafeInteger(value)) throw new TypeError(`the route needs a whole number for {${key}}`)
  return String(value)
}
