// docker-compose.yml and the Dockerfile cannot be started where the tests run, so what they promise is read from them.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { environmentSchema, readConfig } from '../../src/core/config.ts'
import { readKeyRole } from '../../src/core/supabase-key.ts'

const root = new URL('../../', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8')

/** The part of the Compose specification that the file uses; an unknown or misspelt key is refused. */
const Healthcheck = z.union([
  z.strictObject({
    test: z.tuple([z.literal('CMD')], z.string()),
    interval: z.string().regex(/^\d+s$/),
    timeout: z.string().regex(/^\d+s$/),
    retries: z.int().positive(),
  }),
  z.strictObject({ disable: z.literal(true) }),
])
const Service = z.strictObject({
  image: z.string(),
  build: z
    .strictObject({ context: z.literal('.'), args: z.record(z.string(), z.string()).default({}) })
    .optional(),
  restart: z.enum(['unless-stopped', 'no']),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
    )
    .default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: Healthcheck.optional(),
  stop_grace_period: z.string().optional(),
  cap_drop: z.array(z.literal('ALL')).optional(),
  security_opt: z.array(z.literal('no-new-privileges:true')).optional(),
})
const Compose = z.strictObject({
  name: z.string(),
  'x-warehouse': z.unknown(),
  'x-settings': z.unknown(),
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.null()),
})

const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }))
const services = Object.entries(compose.services)
const ours = services.filter(([, service]) => service.build !== undefined)

/** Every `${NAME…}` of a text. */
const variables = (text: string) =>
  [...text.matchAll(/\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}/g)].map(([, name, kind, rest]) => ({
    name: name ?? '',
    kind,
    rest: rest ?? '',
  }))

/** Settings that no service gets, and why. */
const NOT_PASSED: Readonly<Record<string, string>> = {
  COMMIT: 'of the image: a build argument, so that no container claims to be another build',
  DATA_DIR: 'of the embedded parts, which are not in the image',
  SUPABASE_SERVICE_ROLE_KEY:
    'the older name of SUPABASE_SERVICE_KEY, which compose demands and make-env.mjs makes',
}

const SECRET = /PASSWORD|SECRET|TOKEN|KEY/

/** What compose hands to a service when .env holds these secrets and TM's address. */
const environmentOf = (service: z.output<typeof Service>, given: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [
      name,
      value.replaceAll(
        /\$\{([A-Z0-9_]+)(?::[-?]([^}]*))?\}/g,
        (whole, variable: string, fallback?: string) =>
          given[variable] ?? (whole.includes(':-') ? (fallback ?? '') : `missing ${variable}`),
      ),
    ]),
  )

const madeSecrets = (): Record<string, string> => {
  const lines = execFileSync(process.execPath, [fileURLToPath(new URL('deploy/make-env.mjs', root))], {
    encoding: 'utf8',
  })
  return Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  )
}

describe('docker-compose.yml', () => {
  it('runs scheduler, worker and api from one image, after the migrations', () => {
    expect(ours.map(([name]) => name)).toEqual(['migrate', 'scheduler', 'worker', 'api'])
    expect(new Set(ours.map(([, service]) => service.image)).size).toBe(1)
    expect(compose.services['migrate']?.command).toEqual(['migrate'])
    for (const role of ['scheduler', 'worker', 'api']) {
      expect(compose.services[role]?.command).toEqual(['start', '--roles', role])
      expect(compose.services[role]?.depends_on['migrate']).toEqual({
        condition: 'service_completed_successfully',
      })
    }
  })

  it('depends only on services that exist and say when they are healthy', () => {
    const edges = services.flatMap(([name, { depends_on: needs }]) =>
      Object.entries(needs).map(([needed, { condition }]) => {
        const target = compose.services[needed]
        const canTell =
          condition === 'service_healthy'
            ? target?.healthcheck !== undefined && 'test' in target.healthcheck
            : target?.restart === 'no'
        return { edge: `${name} → ${needed}`, canTell }
      }),
    )
    expect(edges.length).toBeGreaterThan(10)
    expect(edges.filter(({ canTell }) => !canTell)).toEqual([])
  })

  it('gives our services only settings that the program knows', () => {
    const known = Object.keys(environmentSchema.shape)
    for (const [name, service] of ours)
      for (const variable of Object.keys(service.environment))
        expect(known, `${name}: ${variable}`).toContain(variable)
  })

  it('hands on every setting of the program that makes sense in a container', () => {
    const passed = new Set(ours.flatMap(([, { environment }]) => Object.keys(environment)))
    const notPassed = Object.keys(environmentSchema.shape).filter((name) => !passed.has(name))
    expect(notPassed.toSorted()).toEqual(Object.keys(NOT_PASSED).toSorted())
  })

  it('hands on what the operator has set, to every role', () => {
    const set = { METRICS_TOKEN: 'a-token-of-a-test', STORE_RAW_PAYLOADS: 'sample' }
    const given = { ...madeSecrets(), TM_BASE_URL: 'https://tm.example.com', ...set }
    for (const [name, service] of ours) {
      const { metrics, sync } = readConfig(environmentOf(service, given))
      expect({ token: metrics.token, storeRaw: sync.storeRaw }, name).toEqual({
        token: set.METRICS_TOKEN,
        storeRaw: set.STORE_RAW_PAYLOADS,
      })
    }
  })

  it('builds the image with the commit that the release tells, and any other way with none', () => {
    for (const [name, { build }] of ours) expect(build?.args, name).toEqual({ COMMIT: '${COMMIT:-}' })
    expect(read('Dockerfile')).toMatch(/^ARG COMMIT=\nENV COMMIT=\$\{COMMIT\}$/m)
  })

  it('gives each of our services settings that the program accepts, and nothing embedded', () => {
    const given = { ...madeSecrets(), TM_BASE_URL: 'https://tm.example.com' }
    for (const [name, service] of ours) {
      const config = readConfig(environmentOf(service, given))
      expect(config.redisUrl, name).not.toBeNull()
      expect(config.warehouse.url, name).toBe('http://gateway:8000')
      expect(config.tekmetric.baseUrl, name).toBe('https://tm.example.com')
    }
  })

  it('has no secret with a default value, and none written down', () => {
    const secrets = services.flatMap(([name, { environment }]) =>
      Object.entries(environment)
        .filter(([variable, value]) => SECRET.test(variable) || SECRET.test(value))
        .map(([variable, value]) => ({ at: `${name}.${variable}`, used: variables(value), value })),
    )
    expect(secrets.length).toBeGreaterThan(10)
    for (const { at, used, value } of secrets) {
      expect(used, at).not.toHaveLength(0)
      for (const { name, kind, rest } of used.filter((variable) => SECRET.test(variable.name)))
        expect(kind === '?' || (kind === '-' && rest === ''), `${at}: ${name} in ${value}`).toBe(true)
    }
  })

  it('publishes ports on loopback only and asks for no privilege', () => {
    const published = services.flatMap(([, { ports }]) => ports)
    expect(published.length).toBeGreaterThan(0)
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(read('docker-compose.yml')).not.toMatch(/privileged|cap_add|network_mode|docker\.sock/)
    for (const [name, service] of ours) {
      expect(service.cap_drop, name).toEqual(['ALL'])
      expect(service.security_opt, name).toEqual(['no-new-privileges:true'])
    }
  })

  it('lets every role be watched at a port that is not published, and asks each how it is', () => {
    for (const role of ['scheduler', 'worker', 'api']) {
      const { environment, ports, healthcheck } = compose.services[role] ?? {
        environment: {} as Record<string, string>,
        ports: [],
      }
      expect(environment['METRICS_PORT'], role).toBe('9464')
      expect(ports.join(' '), role).not.toContain('9464')
      expect(healthcheck, role).toBeUndefined() // The image's own, which asks METRICS_PORT.
    }
    const scraped = parse(read('deploy/prometheus/prometheus.yml')) as {
      rule_files: string[]
      scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[]
    }
    expect(scraped.scrape_configs[0]?.dns_sd_configs).toEqual([
      { names: ['scheduler', 'worker', 'api'], type: 'A', port: 9464 },
    ])
    for (const file of scraped.rule_files)
      expect(existsSync(new URL(`deploy/prometheus/${file}`, root)), file).toBe(true)
  })

  it('keeps every queue job: Redis evicts nothing and writes to disk', () => {
    const { command = [], volumes } = compose.services['redis'] ?? { volumes: [] }
    expect(command.join(' ')).toMatch(/--maxmemory-policy noeviction\b.*--appendonly yes\b/)
    expect(volumes).toEqual(['redis-data:/data'])
  })

  it('gives a stopping process longer than it needs', () => {
    for (const [name, service] of ours)
      expect(Number.parseInt(service.stop_grace_period ?? '0', 10), name).toBeGreaterThan(25)
  })

  it('mounts only declared volumes and files that exist', () => {
    const sources = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    const missing = sources.filter((source) =>
      source.startsWith('./') ? !existsSync(new URL(source, root)) : !(source in compose.volumes),
    )
    expect(sources.length).toBeGreaterThan(3)
    expect(missing).toEqual([])
  })

  it('pins every image that is not ours to a version', () => {
    const images = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image)
    expect(images.length).toBe(5)
    for (const image of images) expect(image).toMatch(/:v?\d+\.\d+/)
  })
})

describe('deploy/Caddyfile', () => {
  it('maps the two prefixes of a Supabase project to services and ports of the compose file', () => {
    const text = read('deploy/Caddyfile')
    const routes = [...text.matchAll(/handle_path (\S+) \{\s*reverse_proxy (\w+):(\d+)/g)].map((match) =>
      match.slice(1),
    )
    expect(routes).toEqual([
      ['/rest/v1/*', 'rest', '3000'],
      ['/auth/v1/*', 'auth', '9999'],
    ])
    expect(compose.services['auth']?.environment['GOTRUE_API_PORT']).toBe('9999')
    for (const [, service] of routes)
      expect(compose.services['gateway']?.depends_on).toHaveProperty(service ?? '')
  })
})

describe('deploy/make-env.mjs', () => {
  it('makes every secret that compose demands, new ones each time', () => {
    const demanded = variables(read('docker-compose.yml')).filter(({ kind }) => kind === '?')
    const [first, second] = [madeSecrets(), madeSecrets()]
    const unmade = new Set(demanded.map(({ name }) => name).filter((name) => !(name in first)))
    expect([...unmade]).toEqual(['TM_BASE_URL'])
    for (const [name, value] of Object.entries(first)) expect(value, name).not.toBe(second[name])
  })

  it('makes API keys that carry their role and hold against the JWT secret', async () => {
    const secrets = madeSecrets()
    const secret = new TextEncoder().encode(secrets['SUPABASE_JWT_SECRET'])
    for (const [name, role] of [
      ['SUPABASE_ANON_KEY', 'anon'],
      ['SUPABASE_SERVICE_KEY', 'service_role'],
    ] as const) {
      const key = secrets[name] ?? ''
      expect(readKeyRole(key)).toBe(role)
      const { payload } = await jwtVerify(key, secret, { algorithms: ['HS256'] })
      expect(payload['role']).toBe(role)
    }
  })
})

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  const copied = final.filter((line) => line.startsWith('COPY ')).join('\n')

  it('holds what the program needs to run: compiled code, command, migrations, production packages', () => {
    for (const needed of ['dist', 'bin', 'migrations', 'package.json', 'node_modules'])
      expect(copied, needed).toMatch(new RegExp(`\\b${needed.replace('.', '\\.')}\\b`))
    expect(copied).not.toMatch(/COPY \. |\bsrc\b|\btest\b|\.env/)
    expect(lines).toContain('RUN npm ci --omit=dev && npm cache clean --force')
  })

  it('copies only what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1))
    expect(sources.length).toBeGreaterThan(5)
    for (const source of sources) {
      const name = source.replace(/^\.\//, '')
      expect(allowed, name).toContain(name)
      expect(existsSync(new URL(name, root)), name).toBe(true)
    }
  })

  it('starts the command as an ordinary user and says how it is', () => {
    expect(final).toContain('USER node')
    expect(final).toContain('ENTRYPOINT ["node", "bin/warehouse.mjs"]')
    expect(final).toContain('CMD ["start"]')
    const asks = final.find((line) => line.startsWith('HEALTHCHECK '))
    expect(asks).toContain('/healthz')
    expect(asks).toContain('process.env.METRICS_PORT || process.env.PORT')
  })

  it('puts no secret into the image', () => {
    for (const line of lines.filter((text) => /^(?:ENV|ARG) /.test(text))) expect(line).not.toMatch(SECRET)
  })
})
