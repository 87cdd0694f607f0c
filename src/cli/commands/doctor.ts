// `warehouse doctor`: what is wrong with this installation, and what to do about it.
import type { Command } from 'commander'
import { examine } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { print, printJson } from '../output.ts'
import { commandLogger, isJson } from '../session.ts'

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description(
      'check settings, connections, migrations, clocks, security and tokens; exit 1 when something fails',
    )
    .action(async (_options, command: Command) => {
      const findings = await examine(process.env, commandLogger('fatal'))
      const healthy = findings.every(({ health }) => health !== 'fail')
      if (isJson(command)) printJson({ healthy, findings })
      else show(findings)
      if (!healthy) process.exitCode = 1
    })
}

const WIDTH = 20

const show = (findings: readonly Finding[]): void => {
  for (const { health, check, says, advice } of findings) {
    print(`${health.padEnd(5)} ${check.padEnd(WIDTH)} ${says}`)
    if (advice !== null) print(`${' '.repeat(6 + WIDTH)} → ${advice}`)
  }
  const count = (health: Finding['health']) => findings.filter((one) => one.health === health).length
  print(`${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`)
}
