// `warehouse start`: runs the roles of this process until it is told to stop.
import { Option, type Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import { runRoles } from '../../main.ts'
import { ROLES, type Role } from '../../program.ts'

/** @throws UsageError naming the roles there are */
const rolesOf = (value: string): Role[] => {
  const roles = value.split(',').map((role) => role.trim())
  const unknown = roles.filter((role) => !(ROLES as readonly string[]).includes(role))
  if (unknown.length > 0) throw new UsageError(`--roles takes a comma list of ${ROLES.join(', ')}`)
  return roles as Role[]
}

export const addStart = (program: Command): void => {
  program
    .command('start')
    .description('run this process: schedules, workers, HTTP')
    .addOption(new Option('--roles <roles>', 'comma list').default([...ROLES], 'all').argParser(rolesOf))
    .action(({ roles }: { roles: readonly Role[] }) => runRoles(roles))
}
