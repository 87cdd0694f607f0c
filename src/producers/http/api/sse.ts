// Server-sent events: the headers, a heartbeat that also asks whether the caller may still listen, and an end that cleans up.
import type { Response } from 'express'
import { joinSignals } from '../../../core/joined-signal.ts'
import type { Emit } from './route.ts'

export interface StreamOptions {
  /** Ends the stream. */
  readonly signal: AbortSignal
  /** Asked at every heartbeat; what it throws ends the stream. */
  readonly stillAllowed: () => Promise<unknown>
  readonly heartbeatMs: number
  readonly send: (emit: Emit, signal: AbortSignal) => Promise<void>
}

/** A reader that does not read: its stream is cut, it may come again. */
const MOST_UNREAD_BYTES = 1_000_000

/** Streams until the work ends, the caller goes, or may no longer listen. */
export const streamTo = async (res: Response, options: StreamOptions): Promise<void> => {
  const { stillAllowed, heartbeatMs } = options
  const ended = new AbortController()
  const { signal, release } = joinSignals([options.signal, ended.signal])
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // nginx would collect events until a buffer is full.
    'X-Accel-Buffering': 'no',
  })
  res.flushHeaders()
  const write = (text: string): void => {
    if (signal.aborted || res.destroyed) return
    res.write(text)
    if (res.writableLength > MOST_UNREAD_BYTES) ended.abort()
  }
  write(': open\n\n')
  const heartbeat = setInterval(() => {
    write(': still here\n\n')
    stillAllowed().catch(() => {
      write('event: closed\ndata: {"reason":"the permission to listen has ended"}\n\n')
      ended.abort()
    })
  }, heartbeatMs)
  const emit: Emit = ({ event, data, id }) =>
    write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  try {
    await options.send(emit, signal)
  } catch (error) {
    // The headers are out: the end of the stream is all that can be said, unless nobody listens any more.
    if (!signal.aborted) throw error
  } finally {
    clearInterval(heartbeat)
    release()
    res.end()
  }
}
