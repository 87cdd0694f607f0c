// Starts and stops the listener: another port when the wanted one is taken, and an end that does not wait for idle browsers.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { ConfigInvalid } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'

export interface ListenOptions {
  readonly host: string
  /** The wanted port; 0 takes any free one. */
  readonly port: number
  readonly log: Logger
  /** True while a login exists whose password is printed or documented: then only this machine may reach the server. */
  readonly demoCredentials?: boolean
  /** How long `close` lets requests finish; default 5 s. */
  readonly closeTimeoutMs?: number
  /**
   * How long `close` goes on accepting first; default 0. Whoever has just connected, or is on the way, is still answered,
   * and told with `Connection: close` not to come again; a load balancer learns from /readyz to send nobody any more.
   */
  readonly farewellMs?: number
}

export interface Listening {
  /** For example `http://127.0.0.1:3000`. */
  readonly url: string
  readonly port: number
  /** Stops accepting, ends idle connections, lets requests finish within the limit, then cuts the rest. */
  close(): Promise<void>
}

const DEFAULT_CLOSE_TIMEOUT_MS = 5_000
/** After the wanted port and the next ones, any free port is taken. */
const NEIGHBOURS = 10
/** How often a closing server looks for connections that have become idle. */
const IDLE_SWEEP_MS = 50

/** True for names and addresses that only this machine can reach. */
export const isLoopbackHost = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^127(?:\.\d{1,3}){3}$/.test(bare)
}

/**
 * Listens.
 * @throws ConfigInvalid when demo credentials would be reachable from other machines
 */
export const listen = async (app: RequestListener, options: ListenOptions): Promise<Listening> => {
  const { host, port: wanted, log, closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS, farewellMs = 0 } = options
  if (options.demoCredentials === true && !isLoopbackHost(host))
    throw new ConfigInvalid([
      `HOST: ${host} can be reached from other machines while the demo login exists; use 127.0.0.1, or your own SUPABASE_URL`,
    ])
  let closing = false
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000 }, (request, response) => {
    if (closing) response.setHeader('Connection', 'close')
    app(request, response)
  })
  const port = await bind(server, { host, wanted })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  if (wanted !== 0 && port !== wanted)
    log.warn({ event: 'http.port-taken', wanted, port }, `port ${wanted} is in use, took ${port}`)
  log.info({ event: 'http.listening', url }, `listening on ${url}`)
  const close = async (): Promise<void> => {
    closing = true
    if (farewellMs > 0) await pause(farewellMs)
    await closeServer(server, closeTimeoutMs)
  }
  return { url, port, close: once(close) }
}

const bind = async (server: Server, { host, wanted }: { host: string; wanted: number }): Promise<number> => {
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, i) => wanted + 1 + i).filter((p) => p < 65_536)
  const candidates = wanted === 0 ? [0] : [wanted, ...neighbours, 0]
  let taken: unknown
  for (const port of candidates) {
    try {
      return await tryPort(server, { host, port })
    } catch (err) {
      if (!isTaken(err)) throw err
      taken = err
    }
  }
  throw taken
}

const tryPort = (server: Server, { host, port }: { host: string; port: number }): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

const isTaken = (err: unknown): boolean => err instanceof Error && 'code' in err && err.code === 'EADDRINUSE'

const closeServer = (server: Server, timeoutMs: number): Promise<void> =>
  new Promise((resolve) => {
    // A connection whose request ends after `close` would be kept alive for another one: sweep until none is left.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS)
    const cut = setTimeout(() => server.closeAllConnections(), timeoutMs)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })

const once = (task: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  return () => (running ??= task())
}
