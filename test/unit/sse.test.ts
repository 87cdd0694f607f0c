// When an event stream ends, and when it does not.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import express, { type Response } from 'express'
import { afterEach, expect, test } from 'vitest'
import { UpstreamDown } from '../../src/core/errors.ts'
import { untilAborted } from '../../src/core/joined-signal.ts'
import { streamTo, type StreamOptions } from '../../src/producers/http/api/sse.ts'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** A server with one stream. */
const serve = async (options: Partial<StreamOptions>) => {
  const gone = new AbortController()
  let answered: (res: Response) => void = () => undefined
  const answer = new Promise<Response>((resolve) => (answered = resolve))
  const app = express().get('/', async (_req, res) => {
    res.once('close', () => gone.abort())
    answered(res)
    const usual = { signal: gone.signal, heartbeatMs: 10, stillAllowed: async () => true }
    await streamTo(res, { ...usual, send: (_emit, signal) => untilAborted(signal), ...options })
  })
  server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, answer }
}

/** Answers in the order given, the last one for ever. */
const inTurn = (...answers: (boolean | Error)[]) => {
  let asked = 0
  return async () => {
    const given = answers[Math.min(asked, answers.length - 1)] ?? true
    asked += 1
    if (given instanceof Error) throw given
    return given
  }
}

const heard = async (options: Partial<StreamOptions>) => {
  const { port } = await serve(options)
  const text = await (await fetch(`http://127.0.0.1:${port}`)).text()
  return { text, heartbeats: text.split(': still here').length - 1 }
}

test('that its caller may not listen any more ends it, and is said', async () => {
  const { text } = await heard({ stillAllowed: inTurn(true, false) })
  expect(text).toMatch(/event: closed\ndata: \{"reason":"the permission to listen has ended"\}\n\n$/)
})

test('an auth service that is away for a moment ends nothing; one that stays away does, and the reason is no other', async () => {
  const away = new UpstreamDown('away')
  const { text, heartbeats } = await heard({ stillAllowed: inTurn(away, away, away, true, away) })
  expect(heartbeats).toBeGreaterThanOrEqual(8)
  expect(text).toMatch(/event: closed\ndata: \{"reason":"whether you may listen cannot be found out just now/)
  expect(text).not.toContain('has ended')
})

test('a reader that does not read is cut off, not waited for', async () => {
  const send: StreamOptions['send'] = async (emit, signal) => {
    // In portions, so that what the system holds for the reader is full before we hold too much.
    for (let i = 0; i < 1_000 && !signal.aborted; i += 1) {
      emit({ event: 'run', data: { filler: 'x'.repeat(100_000) } })
      await new Promise((resolve) => setImmediate(resolve))
    }
    await untilAborted(signal)
  }
  const { port, answer } = await serve({ send, heartbeatMs: 60_000 })
  const reader = connect(port, '127.0.0.1').pause()
  reader.on('error', () => undefined)
  reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const res = await answer
  await expect.poll(() => res.destroyed).toBe(true)
  expect(res.socket?.destroyed ?? true).toBe(true)
  reader.destroy()
})
