// A private redis-server for one test run: loopback, free port, no persistence, temp folder.
import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { waitUntil } from '../../src/embedded/postgres/processes.ts'
import { freePort } from './free-port.ts'
import { endWithUs, noteProcess } from './run-folder.ts'

export interface PrivateRedis {
  readonly url: string
  readonly pid: number
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

/** @param folder of the test run */
export const startRedis = async (folder: string): Promise<PrivateRedis> => {
  const port = await freePort()
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
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM')
      if (!(await waitUntil(ended, { withinMs: 5_000 }))) child.kill('SIGKILL')
    },
  }
}
