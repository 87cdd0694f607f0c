// The settings as they are, without values: what runs where, and what a public installation should not leave open.
import { releaseVersion } from '../../core/build-info.ts'
import type { Config } from '../../core/config.ts'
import type { ConfigInvalid } from '../../core/errors.ts'
import { isLoopbackHost } from '../../producers/http/listen.ts'
import { metricsOnApiPort } from '../../watch.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

const MIN_NODE = [20, 19] as const

export const lookAtRelease = (
  { commit }: Pick<Config, 'commit'>,
  node = process.versions.node,
): Finding[] => {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const old = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])
  return [
    ok('release', `${releaseVersion()}, commit ${commit ?? 'unknown'}`),
    old ? fail('Node', node, `use ${MIN_NODE.join('.')} or newer`) : ok('Node', node),
  ]
}

/** One line per problem that keeps the program from starting. */
export const settingProblems = ({ problems }: ConfigInvalid): Finding[] =>
  problems.map((problem) => {
    const [name = 'settings', ...rest] = problem.split(': ')
    return fail(name, rest.join(': '), `correct ${name} in the environment or .env`)
  })

const hostOf = (address: string): string => new URL(address).host

export const lookAtSettings = (config: Config): Finding[] => {
  const { tekmetric, warehouse, redisUrl, sync } = config
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return [
    ok('Tekmetric', tekmetric.baseUrl === null ? 'the built-in simulator' : hostOf(tekmetric.baseUrl)),
    ok('Supabase', warehouse.url === null ? 'embedded' : hostOf(warehouse.url)),
    ok('queues', redisUrl === null ? 'embedded Postgres' : hostOf(redisUrl)),
    sync.enabled
      ? ok('schedules', `boards every ${sync.intervalMinutes} min; this machine's zone is ${zone}`)
      : warn('schedules', 'SYNC_ENABLED is false: nothing is synced by itself', 'set SYNC_ENABLED=true'),
    ...migrationAddress(config),
    ...reachable(config),
  ]
}

const migrationAddress = ({ warehouse }: Config): Finding[] =>
  warehouse.url === null || warehouse.databaseUrl !== null
    ? []
    : [warn('DATABASE_URL', 'not set', 'set it where warehouse migrate runs; no other command needs it')]

const reachable = (config: Config): Finding[] => {
  const { host, publicUrl } = config.http
  const findings: Finding[] = []
  if (!isLoopbackHost(host) && publicUrl === null)
    findings.push(
      warn(
        'PUBLIC_URL',
        `not set although HOST is ${host}`,
        'set it to the https address people use: cookies become Secure',
      ),
    )
  if (publicUrl !== null && !publicUrl.startsWith('https:') && !isLoopbackHost(new URL(publicUrl).hostname))
    findings.push(warn('PUBLIC_URL', 'is not https', 'end TLS in front of this server'))
  findings.push(
    config.metrics.port !== null || metricsOnApiPort(config)
      ? ok('metrics', config.metrics.port === null ? "on the API's port" : `on port ${config.metrics.port}`)
      : warn('metrics', 'served nowhere', 'set METRICS_PORT, or METRICS_TOKEN'),
    ok('Sentry', config.sentryDsn === null ? 'off' : 'on'),
  )
  return findings
}
