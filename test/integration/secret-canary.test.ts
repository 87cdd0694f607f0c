// Planted secrets: a small pipeline runs, and fails in every way that quotes something, and then everything it emitted is
// searched: log lines at the finest level, errors, queue payloads, options, return values and reasons, the books of the runs,
// and what Bull Board answers. Neither TM's token (the good one and a refused one), the service key, a nonce nor a customer's
// e-mail and phone may be in any of it; and no table but those meant for them holds them.
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpApp } from '../../src/producers/http/app.ts'
import { listen, type Listening } from '../../src/producers/http/listen.ts'
import { checkCredentials } from '../../src/workers/jobs/check-credentials.ts'
import { INSTALLATION } from '../support/installation.ts'
import { syncList } from '../support/pipeline-lists.ts'
import { requestRepairOrder, requestSync, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { scheduleDeskOf } from '../support/schedule-desk.ts'
import { queueStores } from '../support/queue-store.ts'
import { watchPipeline } from '../support/watched-pipeline.ts'
import { door, session } from '../unit/http-made-up-door.ts'

const SHOP = 4321
const LONG = 180_000
const EMAIL = 'canary.person@example.com'
const PHONE = '5550009137'
const WEBHOOK_TOKEN = 'canary-webhook-4c1d9e0b7a63'
const BAD_TOKEN = 'canary-refused-token-5f0a1b2c3d4e'
const STATES = ['waiting', 'active', 'delayed', 'prioritized', 'completed', 'failed'] as const

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let http: Listening
  let token: string
  /** Text by its source, for the search. */
  const emitted: [source: string, text: string][] = []

  /** The canaries, and what tells a nonce of the simulator. */
  const secrets = (): Record<string, string | RegExp> => ({
    'the token of TM': token,
    'the signature of the token': token.split('.').at(-1) ?? token,
    'the refused token': BAD_TOKEN,
    'the token of the webhook address': WEBHOOK_TOKEN,
    'the service key': pipeline.servers.warehouse.serviceKey,
    'a nonce': /nonce-[0-9a-z]+/,
    'an e-mail': EMAIL,
    'a phone': PHONE,
  })

  const findIn = (text: string): string[] =>
    Object.entries(secrets())
      .filter(([, secret]) => (typeof secret === 'string' ? text.includes(secret) : secret.test(text)))
      .map(([name]) => name)

  beforeAll(async () => {
    pipeline = await startPipeline({
      store,
      simulator: { shops: [{ tmId: SHOP, repairOrders: 25 }], days: 6 },
      logLevel: 'trace',
      storeRaw: 'all',
    })
    const { simulator } = pipeline
    token = simulator.tokens.for(SHOP)
    for (const { id } of simulator.truth().customers)
      simulator.edit.updateCustomer(id, {
        emails: [EMAIL],
        phones: [{ number: PHONE, type: 'Mobile', primary: true }],
      })
    const app = createHttpApp({
      queues: pipeline.queueJobs.all(),
      readiness: async () => ({ ready: true, checks: {} }),
      auth: door,
      log: pipeline.log,
      producer: pipeline,
      installation: INSTALLATION,
      schedules: scheduleDeskOf(pipeline),
      webhookToken: WEBHOOK_TOKEN,
    })
    http = await listen(app, { host: '127.0.0.1', port: 0, log: pipeline.log })
  })
  afterAll(async () => {
    await http.close()
    await pipeline.close()
  })

  const provokeFailures = async (): Promise<void> => {
    const { simulator, queueJobs, tokens } = pipeline
    // A refused token, a pause, a probe that fails and one that ends it.
    tokens.set(SHOP, BAD_TOKEN)
    await requestSync(pipeline, { shop: SHOP, source: 'all', daysBack: 8 })
    const paused = () => pipeline.query('select from shops where paused_at is not null')
    await expect.poll(paused, { timeout: 20_000 }).toHaveLength(1)
    const probes = () => pipeline.finished.filter(({ name }) => name === 'check-credentials').length
    await queueJobs.request(checkCredentials, {})
    await expect.poll(probes, { timeout: 20_000 }).toBe(1)
    expect(await paused()).toHaveLength(1)
    tokens.delete(SHOP)
    // Asked until it helped: the first probe may still be ending, and a request then joins it.
    const stillPaused = async () => {
      await queueJobs.request(checkCredentials, {})
      return paused()
    }
    await expect.poll(stillPaused, { timeout: 20_000, interval: 250 }).toHaveLength(0)

    // Answers that do not parse, quoting a person, and answers that fail for a while.
    const [first, second, third] = simulator.truth().repairOrders.filter(({ statusId }) => statusId === 5)
    simulator.faults.add({
      route: 'estimate',
      ro: first?.id ?? 0,
      kind: 'malform',
      path: 'jobs.*.total',
      value: EMAIL,
    })
    simulator.faults.add({
      route: 'header',
      ro: second?.id ?? 0,
      kind: 'malform',
      path: 'createdDate',
      value: PHONE,
    })
    simulator.faults.add({ route: 'estimate', ro: third?.id ?? 0, kind: 'status', status: 422, body: 'json' })
    simulator.faults.add({ route: 'profit', kind: 'html', times: 1 })
    simulator.faults.add({ route: 'header', kind: 'reset', times: 1 })
    simulator.faults.add({ route: 'header', kind: 'truncate', times: 1 })
    await queueJobs.queue('discovery').promoteJobs()
    await pipeline.quiet({ withinMs: LONG / 2 })

    // A list with a record that does not parse, and a table that refuses a row and quotes all of it.
    simulator.faults.add({ route: 'customers', kind: 'malform', path: 'taxExempt', value: EMAIL, times: 1 })
    await syncList(pipeline, { shop: SHOP, kind: 'customers' })
    const [person] = simulator.truth().customers
    simulator.edit.updateCustomer(person?.id ?? 0, { notes: 'refuse me' })
    await pipeline.query(`alter table customers add constraint canary check (notes <> 'refuse me')`)
    expect(await syncList(pipeline, { shop: SHOP, kind: 'customers' })).toMatchObject({ status: 'failed' })
    await pipeline.query('alter table customers drop constraint canary')
    for (const kind of ['customers', 'vehicles', 'employees'] as const)
      await syncList(pipeline, { shop: SHOP, kind })
    await requestRepairOrder(pipeline, { shop: SHOP, ro: 1 })
    await sendHints(first?.id ?? 0)
    await pipeline.quiet({ withinMs: LONG / 2 })
  }

  /** Webhooks of every fate, their sentences and data full of a person: good, unreadable, too large, with a wrong token. */
  const sendHints = async (ro: number): Promise<void> => {
    const event = `Payment made by ${EMAIL} for Repair Order #1`
    const good = JSON.stringify({ event, data: { repairOrderId: ro, payerName: EMAIL, phone: PHONE } })
    const send = (body: string, token = WEBHOOK_TOKEN) =>
      fetch(`${http.url}/api/webhooks/tekmetric?token=${token}`, { method: 'POST', body })
    const bodies = [good, `{"event":"${EMAIL}`, JSON.stringify({ event, data: PHONE }), PHONE.repeat(300_000)]
    const statuses = []
    for (const body of bodies) statuses.push((await send(body)).status)
    statuses.push((await send(good, BAD_TOKEN)).status)
    expect(statuses).toEqual([200, 200, 200, 200, 404])
    const seen = () => pipeline.lines.filter(({ event: name }) => name === 'webhook.hint').length
    await expect.poll(seen).toBe(4)
  }

  const collectQueues = async (): Promise<void> => {
    for (const queue of pipeline.queueJobs.all()) {
      for (const job of await queue.getJobs([...STATES])) {
        emitted.push([`queue job ${job.name}`, JSON.stringify(job)])
        emitted.push([`log of ${job.name}`, JSON.stringify(await queue.getJobLogs(job.id ?? ''))])
      }
      emitted.push([`schedules of ${queue.name}`, JSON.stringify(await queue.getJobSchedulers())])
    }
  }

  const collectBoard = async (): Promise<number> => {
    const headers = { cookie: `warehouse_session=${session.accessToken}` }
    let answered = 0
    const ask = async (path: string) => {
      const response = await fetch(`${http.url}/admin/queues/api/queues${path}`, { headers })
      emitted.push([`board ${path}`, await response.text()])
      if (response.status === 200) answered += 1
    }
    for (const queue of pipeline.queueJobs.all())
      for (const status of ['failed', 'completed', 'delayed', 'latest']) {
        await ask(`?activeQueue=${queue.name}&status=${status}&page=1&jobsPerPage=100`)
        for (const job of status === 'failed' ? await queue.getFailed() : [])
          for (const detail of ['', '/logs']) await ask(`/${queue.name}/${job.id}${detail}`)
      }
    return answered
  }

  /** Everything that happened, played to the instruments and read as Prometheus reads it. */
  const collectMetrics = async (): Promise<void> => {
    const watching = await watchPipeline(pipeline)
    for (const report of pipeline.finished) watching.metrics.onQueueJob(report)
    for (const { route, status } of pipeline.simulator.requests.list())
      watching.metrics.onTekmetricRequest({ route, status, ms: 1 })
    const text = await (await fetch(`${watching.url}/metrics`)).text()
    expect(text).toContain('warehouse_queue_jobs_finished_total{')
    expect(text).toContain(`warehouse_shop_paused{shop="${SHOP}"}`)
    emitted.push(['metrics', text], ['readyz', JSON.stringify(await watching.readyz())])
    await watching.close()
  }

  test('failures of every kind happened, with the canaries in their hands', { timeout: LONG }, async () => {
    await provokeFailures()
    const failed = pipeline.finished.filter(({ outcome }) => outcome === 'failed')
    expect(new Set(failed.map(({ failureClass }) => failureClass))).toContain('data')
    expect(pipeline.finished.some(({ failureClass }) => failureClass === 'credential')).toBe(true)
    expect(pipeline.finished.some(({ failureClass }) => failureClass === 'transient')).toBe(true)
    const alerts = pipeline.lines.filter(({ event }) => event === 'shop.paused')
    expect(alerts).toHaveLength(1)
    const [planted] = await pipeline.query(
      'select count(*)::int as n from customers where $1 = any (email) and phone_primary = $2',
      [EMAIL, PHONE],
    )
    expect(planted?.['n']).toBe(pipeline.simulator.truth().customers.length)
  })

  test('no log line, error, queue payload, answer of the board or book of a run holds a secret', async () => {
    for (const line of pipeline.lines)
      emitted.push([`log ${line.event ?? line.msg ?? ''}`, JSON.stringify(line)])
    await collectQueues()
    expect(await collectBoard()).toBeGreaterThan(20)
    await collectMetrics()
    for (const table of ['sync_log', 'sync_run_items', 'sync_cursors', 'shops'])
      for (const row of await pipeline.query(`select to_jsonb(t)::text as row from ${table} t`))
        emitted.push([table, String(row['row'])])
    emitted.push(['finished', JSON.stringify(pipeline.finished)])
    expect(emitted.length).toBeGreaterThan(200)
    const leaks = emitted.flatMap(([source, text]) => findIn(text).map((secret) => `${secret} in ${source}`))
    expect([...new Set(leaks)]).toEqual([])
  })

  test('the search finds a secret when there is one', () => {
    for (const [name, secret] of Object.entries(secrets()))
      expect(findIn(`{"a":"${typeof secret === 'string' ? secret : 'nonce-1abc'}"}`), name).toContain(name)
  })

  /** A row as text; of a stored answer also what is packed in it. */
  const textOf = (table: string, row: Record<string, unknown>): string => {
    const text = JSON.stringify(row)
    if (table !== 'tm_raw_payloads') return text
    const { data } = row['payload'] as { readonly data: string }
    return `${text}${gunzipSync(Buffer.from(data, 'base64')).toString()}`
  }

  test('no table holds a token, a key or a nonce, and none but customers and stored answers an e-mail or a phone', async () => {
    const tables = await pipeline.query<{ name: string }>(
      `select relname as name from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'tm_tokens'`,
    )
    const found: string[] = []
    for (const { name } of tables)
      for (const { row } of await pipeline.query<{ row: Record<string, unknown> }>(
        `select to_jsonb(t) as row from public.${name} t`,
      ))
        found.push(...findIn(textOf(name, row)).map((secret) => `${secret} in ${name}`))
    // A refused answer is kept as TM sent it, for seven days: the canaries that TM put into it are what was refused.
    expect([...new Set(found)].toSorted()).toEqual([
      'a phone in customers',
      'a phone in tm_raw_payloads',
      'an e-mail in customers',
      'an e-mail in tm_raw_payloads',
    ])
  })
})
