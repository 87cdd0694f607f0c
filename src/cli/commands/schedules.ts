// `warehouse schedules list|pause|resume`: what starts by itself, and keeping it from doing so.
import type { Command } from 'commander'
import type { ScheduleState } from '../../producers/schedules.ts'
import { fromNow, print, printJson, printTable } from '../output.ts'
import { withSession, type Session } from '../session.ts'

export const addSchedules = (program: Command): void => {
  const schedules = program.command('schedules').description('what starts by itself')
  schedules
    .command('list')
    .description('all schedules as the queue store holds them, when they start next, and which are paused')
    .action((_options, command: Command) => withSession(command, { enrols: false }, list))
  schedules
    .command('pause')
    .description('it starts nothing until it is resumed, whatever restarts meanwhile')
    .argument('<id>', 'as schedules list shows it')
    .action((id: string, _options, command: Command) =>
      withSession(command, { enrols: false }, (session) => change(session, id, 'paused')),
    )
  schedules
    .command('resume')
    .description('ends a pause')
    .argument('<id>', 'as schedules list shows it')
    .action((id: string, _options, command: Command) =>
      withSession(command, { enrols: false }, (session) => change(session, id, 'resumed')),
    )
}

const list = async ({ program, json }: Session): Promise<void> => {
  const rows = await program.schedules.list()
  if (json) return printJson(rows)
  printTable(
    [
      { title: 'schedule', of: (row) => row.id },
      { title: 'when', of: (row) => row.when ?? 'no longer there' },
      {
        title: 'next',
        of: (row) => {
          if (row.pause !== null) return 'paused'
          return row.nextAt === null ? 'no scheduler yet' : fromNow(row.nextAt)
        },
      },
      {
        title: 'paused',
        of: (row) => (row.pause === null ? '' : `${fromNow(row.pause.at)} by ${row.pause.by}`),
      },
      // The process that made the schedules may run with others.
      ...(rows.some(({ settings }) => settings !== null)
        ? [{ title: 'by the settings here', of: (row: ScheduleState) => row.settings ?? '' }]
        : []),
    ],
    rows,
  )
}

const change = async ({ program, json }: Session, id: string, what: 'paused' | 'resumed'): Promise<void> => {
  const { changed } =
    what === 'paused' ? await program.schedules.pause(id, 'cli') : await program.schedules.resume(id)
  if (json) printJson({ id, [what]: true, changed })
  else
    print(changed ? `${id} is ${what}.` : `${id} was ${what === 'paused' ? 'paused already' : 'not paused'}.`)
}
