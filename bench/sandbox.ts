// What the benches about calls share: a simulator in its own process, the embedded stack in a fresh folder (or the Redis
// of REDIS_URL as queue store), this program on both, and worker processes as an operator starts them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openConnections } from '../src/connections.ts'
import { readConfig } from '../src/core/config.ts'
import { silentLogger } from '../src/core/logger.ts'
import { openProgram, type Program } from '../src/program.ts'
import { spawnSimulator, type SimulatorProcess } from './simulator-process.ts'

export interface SandboxShop {
  readonly tmId: number
  readonly repairOrders: number
}

export interface SandboxOptions {
  readonly shops: readonly SandboxShop[]
  /** Days of history of every shop. */
  readonly days: number
  /** Budget of this program. */
  readonly requestsPerMinute: number
  /** What the simulator enforces; 0 nothing. */
  readonly enforced: number
}

export interface Calls {
  readonly tekmetric: number
  /** Warehouse calls by function or table. */
  readonly warehouse: Readonly<Record<string, number>>
}

export interface Sandbox {
  readonly program: Program
  readonly simulator: SimulatorProcess
  /** What this process asked of TM and of the warehouse so far. */
  readonly calls: () => Calls
  /** Starts `warehouse start --roles worker` in a process of its own on the same stack. */
  readonly startWorkerProcess: () => void
  /** Starts the API role in a process of its own. @returns its address */
  readonly startApiProcess: () => Promise<string>
}

const TIME_ZONE = 'America/New_York'
/** What the Dockerfile tells Node. */
const AS_IN_THE_IMAGE = ['--enable-source-maps', '--max-semi-space-size=32']
const bin = fileURLToPath(new URL('../bin/warehouse.mjs', import.meta.url))

/** Builds everything, runs the bench in it, and clears everything away, also after an error. */
export const inSandbox = async (
  options: SandboxOptions,
  bench: (sandbox: Sandbox) => Promise<void>,
): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'warehouse-bench-'))
  const shops = options.shops.map(({ tmId, repairOrders }) => `${tmId}:${TIME_ZONE}:${repairOrders}`)
  const flags = {
    '--now': new Date().toISOString(),
    '--days': String(options.days),
    '--shops': shops.join(','),
    '--requests-per-minute': String(options.enforced),
  }
  const simulator = await spawnSimulator(Object.entries(flags).flat())
  const environment = {
    DATA_DIR: dataDir,
    TM_BASE_URL: simulator.url,
    TM_AUTH_TOKEN: simulator.token,
    TM_REQUESTS_PER_MINUTE: String(options.requestsPerMinute),
    SYNC_ENABLED: 'false',
    LOG_LEVEL: 'warn',
    ...(process.env['REDIS_URL'] === undefined ? {} : { REDIS_URL: process.env['REDIS_URL'] }),
  }
  const children: ReturnType<typeof spawn>[] = []
  try {
    const program = await openHere(environment)
    try {
      for (const { tmId } of options.shops)
        await program.services.warehouse.shops.ensure({ tmId, name: `bench ${tmId}`, timezone: TIME_ZONE })
      const startRole = (role: 'worker' | 'api', extra: Record<string, string> = {}) => {
        const args = [...AS_IN_THE_IMAGE, bin, 'start', '--roles', role]
        const env = { ...process.env, ...environment, ...extra }
        children.push(spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }))
      }
      const startWorkerProcess = () => startRole('worker')
      const startApiProcess = async () => {
        const port = await freePort()
        startRole('api', { PORT: String(port) })
        const url = `http://127.0.0.1:${port}`
        while (!(await fetch(`${url}/healthz`).catch(() => null))?.ok) await sleep(100)
        return url
      }
      const counted = () => structuredClone(calls)
      await bench({ program, simulator, calls: counted, startWorkerProcess, startApiProcess })
    } finally {
      await Promise.all(children.map(stop))
      await program.close()
    }
  } finally {
    await simulator.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const calls = { tekmetric: 0, warehouse: {} as Record<string, number> }

const openHere = async (environment: Record<string, string>): Promise<Program> => {
  const config = readConfig(environment)
  const log = silentLogger()
  const connections = await openConnections(config, log)
  const observe = {
    onTekmetricRequest: () => void (calls.tekmetric += 1),
    onWarehouseCall: ({ name }: { name: string }) =>
      void (calls.warehouse[name] = (calls.warehouse[name] ?? 0) + 1),
  }
  return openProgram({ config, connections, log, observe })
}

const stop = async (child: ReturnType<typeof spawn>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** A port on 127.0.0.1 that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

/** A line of a bench's result. */
export const row = (label: string, value: string): void => console.log(`  ${label.padEnd(46)} ${value}`)

/** A number given as `--name value` on the command line. */
export const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  const value = at === -1 ? fallback : Number(process.argv[at + 1])
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} takes a number above 0`)
  return value
}
