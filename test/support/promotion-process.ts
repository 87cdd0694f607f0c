// A promotion that is killed, from outside its process. The child is promotion-child.ts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Phase } from '../../src/core/warehouse/promotion/promote.ts'

export interface CrashPoint {
  readonly phase: Phase
  readonly table: string
  /** How often the point is passed before the end. */
  readonly pass: number
  /** A moment after the point: in the middle of what follows. */
  readonly later: boolean
}

export interface PromotionChild {
  readonly sourceUrl: string
  readonly targetUrl: string
  readonly batchRows: number
  readonly crash: CrashPoint
}

const CHILD = fileURLToPath(new URL('promotion-child.ts', import.meta.url))

/** Runs a promotion until it kills itself. @returns the signal or exit code that ended it, and what it wrote */
export const promoteUntilKilled = async (
  input: PromotionChild,
): Promise<{ ended: string; output: string }> => {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
    env: { ...process.env, PROMOTION_CHILD: JSON.stringify(input) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  await once(child, 'exit')
  return { ended: child.signalCode ?? String(child.exitCode), output }
}
