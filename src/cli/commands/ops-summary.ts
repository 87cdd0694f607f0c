// `warehouse ops-summary`: what an operator asks first.
import type { Command } from 'commander'
import { releaseVersion } from '../../core/build-info.ts'
import { readKeyRole } from '../../core/supabase-key.ts'
import { opsSummary } from '../../producers/ops-summary.ts'
import { printOpsSummary, type Installed } from '../ops-summary-view.ts'
import { printJson } from '../output.ts'
import { withSession, type Session } from '../session.ts'

export const addOpsSummary = (program: Command): void => {
  program
    .command('ops-summary')
    .description('what to do, what waits and fails, queues, last runs, newest days, row counts')
    .action((_options, command: Command) =>
      withSession(command, {}, async (session) => {
        const summary = await opsSummary(session.program)
        const installed = installedOf(session)
        if (!session.json) return printOpsSummary(summary, installed)
        const { version, commit, serviceKeyInUse, requestsPerMinute } = installed
        printJson({
          version,
          commit,
          service_key_in_use: serviceKeyInUse,
          requests_per_minute: requestsPerMinute,
          ...summary,
        })
      }),
    )
}

const installedOf = ({ config, program }: Session): Installed => {
  const { warehouse, tekmetric } = program.connections
  return {
    version: releaseVersion(),
    commit: config.commit,
    serviceKeyInUse: readKeyRole(warehouse.serviceKey) !== 'anon',
    requestsPerMinute: tekmetric.requestsPerMinute,
  }
}
