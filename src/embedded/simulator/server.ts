// The HTTP server: logs each request, lets faults and the rate limit speak first, checks the token, asks a route.
// GET only: anything else is answered 405 and stays in the log, so that a client that writes is caught.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answers } from './answers.ts'
import { retryAfterOf } from './faults.ts'
import type { Fault, Faults } from './faults.ts'
import type { RateLimit } from './rate-limit.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'
import { html, json, nothing } from './route-types.ts'
import type { Answer, Route } from './route-types.ts'
import { peopleRoutes } from './routes-people.ts'
import { repairOrderRoutes } from './routes-repair-order.ts'
import { reportRoutes } from './routes-report.ts'
import type { Tokens } from './tokens.ts'
import type { World } from './world.ts'

export const ROUTES: readonly Route[] = [...repairOrderRoutes, ...reportRoutes, ...peopleRoutes]

export interface ServerParts {
  readonly world: World
  readonly answers: Answers
  readonly tokens: Tokens
  readonly faults: Faults
  readonly limit: RateLimit
  readonly log: RequestLog
  /** Added to every answer, milliseconds. */
  latencyMs: number
  /** Answers `/__sim/*`; these requests are neither logged nor limited. */
  control(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void>
}

interface Matched {
  readonly route: Route
  readonly params: readonly string[]
  readonly shop: number | null
  readonly ro: number | null
}

const matchRoute = (path: string): Matched | undefined => {
  for (const route of ROUTES) {
    const found = route.pattern.exec(path)
    if (!found) continue
    const params = found.slice(1)
    const numberAt = (index: number | undefined): number | null =>
      index === undefined ? null : Number(params[index])
    return { route, params, shop: numberAt(route.shopParam), ro: numberAt(route.roParam) }
  }
  return undefined
}

const TYPES = { json: 'application/json;charset=UTF-8', html: 'text/html;charset=UTF-8', none: undefined }

const send = (response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): void => {
  const body = Buffer.from(answer.body)
  const type = TYPES[answer.type]
  response.writeHead(answer.status, {
    ...(type === undefined ? {} : { 'content-type': type }),
    'content-length': body.length,
    ...headers,
  })
  response.end(body)
}

const later = (ms: number, run: () => void): void => {
  if (ms > 0) setTimeout(run, ms).unref()
  else run()
}

/** What a fault answers instead, or undefined when the right answer is still to be made. */
const faultAnswer = (fault: Fault): Answer | undefined => {
  if (fault.kind === 'html') return html(200)
  if (fault.kind !== 'status') return undefined
  if (fault.body === 'html') return html(fault.status)
  return fault.body === 'json'
    ? json(JSON.stringify({ error: fault.status }), fault.status)
    : nothing(fault.status)
}

const refused = (parts: ServerParts): Answer =>
  parts.world.quirks.unauthorizedBody === 'html' ? html(401) : nothing(401)

/** The right answer: 405, 401, 403, 404 or the route's. */
const answerFor = (
  parts: ServerParts,
  request: {
    method: string
    url: URL
    token: string | undefined
    matched: Matched | undefined
    fault: Fault | undefined
  },
): Answer => {
  const { matched, url } = request
  const scope = parts.tokens.scopeOf(request.token)
  const isAllowed = scope && (scope.shop !== null || parts.world.quirks.allShopsToken)
  if (!isAllowed) return refused(parts)
  if (!matched) return nothing(404)
  if (matched.shop !== null && scope.shop !== null && scope.shop !== matched.shop) return nothing(403)
  const shop = matched.shop === null ? undefined : parts.world.shops.get(matched.shop)
  if (matched.shop !== null && !shop) return nothing(403)
  const { world, answers } = parts
  const { fault } = request
  return matched.route.handle({
    world,
    answers,
    params: matched.params,
    query: url.searchParams,
    scope,
    fault,
    shop,
  })
}

const logArrival = (
  parts: ServerParts,
  request: { method: string; url: URL; token: string | undefined; matched: Matched | undefined },
): LoggedRequest => {
  const scope = parts.tokens.scopeOf(request.token)
  const shopIds = request.url.searchParams.get('shopIds')
  const ro = request.matched?.ro ?? null
  const shopOfRepairOrder = ro === null ? undefined : parts.world.repairOrders.get(ro)?.shopTmId
  return parts.log.add({
    at: new Date().toISOString(),
    method: request.method,
    path: request.url.pathname,
    query: Object.fromEntries(request.url.searchParams),
    route: request.matched?.route.name ?? 'unknown',
    shop: request.matched?.shop ?? shopOfRepairOrder ?? (shopIds ? Number(shopIds.split(',')[0]) : null),
    ro,
    token: scope ? (scope.shop ?? 'all') : null,
    status: 0,
    fault: null,
    ms: 0,
  })
}

const handle = (parts: ServerParts, incoming: IncomingMessage, response: ServerResponse): void => {
  const started = performance.now()
  const url = new URL(incoming.url ?? '/', 'http://simulator')
  const method = incoming.method ?? 'GET'
  const header = incoming.headers['x-auth-token']
  const token = typeof header === 'string' ? header : undefined
  const matched = matchRoute(url.pathname)
  const entry = logArrival(parts, { method, url, token, matched })
  const finish = (answer: Answer, headers: Record<string, string> = {}): void => {
    entry.status = answer.status
    entry.ms = Math.round(performance.now() - started)
    send(response, answer, headers)
  }
  incoming.resume()
  if (method !== 'GET') return finish(nothing(405), { allow: 'GET' })
  const fault = parts.faults.take({ route: entry.route, path: entry.path, shop: entry.shop, ro: entry.ro })
  if (fault) entry.fault = fault.kind
  const instead = fault && faultAnswer(fault)
  if (fault && instead) {
    const retryAfter = retryAfterOf(fault)
    return later(parts.latencyMs, () =>
      finish(instead, retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    )
  }
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'reset' && fault.afterBytes === undefined) {
    incoming.socket.resetAndDestroy()
    return
  }
  const waitMs = parts.limit.take(token ?? 'none')
  if (waitMs > 0) return finish(nothing(429), retryHeaders(parts.limit, waitMs))
  const answer = answerFor(parts, { method, url, token, matched, fault })
  const delay = parts.latencyMs + (fault?.kind === 'slow' ? fault.ms : 0)
  later(delay, () => deliver(response, answer, fault, { entry, finish }))
}

/** A request that cannot be understood is the client's mistake; it must not end the simulator. */
const handleSafely = (parts: ServerParts, incoming: IncomingMessage, response: ServerResponse): void => {
  try {
    handle(parts, incoming, response)
  } catch (error) {
    send(response, json(JSON.stringify({ error: String(error) }), 400))
  }
}

const retryHeaders = (limit: RateLimit, waitMs: number): Record<string, string> => {
  if (limit.retryAfterStyle === 'none') return {}
  const seconds = Math.ceil(waitMs / 1000)
  const style = limit.retryAfterStyle
  return { 'retry-after': retryAfterOf({ retryAfterSeconds: seconds, retryAfterStyle: style }) ?? '' }
}

/** Sends the right answer, or a damaged form of it. */
const deliver = (
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
  done: { entry: LoggedRequest; finish(answer: Answer): void },
): void => {
  if (fault?.kind === 'truncate') {
    return done.finish({ ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) })
  }
  if (fault?.kind !== 'reset' && fault?.kind !== 'slow-body') return done.finish(answer)
  const body = Buffer.from(answer.body)
  response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': body.length })
  if (fault.kind === 'reset') {
    response.write(body.subarray(0, fault.afterBytes), () => response.socket?.resetAndDestroy())
    return
  }
  response.write(body.subarray(0, 1))
  later(fault.ms, () => {
    done.entry.status = answer.status
    response.end(body.subarray(1))
  })
}

export interface Listening {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Starts listening on the loopback interface. `port` 0 takes a free one. */
export const listen = async (parts: ServerParts, port: number): Promise<Listening> => {
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? '/'
    if (!path.startsWith('/__sim/')) return handleSafely(parts, incoming, response)
    parts.control(incoming, response, new URL(path, 'http://simulator')).catch((error: unknown) => {
      send(response, json(JSON.stringify({ error: String(error) }), 400))
    })
  })
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, close: () => stop(server) }
}

/** Closes at once, also connections of requests that hang on purpose. */
const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
