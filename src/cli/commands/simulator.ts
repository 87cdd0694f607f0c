// `warehouse simulator`: the Tekmetric simulator alone, for trying the real commands against it.
import type { Command } from 'commander'
import { z } from 'zod'
import { UsageError } from '../../core/errors.ts'
import { onSignals } from '../../core/shutdown.ts'
import { print, printJson } from '../output.ts'
import { isJson } from '../session.ts'

export const addSimulator = (program: Command): void => {
  program
    .command('simulator')
    .description('run the Tekmetric simulator alone (made-up data, loopback only)')
    .option('--port <port>', 'default 8100; 0 takes a free one')
    .option('--seed <number>', 'the same seed makes the same shops')
    .option('--now <instant>', 'the frozen virtual now, ISO with offset')
    .option('--days <days>', 'days of history')
    .option('--shops <list>', 'tmId:timeZone:repairOrders, comma separated')
    .option('--requests-per-minute <count>', 'enforce a limit with 429')
    .option('--latency-ms <ms>', 'added to every answer')
    .action(run)
}

const run = async (flags: Record<string, string>, command: Command): Promise<void> => {
  const { runSimulator } = await import('../../embedded/simulator/run.ts')
  const running = await runSimulator(flags).catch((error: unknown) => {
    if (error instanceof z.ZodError) throw new UsageError(z.prettifyError(error), { cause: error })
    throw error
  })
  const shops = running.simulator.shops.map(({ tmId }) => ({
    shop: tmId,
    token: running.simulator.tokens.for(tmId),
  }))
  const allShops = running.simulator.tokens.allShops
  if (isJson(command)) printJson({ url: running.url, allShops, shops })
  else {
    print(`TM_BASE_URL=${running.url}`)
    print(`TM_AUTH_TOKEN=${allShops}`)
    print(`TM_SHOP_ID=${shops.map(({ shop }) => shop).join(',')}`)
    print('Ctrl-C stops it. Its clock stands still until POST /__sim/clock {"advance":{"days":1}}.')
  }
  await new Promise<void>((resolve) => onSignals(() => resolve()))
  await running.close()
}
