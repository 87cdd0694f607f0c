// `warehouse ops-summary`: what an operator asks first.
import type { Command } from 'commander'
import { opsSummary } from '../../producers/ops-summary.ts'
import { print, printJson } from '../output.ts'
import { withSession } from '../session.ts'

export const addOpsSummary = (program: Command): void => {
  program
    .command('ops-summary')
    .description('row counts, row-level security, last runs, backlog and queues')
    .action((_options, command: Command) =>
      withSession(command, {}, async ({ program, json }) => {
        const summary = await opsSummary(program)
        if (json) return printJson(summary)
        for (const [name, value] of Object.entries(summary))
          print(`${name}: ${JSON.stringify(value, null, 2)}`)
      }),
    )
}
