// `warehouse ops-summary`: what an operator asks first.
import type { Command } from 'commander'
import { print, printJson } from '../output.ts'
import { withSession } from '../session.ts'

export const addOpsSummary = (program: Command): void => {
  program
    .command('ops-summary')
    .description('row counts, row-level security, last runs, backlog and queues')
    .action((_options, command: Command) =>
      withSession(command, {}, async ({ program: { services, queueJobs }, json }) => {
        const warehouse = await services.warehouse.operations.summary()
        const backlog = await services.warehouse.operations.backlog({})
        const queues = Object.fromEntries(
          await Promise.all(queueJobs.all().map(async (q) => [q.name, await q.getJobCounts()] as const)),
        )
        const summary = { ...warehouse, backlog, queues }
        if (json) return printJson(summary)
        for (const [name, value] of Object.entries(summary))
          print(`${name}: ${JSON.stringify(value, null, 2)}`)
      }),
    )
}
