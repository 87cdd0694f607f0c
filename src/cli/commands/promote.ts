// `warehouse promote`: copies the embedded warehouse into a Supabase project's Postgres, and proves that it is all there.
import type { Command } from 'commander'
import { loadConfig } from '../../connections.ts'
import type { Config } from '../../core/config.ts'
import { ConfigInvalid } from '../../core/errors.ts'
import { promote, type Phase, type PromotionReport } from '../../core/warehouse/promotion/promote.ts'
import { createProgress, printJson } from '../output.ts'
import { printPromotion } from '../promotion-report.ts'
import { targetAddress } from '../promotion-target.ts'
import { commandLogger, isJson } from '../session.ts'

interface PromoteFlags {
  readonly to?: string
  readonly allowSimulated?: boolean
  readonly restart?: boolean
}

export const addPromote = (program: Command): void => {
  program
    .command('promote')
    .description(
      'copy the embedded warehouse into the Postgres of a Supabase project; the address comes from DATABASE_URL, standard input or --to',
    )
    .option('--to <url>', 'address of the target as its owner role; "-" reads it from standard input')
    .option('--allow-simulated', 'promote the made-up shops of the simulator, into a project for trying out')
    .option('--restart', 'remove what an unfinished promotion copied, and begin anew')
    .action(async (flags: PromoteFlags, command: Command) => {
      const json = isJson(command)
      const config = loadConfig(process.env)
      const targetUrl = await targetAddress(flags.to, config.warehouse.databaseUrl)
      const report = await promoteFrom(config, targetUrl, { ...flags, json })
      if (json) printJson(report)
      else printPromotion(report)
      if (!report.equal) process.exitCode = 1
    })
}

const promoteFrom = async (
  config: Config,
  targetUrl: string,
  { allowSimulated = false, restart = false, json }: PromoteFlags & { readonly json: boolean },
): Promise<PromotionReport> => {
  const log = commandLogger()
  const openPromotionSource = await loadSource()
  const source = await openPromotionSource({
    dataDir: config.dataDir,
    tekmetricUrl: config.tekmetric.baseUrl,
    log,
  })
  const bar = progressBar(json)
  try {
    return await promote({
      sourceUrl: source.databaseUrl,
      targetUrl,
      isMadeUp: source.isMadeUp,
      usersLeftBehind: source.ownLogins,
      allowSimulated,
      restart,
      log,
      onProgress: bar.show,
    })
  } finally {
    bar.end()
    await source.close()
  }
}

/** The embedded parts are not installed in production, where there is nothing to promote either. */
const loadSource = async () => {
  try {
    return (await import('../../embedded/promotion-source.ts')).openPromotionSource
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    throw new ConfigInvalid([
      'the embedded parts are not installed here; run promote where the embedded warehouse is',
    ])
  }
}

const DOING: Readonly<Record<Phase, string>> = {
  reading: 'counting the source',
  copying: 'copying',
  checking: 'comparing',
}

/** One bar for each phase, on a terminal only. */
const progressBar = (quiet: boolean) => {
  let phase: Phase | null = null
  let bar = createProgress('', true)
  return {
    show: (now: Phase, table: string, done: number, total: number): void => {
      if (now !== phase) {
        bar.end()
        phase = now
        bar = createProgress(DOING[now], quiet, now === 'copying' ? 'rows' : 'tables')
      }
      bar.update(done, total, table)
    },
    end: (): void => bar.end(),
  }
}
