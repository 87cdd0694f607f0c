// The client of TM's web API: the read routes that the sync uses, and nothing else. It cannot write.
import { shopSchema } from './schema-listings.ts'
import type { CallBudget } from './budget.ts'
import { employees, type EmployeeRow } from './employees.ts'
import { createHttpGet, DEFAULT_TIMEOUTS, type Timeouts } from './http-get.ts'
import { boardPages, findByNumber, postedPages, type BoardInput, type PostedInput } from './listings.ts'
import { parseAnswer } from './parse-answer.ts'
import { readRepairOrder, type ReadRepairOrderInput } from './read-repair-order.ts'
import { routeTo } from './routes.ts'
import { createTransport, type RequestRecord } from './transport.ts'
import type { CallOptions, ListingPage, RepairOrderRead, TokenProvider } from './types.ts'

export type { EmployeeRow } from './employees.ts'
export type { RequestRecord } from './transport.ts'
export type {
  Board,
  CallOptions,
  DeletedRepairOrder,
  FoundRepairOrder,
  Lane,
  ListingPage,
  MissingRepairOrder,
  RepairOrderRead,
  SeenRepairOrder,
  TokenProvider,
} from './types.ts'

export interface TekmetricClientOptions {
  /** `https://shop.tekmetric.com`; a path in it is kept as a prefix. */
  readonly baseUrl: string
  readonly tokens: TokenProvider
  readonly budget: CallBudget
  readonly timeouts?: Partial<Timeouts>
  /** Connections kept open to TM by this process. */
  readonly connections?: number
  /** Called after every request, also a failed one (status 0). */
  readonly onRequest?: (record: RequestRecord) => void
}

/** All methods throw the errors of core/errors.ts, or the signal's reason when aborted. */
export interface TekmetricClient {
  boardPages(input: BoardInput): AsyncGenerator<ListingPage, void>
  postedPages(input: PostedInput): AsyncGenerator<ListingPage, void>
  readRepairOrder(input: ReadRepairOrderInput): Promise<RepairOrderRead>
  employees(call: CallOptions): Promise<EmployeeRow[]>
  shopInfo(call: CallOptions): Promise<{ readonly name: string }>
  /** TM's id of the RO with that number in the shop, or null. */
  findByNumber(input: CallOptions & { readonly roNumber: number }): Promise<number | null>
  /** Closes the connections; calls under way fail. */
  close(): Promise<void>
}

const DEFAULT_CONNECTIONS = 16

/** Makes the client; opens no connection before the first call. */
export const createTekmetricClient = ({
  baseUrl,
  tokens,
  budget,
  timeouts = {},
  connections = DEFAULT_CONNECTIONS,
  onRequest = () => undefined,
}: TekmetricClientOptions): TekmetricClient => {
  const http = createHttpGet({ baseUrl, timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts }, connections })
  const transport = createTransport({ http, tokens, budget, onRequest })
  return {
    boardPages: (input) => boardPages(transport, input),
    postedPages: (input) => postedPages(transport, input),
    readRepairOrder: (input) => readRepairOrder(transport, input),
    employees: (call) => employees(transport, call),
    shopInfo: async ({ shopTmId, signal, lane }) => {
      const route = routeTo('shop', { params: { shop: shopTmId } })
      const answer = await transport.ask({ shopTmId, signal, lane, route })
      const { name } = parseAnswer(shopSchema, answer, { shop: shopTmId, route: route.template })
      return { name }
    },
    findByNumber: (input) => findByNumber(transport, input),
    close: () => http.close(),
  }
}
