// A private redis-server for one test run: loopback, free port, no persistence, temp folder.
import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { waitUntil } from '../../src/embedded/postgres/processes.ts'
import { freePort } from './free-port.ts'
import { endWithUs, noteProcess } from './run-folder.ts'

export interface PrivateRedis {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })

export const hasRedisServer = (): boolean => spawnSync('redis-server', ['--version']).status === 0

/**
 * @param folder of the test run
 * @param at the port of one that was killed, to come back empty at the same address
 */
export const startRedis = async (folder: string, at?: number): Promise<PrivateRedis> => {
  const port = at ?? (await freePort())
  const flags = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ]
  const child = spawn('redis-server', flags, { stdio: 'ignore', cwd: folder, detached: true })
  if (child.pid !== undefined) noteProcess(folder, child.pid)
  endWithUs(child)
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
  if (!(await waitUntil(async () => ended() || answers(port), { withinMs: 10_000 })) || ended()) {
    child.kill('SIGKILL')
    throw new Error(`redis-server did not start on port ${port}`)
  }
  child.unref()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL')
      await waitUntil(ended, { withinMs: 5_000 })
    },
    stop: async () => {
      child.kill('SIGTERM')
      if (!(await waitUntil(ended, { withinMs: 5_000 }))) child.kill('SIGKILL')
    },
  }
}
