// Where our pages are: one place, since they point at each other.

/** Bull Board. */
export const BOARD_PATH = '/admin/queues'
/** Search by RO number: open to every role, also at one shop; it leads to the others, and people land here after signing in. */
export const SEARCH_PATH = '/admin'
/** The search for one RO, filled in. */
export const roPath = (shopTmId: number, roNumber: number): string =>
  `${SEARCH_PATH}?shop_id=${shopTmId}&ro_number=${roNumber}`
export const FAILED_PATH = '/admin/failed'
export const SCHEDULES_PATH = '/admin/schedules'
/** Swagger UI. */
export const API_DOCS_PATH = '/api/docs'
