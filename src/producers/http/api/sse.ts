// Server-sent events: the headers, a heartbeat that also asks whether the caller may still listen, and an end that cleans up.
import type { Response } from 'express'
import { joinSignals } from '../../../core/joined-signal.ts'
import type { Emit } from './route.ts'

export interface StreamOptions {
  /** Ends the stream. */
  readonly signal: AbortSignal
  /** Asked at every heartbeat. False ends the stream; so does not knowing (an error) several times in a row. */
  readonly stillAllowed: () => Promise<boolean>
  readonly heartbeatMs: number
  readonly send: (emit: Emit, signal: AbortSignal) => Promise<void>
}

/** A reader that does not read: its stream is cut, it may come again. */
const MOST_UNREAD_BYTES = 1_000_000
/** As many heartbeats as a restart of the auth service or of the warehouse takes. */
const MOST_UNKNOWN = 4

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
    // An orderly end would wait for the reader, too.
    if (res.writableLength > MOST_UNREAD_BYTES) res.destroy()
  }
  const close = (reason: string): void => {
    write(`event: closed\ndata: ${JSON.stringify({ reason })}\n\n`)
    ended.abort()
  }
  let unknown = 0
  write(': open\n\n')
  const heartbeat = setInterval(() => {
    write(': still here\n\n')
    stillAllowed().then(
      (allowed) => {
        unknown = 0
        if (!allowed) close('the permission to listen has ended')
      },
      () => {
        unknown += 1
        if (unknown >= MOST_UNKNOWN) close('whether you may listen cannot be found out just now; come again')
      },
    )
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
