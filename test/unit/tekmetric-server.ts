// A tiny server that plays TM for one test: a function answers each request; the requests are kept for assertions.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach } from 'vitest'
import type { CallBudget } from '../../src/core/tekmetric/budget.ts'
import {
  createTekmetricClient,
  type RequestRecord,
  type TekmetricClient,
} from '../../src/core/tekmetric/client.ts'
import type { Timeouts } from '../../src/core/tekmetric/http-get.ts'
import { createTokenProvider } from '../../src/core/tekmetric/tokens.ts'
import type { TokenProvider } from '../../src/core/tekmetric/types.ts'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly token: string | undefined
}

export type Reply = (input: { readonly seen: Seen; readonly n: number; readonly res: ServerResponse }) => void

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  ({ res }) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers })
    res.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

export interface World {
  readonly client: TekmetricClient
  readonly requests: Seen[]
  readonly records: RequestRecord[]
  readonly acquired: Array<{ calls: number; credential: string; lane: string; continues: boolean }>
  readonly throttled: Array<{ credential: string; waitMs: number }>
  /** Connections the server has seen. */
  readonly sockets: () => number
}

export interface WorldOptions {
  readonly timeouts?: Partial<Timeouts>
  readonly tokens?: TokenProvider
  readonly connections?: number
  readonly basePath?: string
}

const running: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

/** A client talking to a server that answers by `reply`; everything is closed after the test. */
export const startWorld = async (reply: Reply, options: WorldOptions = {}): Promise<World> => {
  const requests: Seen[] = []
  let sockets = 0
  const server = createServer((req: IncomingMessage, res) => {
    const url = new URL(req.url ?? '/', 'http://localhost')
    const token = req.headers['x-auth-token']
    const seen = {
      method: req.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      token: typeof token === 'string' ? token : undefined,
    }
    requests.push(seen)
    reply({ seen, n: requests.length, res })
  })
  server.on('connection', () => (sockets += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const acquired: World['acquired'] = []
  const throttled: World['throttled'] = []
  const budget: CallBudget = {
    acquire: async ({ calls, credential, lane, continues = false }) => {
      acquired.push({ calls, credential, lane, continues })
    },
    throttled: async (input) => {
      throttled.push(input)
    },
    usage: () => ({ requestsPerMinute: 1, currentPerMinute: 1, usedLastMinute: 0, waiting: 0, restingMs: 0 }),
  }
  const records: RequestRecord[] = []
  const client = createTekmetricClient({
    baseUrl: `http://127.0.0.1:${address.port}${options.basePath ?? ''}`,
    tokens: options.tokens ?? createTokenProvider({ environmentToken: 'test-token' }),
    budget,
    ...(options.timeouts ? { timeouts: options.timeouts } : {}),
    ...(options.connections ? { connections: options.connections } : {}),
    onRequest: (record) => records.push(record),
  })
  running.push(async () => {
    await client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { client, requests, records, acquired, throttled, sockets: () => sockets }
}

export const collect = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}
