// One GET over a keep-alive connection. This is the only place that opens a connection to TM, and it has no way to
// say another method: the client cannot write.
import { Agent, errors } from 'undici'
import { ShuttingDown, UpstreamDown } from '../errors.ts'
import { joinSignals } from '../joined-signal.ts'
import type { Answer, Asked } from './http-outcome.ts'

export interface Timeouts {
  /** TCP and TLS. */
  readonly connectMs: number
  /** Until the status line and headers are complete. */
  readonly headersMs: number
  /** Between two chunks of the body. */
  readonly bodyMs: number
  /** The whole exchange, whatever trickles. */
  readonly totalMs: number
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  headersMs: 30_000,
  bodyMs: 30_000,
  totalMs: 60_000,
}

/** The largest answer seen is a board of ≈550 ROs, about 1 MB. */
const MAX_BODY_BYTES = 32 * 1024 * 1024

export interface HttpGet {
  (input: GetInput): Promise<Answer>
  close(): Promise<void>
}

export interface GetInput extends Asked {
  readonly path: string
  readonly token: string
  readonly signal?: AbortSignal | undefined
}

export interface HttpGetOptions {
  readonly baseUrl: string
  readonly timeouts: Timeouts
  readonly connections: number
}

/** @throws UpstreamDown for every fault of transport; the signal's reason when aborted; undici's own for a bug of ours */
export const createHttpGet = ({ baseUrl, timeouts, connections }: HttpGetOptions): HttpGet => {
  const base = new URL(baseUrl)
  const prefix = base.pathname.replace(/\/+$/, '')
  const agent = new Agent({
    connections,
    connect: { timeout: timeouts.connectMs },
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
    keepAliveTimeout: 30_000,
    maxResponseSize: MAX_BODY_BYTES,
  })
  const get = async ({ path, token, signal, ...asked }: GetInput): Promise<Answer> => {
    signal?.throwIfAborted()
    const deadline = joinSignals([signal], {
      timeoutMs: timeouts.totalMs,
      timeoutReason: () => new errors.BodyTimeoutError('total time limit'),
    })
    try {
      const { statusCode, headers, body } = await agent.request({
        origin: base.origin,
        path: `${prefix}${path}`,
        method: 'GET',
        headers: { 'x-auth-token': token, accept: 'application/json' },
        signal: deadline.signal,
      })
      const retryAfter = headers['retry-after']
      return {
        status: statusCode,
        retryAfter: (Array.isArray(retryAfter) ? retryAfter[0] : retryAfter) ?? null,
        body: await body.text(),
      }
    } catch (err) {
      if (signal?.aborted) throw abortReason(signal)
      if (err instanceof errors.InvalidArgumentError) throw err
      throw downBecause(err, asked)
    } finally {
      deadline.release()
    }
  }
  return Object.assign(get, { close: () => agent.destroy() })
}

/** What an aborted caller gets: the reason it gave, if that is an error. */
export const abortReason = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new ShuttingDown()

/** Only undici's stable code goes on; its messages may quote a host or a header. */
const downBecause = (err: unknown, { route, shopTmId }: Asked): UpstreamDown => {
  const code = err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : 'UNKNOWN'
  return new UpstreamDown(`TM could not be reached on ${route} (${code})`, {
    details: { shop: shopTmId, route, reason: code },
    cause: err,
  })
}
