// The HTTP API over a whole pipeline: simulator, queues, warehouse, workers if wanted; with people of every kind and machine
// keys. Shop A is everybody's who has one shop; shop B is the other shop.
import { SignJWT } from 'jose'
import { createAuth } from '../../src/core/auth/auth.ts'
import { makeMachineKey } from '../../src/core/auth/machine-key.ts'
import type { Role } from '../../src/core/auth/roles.ts'
import { ensureUser } from '../../src/embedded/supabase-api/users.ts'
import { createAudit } from '../../src/producers/http/api/audit.ts'
import { createHttpApp, type HttpAppOptions } from '../../src/producers/http/app.ts'
import { listen } from '../../src/producers/http/listen.ts'
import { INSTALLATION } from './installation.ts'
import { scheduleDeskOf } from './schedule-desk.ts'
import { startPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'

export const SHOP_A = 4321
export const SHOP_B = 4322
const PASSWORD = 'correct horse battery'

export interface ApiWorldOptions extends PipelineOptions {
  readonly app?: Partial<HttpAppOptions>
  /** How long an identity is believed; default 0. */
  readonly recordTtlMs?: number
}

/** Someone with a bearer token, and what it should be good for. */
export interface Caller {
  readonly name: string
  /** null: no Authorization header. */
  readonly token: string | null
  readonly valid: boolean
  /** For the installation as a whole. */
  readonly role: Role | null
  readonly atA: Role | null
  readonly atB: Role | null
}

export type ApiWorld = Awaited<ReturnType<typeof startApiWorld>>

const openServer = async (pipeline: Pipeline, { app: overrides, recordTtlMs = 0 }: ApiWorldOptions) => {
  const { api, services, log } = pipeline
  const { url: supabaseUrl, anonKey, jwtSecret } = api
  const grants = services.warehouse.access
  const auth = createAuth({ supabaseUrl, anonKey, jwtSecret, grants, recordTtlMs })
  const closing = new AbortController()
  const audit = createAudit(services.warehouse, log)
  const app = createHttpApp({
    queues: pipeline.queueJobs.all(),
    readiness: async () => ({ ready: true, checks: {} }),
    auth,
    log,
    producer: pipeline,
    installation: INSTALLATION,
    schedules: scheduleDeskOf(pipeline),
    closing: closing.signal,
    audit,
    limits: { refusedPerMinute: 1_000_000, perCallerPerMinute: 1_000_000 },
    ...overrides,
  })
  const server = await listen(app, { host: '127.0.0.1', port: 0, log })
  const close = async () => {
    closing.abort()
    await server.close()
    await audit.close()
  }
  return { url: server.url, auth, close }
}

/** Starts everything. `restart` gives the same world another API process. */
export const startApiWorld = async (options: ApiWorldOptions) => {
  const shops = [
    { tmId: SHOP_A, repairOrders: 12 },
    { tmId: SHOP_B, repairOrders: 6 },
  ]
  const pipeline = await startPipeline({ simulator: { shops, days: 5 }, workers: false, ...options })
  const { services, databaseUrl, api } = pipeline
  const { access } = services.warehouse
  const [a, b] = await Promise.all([SHOP_A, SHOP_B].map((tmId) => services.shops.byTmId(tmId)))
  if (a === undefined || b === undefined) throw new Error('the world has no shops')
  let server = await openServer(pipeline, options)

  const signUp = async (email: string, appMetadata: object, rows: readonly (readonly [string, Role])[]) => {
    const userId = await ensureUser({
      databaseUrl,
      email,
      password: PASSWORD,
      appMetadata: { ...appMetadata },
    })
    for (const [shopId, role] of rows)
      await pipeline.query(
        'insert into public.user_shop_access (user_id, shop_id, role) values ($1, $2, $3) on conflict do nothing',
        [userId, shopId, role],
      )
    return userId
  }
  const login = async (email: string) => {
    const response = await fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    })
    if (response.status !== 200) throw new Error(`login of ${email}: ${await response.text()}`)
    const { access_token: token } = (await response.json()) as { access_token: string }
    const cookies = response.headers.getSetCookie().map((line) => line.split(';', 1)[0])
    return { token, cookie: cookies.join('; ') }
  }
  const makeKey = async (role: Role, shopIds: readonly string[] | null) => {
    const { key, keyHash, hint } = makeMachineKey()
    const { keyId } = await access.createKey({ name: `${role} key`, keyHash, hint, role, shops: shopIds })
    return { key, keyId }
  }
  return {
    pipeline,
    shopA: a,
    shopB: b,
    get url() {
      return server.url
    },
    signUp,
    login,
    makeKey,
    /** A token of the user that ended a minute ago. */
    expiredToken: (userId: string) =>
      new SignJWT({ role: 'authenticated' })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(userId)
        .setAudience('authenticated')
        .setExpirationTime(Math.floor(Date.now() / 1_000) - 60)
        .sign(new TextEncoder().encode(api.jwtSecret)),
    /** The API process ends and another one begins. */
    restart: async () => {
      await server.close()
      server = await openServer(pipeline, options)
    },
    close: async () => {
      await server.close()
      await pipeline.close()
    },
  }
}

export interface Asked {
  readonly method?: string
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request; `json` is the parsed answer, or null. */
export const ask = async (
  world: ApiWorld,
  path: string,
  { method = 'GET', token, headers, body }: Asked = {},
) => {
  const authorization = typeof token === 'string' ? { authorization: `Bearer ${token}` } : {}
  const init = { method, headers: { ...authorization, ...headers }, redirect: 'manual' as const }
  const response = await fetch(world.url + path, body === undefined ? init : { ...init, body })
  const text = await response.text()
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : null
  return { status: response.status, headers: response.headers, text, json }
}

/** One of each kind: nobody, forged and ended tokens, people of each role at each shop, machine keys in and out of scope. */
export const everyKindOfCaller = async (world: ApiWorld): Promise<Caller[]> => {
  const { shopA, shopB } = world
  const nobody = { role: null, atA: null, atB: null }
  const refused = (name: string, token: string | null): Caller => ({ name, token, valid: false, ...nobody })
  const callers: Caller[] = []
  const person = async (
    name: string,
    app: Role | null,
    { atA = null, atB = null }: { atA?: Role | null; atB?: Role | null },
  ) => {
    const email = `${name.replaceAll(/\W+/g, '.')}@shop.test`
    const rows = [
      ...(atA === null ? [] : [[shopA.id, atA] as const]),
      ...(atB === null ? [] : [[shopB.id, atB] as const]),
    ]
    const userId = await world.signUp(email, app === null ? {} : { role: app }, rows)
    const { token } = await world.login(email)
    const everywhere = app === 'admin'
    const stronger = (row: Role | null) => (row === null ? null : strongest(row, app))
    callers.push({
      name,
      token,
      valid: true,
      role: app,
      atA: everywhere ? 'admin' : stronger(atA),
      atB: everywhere ? 'admin' : stronger(atB),
    })
    return userId
  }
  const someone = await person('a person without a role', null, {})
  for (const role of ['employee', 'manager', 'admin'] as const) {
    await person(`${role} of shop A`, null, { atA: role })
    await person(`${role} of the other shop`, null, { atB: role })
    await person(`${role} by app_metadata with shop A`, role, { atA: 'employee' })
  }
  await person('manager by app_metadata without a shop', 'manager', {})
  await person('employee of shop A and admin of the other', null, { atA: 'employee', atB: 'admin' })
  await person('manager of shop A and employee of the other', null, { atA: 'manager', atB: 'employee' })
  const key = async (name: string, role: Role, where: 'A' | 'B' | 'all') => {
    const made = await world.makeKey(role, where === 'all' ? null : [where === 'A' ? shopA.id : shopB.id])
    callers.push({
      name,
      token: made.key,
      valid: true,
      role: where === 'all' ? role : null,
      atA: where === 'B' ? null : role,
      atB: where === 'A' ? null : role,
    })
    return made
  }
  for (const role of ['employee', 'manager', 'admin'] as const) {
    await key(`machine key ${role} of shop A`, role, 'A')
    await key(`machine key ${role} of all shops`, role, 'all')
  }
  await key('machine key admin of the other shop', 'admin', 'B')
  const revoked = await world.makeKey('admin', null)
  await world.pipeline.services.warehouse.access.revokeKey({ keyId: revoked.keyId })
  const forged = await new SignJWT({ role: 'authenticated', app_metadata: { role: 'admin' } })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(someone)
    .setAudience('authenticated')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode('another secret of sufficient length'))
  return [
    refused('nobody', null),
    refused('a forged token', forged),
    refused('rubbish', 'rubbish'),
    refused('an expired token', await world.expiredToken(someone)),
    refused('a made-up machine key', makeMachineKey().key),
    refused('a revoked machine key', revoked.key),
    refused("the project's own service key", world.pipeline.servers.warehouse.serviceKey),
    ...callers,
  ]
}

const ORDER: readonly Role[] = ['employee', 'manager', 'admin']
const strongest = (a: Role, b: Role | null): Role =>
  b !== null && ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a
