// The client of TM's web API: the read routes that the sync uses, and nothing else. It cannot write.
import { shopSchema } from './schema-listings.ts'
import type { CallBudget } from './budget.ts'
import { employees, type EmployeeRow } from './employees.ts'
import { createHttpGet, DEFAULT_TIMEOUTS, type Timeouts } from './http-get.ts'
import {
  boardPages,
  countPosted,
  findByNumber,
  postedPages,
  type BoardInput,
  type PostedInput,
} from './listings.ts'
import { parseAnswer } from './parse-answer.ts'
import { customer, customerPages, vehicle, vehiclePages, type PeoplePage } from './people-lists.ts'
import { readRepairOrder, type ReadRepairOrderInput } from './read-repair-order.ts'
import { routeTo } from './routes.ts'
import type { CustomerRow, VehicleRow } from './schema-people.ts'
import { createTransport, type RequestRecord } from './transport.ts'
import type { CallOptions, ListingPage, RepairOrderRead, TokenProvider } from './types.ts'

export type { EmployeeRow } from './employees.ts'
export type { PeoplePage, RefusedRow } from './people-lists.ts'
export type { CustomerRow, VehicleRow } from './schema-people.ts'
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
  ReportedProfit,
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
  /** How many posted ROs TM counts in a window; null when it does not say. */
  countPosted(input: PostedInput): Promise<number | null>
  readRepairOrder(input: ReadRepairOrderInput): Promise<RepairOrderRead>
  employees(call: CallOptions): Promise<EmployeeRow[]>
  customerPages(call: CallOptions): AsyncGenerator<PeoplePage<CustomerRow>, void>
  vehiclePages(call: CallOptions): AsyncGenerator<PeoplePage<VehicleRow>, void>
  /** One customer in full; null when TM has none with this id in the shop. */
  customer(input: CallOptions & { readonly customer: number }): Promise<CustomerRow | null>
  vehicle(input: CallOptions & { readonly vehicle: number }): Promise<VehicleRow | null>
  shopInfo(call: CallOptions): Promise<{ readonly name: string }>
  /** One cheap call that any login may make. @throws UpstreamForbidden when TM refuses the shop's token */
  checkToken(call: CallOptions): Promise<void>
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
    countPosted: (input) => countPosted(transport, input),
    readRepairOrder: (input) => readRepairOrder(transport, input),
    employees: (call) => employees(transport, call),
    customerPages: (call) => customerPages(transport, call),
    vehiclePages: (call) => vehiclePages(transport, call),
    customer: (input) => customer(transport, input),
    vehicle: (input) => vehicle(transport, input),
    checkToken: async ({ shopTmId, signal, lane }) => {
      const route = routeTo('employeesLite', {
        params: { shop: shopTmId },
        query: { status: 'ACTIVE', size: 1 },
      })
      await transport.askOrGone({ shopTmId, signal, lane, route })
    },
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
