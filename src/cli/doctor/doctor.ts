// Looks at everything an installation needs, in the order in which one thing needs the other, and goes on after a failure.
import { loadConfig, openConnections } from '../../connections.ts'
import type { Config } from '../../core/config.ts'
import { ConfigInvalid } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { openProgram } from '../../program.ts'
import { looked, type Finding } from './finding.ts'
import { lookAtQueueStore } from './queue-store.ts'
import { lookAtRelease, lookAtSettings, settingProblems } from './settings.ts'
import { lookAtWarehouse } from './warehouse.ts'
import { lookAtCanaries, lookAtShops } from './work.ts'

/** @returns every finding; never rejects because something is broken */
export const examine = async (env: NodeJS.ProcessEnv, log: Logger): Promise<readonly Finding[]> => {
  let config: Config
  try {
    config = loadConfig(env)
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    return [...lookAtRelease({ commit: null }), ...settingProblems(error)]
  }
  const own = [...lookAtRelease(config), ...lookAtSettings(config)]
  return [...own, ...(await looked('start', 'see the reason', () => lookAround(config, log)))]
}

const lookAround = async (config: Config, log: Logger): Promise<readonly Finding[]> => {
  const connections = await openConnections(config, log)
  const program = await openProgram({ config, connections, log })
  try {
    const { store, services } = program
    const [queues, warehouse] = await Promise.all([
      lookAtQueueStore(store),
      lookAtWarehouse(services.warehouse),
    ])
    // Without the warehouse nothing is known of shops and canaries; one line about it is enough.
    if (isAway(warehouse)) return [...queues, ...warehouse]
    const triesTokens = !isAway(queues)
    return [
      ...queues,
      ...warehouse,
      ...(await lookAtShops(services, { triesTokens })),
      ...(await lookAtCanaries(services)),
    ]
  } finally {
    await program.close()
  }
}

/** The first look at a part failed, so it was the only one. */
const isAway = (findings: readonly Finding[]): boolean => findings[0]?.health === 'fail'
