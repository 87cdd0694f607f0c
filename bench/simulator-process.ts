// The simulator in a process of its own, as the bench and the crash tests want it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const Ready = z.object({ url: z.string(), allShops: z.string() })

export interface SimulatorProcess {
  readonly url: string
  readonly token: string
  readonly stop: () => Promise<void>
}

/** Starts `warehouse simulator --json --port 0` and waits until it serves. */
export const spawnSimulator = async (flags: readonly string[] = []): Promise<SimulatorProcess> => {
  const bin = fileURLToPath(new URL('../bin/warehouse.mjs', import.meta.url))
  const child = spawn(process.execPath, [bin, '--json', 'simulator', '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    if (printed.trimEnd().endsWith('}')) break
  }
  const { url, allShops } = Ready.parse(JSON.parse(printed))
  const stop = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return { url, token: allShops, stop }
}
