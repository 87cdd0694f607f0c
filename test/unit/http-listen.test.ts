// Starting and stopping the listener.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Agent, request } from 'undici'
import { expect, test } from 'vitest'
import { ConfigInvalid } from '../../src/core/errors.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { isLoopbackHost, listen } from '../../src/producers/http/listen.ts'

const log = silentLogger()
const here = { host: '127.0.0.1', port: 0, log }
const signal = () => {
  let give = () => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { give, given }
}
const portOf = (server: Server) => (server.address() as AddressInfo).port

test('a port in use is not an error: another is taken and told', async () => {
  const first = createServer()
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve))
  const wanted = portOf(first)
  const server = await listen((_req, res) => res.end('second'), { ...here, port: wanted })
  expect(server.port).not.toBe(wanted)
  expect(await (await request(server.url)).body.text()).toBe('second')
  await server.close()
  first.close()
})

test('an address that is not ours is an error', async () => {
  await expect(listen(() => undefined, { ...here, host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
  })
})

test.each(['0.0.0.0', '::', '10.0.0.5', 'warehouse.example', ''])(
  'a server with a demo login refuses to listen on "%s"',
  async (host) => {
    const refused = listen(() => undefined, { ...here, host, demoCredentials: true })
    await expect(refused).rejects.toBeInstanceOf(ConfigInvalid)
  },
)

test('a server with a demo login listens on this machine', async () => {
  const server = await listen((_req, res) => res.end(), { ...here, demoCredentials: true })
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
  await server.close()
})

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['0.0.0.0', false],
  ['', false],
])('isLoopbackHost(%j) is %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})

test('closing waits for a request under way and not for a connection that is kept alive', async () => {
  const agent = new Agent({ keepAliveTimeout: 60_000 })
  let finish = () => {}
  const started = signal()
  const server = await listen(
    (req, res) => {
      if (req.url === '/slow') {
        finish = () => res.end('done')
        started.give()
      } else res.end('quick')
    },
    { ...here, closeTimeoutMs: 30_000 },
  )
  await (await request(`${server.url}/quick`, { dispatcher: agent })).body.text()
  const slow = request(`${server.url}/slow`, { dispatcher: agent })
  await started.given
  const closing = server.close()
  await expect(request(`${server.url}/quick`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  finish()
  expect(await (await slow).body.text()).toBe('done')
  const answeredAt = performance.now()
  await closing
  // Node itself would end the kept connection after 5 s only.
  expect(performance.now() - answeredAt).toBeLessThan(3_000)
  expect(server.close()).toBe(closing)
  await agent.close()
})

test('closing cuts a request that does not end in time', async () => {
  const started = signal()
  const server = await listen(() => started.give(), { ...here, closeTimeoutMs: 50 })
  const hanging = request(server.url)
  hanging.catch(() => undefined)
  await started.given
  await server.close()
  await expect(hanging).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
})

/** A caller in a thread of its own: it connects and asks while this thread is busy, and tells what it got. */
const CALLER = `
  const { parentPort, workerData } = require('node:worker_threads')
  parentPort.once('message', () => {
    let got = ''
    const socket = require('node:net').connect(workerData, '127.0.0.1')
    socket.on('data', (data) => (got += data))
    socket.on('error', (error) => parentPort.postMessage(error.code))
    socket.on('end', () => parentPort.postMessage(got))
    socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
  })
`

test('who was on the way when the server closes is answered, and told not to come again', async () => {
  const server = await listen((_req, res) => res.end('still here'), { ...here, farewellMs: 300 })
  const caller = new Worker(CALLER, { eval: true, workerData: server.port })
  await once(caller, 'online')
  caller.postMessage('go')
  // Long enough for the handshake, which the kernel does alone: the server has not seen the caller yet.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  const closed = server.close()
  const [answer] = (await once(caller, 'message')) as [string]
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  expect(answer).toMatch(/\r\nConnection: close\r\n/i)
  await closed
  await expect(request(server.url)).rejects.toThrow(/ECONNREFUSED/)
})
