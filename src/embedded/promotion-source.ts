// The embedded warehouse as the source of `warehouse promote`: started by this process alone, so that no scheduler and no
// worker writes to it, and with what only the embedded side knows: which shops the simulator made up, whose login is
// the demo's own.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { hasSimulated } from './embedded-simulator.ts'
import { openEmbeddedParts } from './parts.ts'
import { simulatorOptions } from './simulator/options.ts'

export interface PromotionSource {
  readonly dataDir: string
  /** Role that owns the tables. */
  readonly databaseUrl: string
  readonly isMadeUp: (shopTmId: number) => boolean
  /** Logins that mean nothing elsewhere. */
  readonly ownLogins: readonly string[]
  readonly close: () => Promise<void>
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** What TM_BASE_URL names on this machine is `warehouse simulator`: TM itself is not here. */
const isOnThisMachine = (url: string | null): boolean => url !== null && LOOPBACK.has(new URL(url).hostname)

/** @throws UsageError when there is no embedded warehouse, or another process has it open */
export const openPromotionSource = async (options: {
  readonly dataDir: string
  /** TM_BASE_URL of this installation. */
  readonly tekmetricUrl: string | null
  readonly log: Logger
}): Promise<PromotionSource> => {
  const dataDir = resolve(options.dataDir)
  if (!existsSync(join(dataDir, 'postgres')))
    throw new UsageError(`there is no embedded warehouse in ${dataDir}; name its folder in DATA_DIR`)
  const parts = await openEmbeddedParts({
    dataDir,
    needsStack: true,
    needsSimulator: false,
    log: options.log,
  })
  if (parts.stack === null || parts.joined !== null) {
    await parts.close()
    throw new UsageError(
      `a demo or another command of this program is running on ${dataDir}; stop it first, so that the warehouse does not change while it is promoted`,
    )
  }
  const allMadeUp = isOnThisMachine(options.tekmetricUrl)
  const simulated = new Set(
    hasSimulated(dataDir) ? simulatorOptions.parse({}).shops.map(({ tmId }) => tmId) : [],
  )
  return {
    dataDir,
    databaseUrl: parts.stack.databaseUrl,
    isMadeUp: (shopTmId) => allMadeUp || simulated.has(shopTmId),
    ownLogins: parts.demoUser === null ? [] : [parts.demoUser.email],
    close: parts.close,
  }
}
