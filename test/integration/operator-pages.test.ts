// The operator's pages as people use them: who sees which, forms that other sites cannot send, and in headless Chromium finding an
// RO, retrying what failed, pausing a schedule. With SCREENSHOTS=<folder> every step leaves a picture.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applySchedules } from '../../src/producers/scheduler.ts'
import { rebuildDay } from '../../src/workers/jobs/rebuild-day.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { ask, SHOP_A, SHOP_B, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'
import { scheduleTable } from '../support/schedule-desk.ts'
import { navigate } from './http-world.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(CHROMIUM)
if (!hasChromium)
  process.stderr.write(`\nNOT RUN: the operator's pages in a browser, because there is no ${CHROMIUM}\n\n`)

const PAGES = ['/admin', '/admin/failed', '/admin/schedules']
const SCRIPT = '<script>alert("RO")</script>'

let world: ApiWorld
let ro: { readonly id: number; readonly number: number }
const cookies: Record<string, string> = {}

beforeAll(async () => {
  const store = queueStores().at(-1)
  if (store === undefined) throw new Error('there is no queue store')
  world = await startApiWorld({ store, workers: false })
  const people = [
    ['manager', { role: 'admin' }, []],
    ['clerk', {}, [[world.shopA.id, 'employee']]],
    ['local', {}, [[world.shopA.id, 'manager']]],
    ['nobody', {}, []],
  ] as const
  for (const [name, metadata, rows] of people) {
    await world.signUp(`${name}@shop.test`, metadata, [...rows])
    cookies[name] = (await world.login(`${name}@shop.test`)).cookie
  }
  const { pipeline } = world
  const found = pipeline.simulator.truth().repairOrders.find(({ shopTmId }) => shopTmId === SHOP_A)
  if (found === undefined) throw new Error('the simulator has no RO')
  ro = found
  await applySchedules({ ...pipeline, schedules: await scheduleTable(pipeline)() })
}, 60_000)
afterAll(() => world.close())

const line = () => world.pipeline.queueJobs.queue(syncRepairOrder.queue)

/** Fails a sync of the RO, whose answer is in quarantine, and a rebuild of a day of it. */
const failSome = async (): Promise<void> => {
  const { pipeline } = world
  await pipeline.services.warehouse.quarantine.put({
    shopId: world.shopA.id,
    roTmId: ro.id,
    runId: null,
    fetchedAt: '2026-03-04T12:00:00Z',
    refusal: {
      reason: `estimate.total is no number ${SCRIPT}`,
      cause: {},
      errors: [],
      roNumber: ro.number,
      authorizedTotal: 123_456,
      raw: null,
    },
  })
  const payload = { shop: SHOP_A, ro: ro.id, lane: 'incremental', reason: 'listed' }
  await line().add(syncRepairOrder.name, payload, { attempts: 1 })
  await pipeline.queueJobs
    .queue(rebuildDay.queue)
    .add(rebuildDay.name, { shop: SHOP_A, date: '2026-03-04' }, { attempts: 1 })
  for (const [queue, reason] of [
    [syncRepairOrder.queue, `the estimate answered 500 ${SCRIPT}`],
    [rebuildDay.queue, 'the warehouse was away'],
  ] as const) {
    const worker = pipeline.store.worker(queue, async () => {
      throw new Error(reason)
    })
    await new Promise((resolve) => worker.once('failed', resolve))
    await worker.close()
  }
}

describe('who sees what', () => {
  const statuses = async (headers: Record<string, string>) => {
    const seen: Record<string, number> = {}
    for (const path of PAGES) seen[path] = (await navigate(world.url + path, headers)).status
    return seen
  }

  test('a stranger is asked to sign in, a program and a person without a role learn nothing', async () => {
    const away = await navigate(`${world.url}/admin/failed?class=data`)
    expect([away.status, away.header('location')]).toEqual([
      303,
      '/login?next=%2Fadmin%2Ffailed%3Fclass%3Ddata',
    ])
    for (const path of PAGES) expect((await ask(world, path)).status).toBe(404)
    expect(await statuses({ cookie: cookies['nobody'] ?? '' })).toEqual(
      Object.fromEntries(PAGES.map((path) => [path, 404])),
    )
  })

  test('an employee finds ROs; failed work is for managers, schedules for those of the installation', async () => {
    expect(await statuses({ cookie: cookies['clerk'] ?? '' })).toEqual({
      '/admin': 200,
      '/admin/failed': 403,
      '/admin/schedules': 403,
    })
    expect(await statuses({ cookie: cookies['local'] ?? '' })).toEqual({
      '/admin': 200,
      '/admin/failed': 200,
      '/admin/schedules': 403,
    })
    expect(await statuses({ cookie: cookies['manager'] ?? '' })).toEqual({
      '/admin': 200,
      '/admin/failed': 200,
      '/admin/schedules': 200,
    })
  })

  test('whoever signs in lands on a page that is theirs, with a role at one shop too', async () => {
    for (const name of ['manager', 'clerk']) {
      const { headers } = await ask(world, '/login', { headers: { cookie: cookies[name] ?? '' } })
      expect(headers.get('location')).toBe('/admin')
      expect((await navigate(`${world.url}/admin`, { cookie: cookies[name] ?? '' })).status).toBe(200)
    }
  })

  test('a page leads only to where its reader may go', async () => {
    const seen: Record<string, string[]> = {}
    for (const name of ['clerk', 'local', 'manager']) {
      const headers = { cookie: cookies[name] ?? '' }
      const { text } = await navigate(`${world.url}/admin`, headers)
      const links = [...text.matchAll(/<a href="([^"]+)"/g)].map(([, path = '']) => path)
      for (const path of links) expect((await navigate(world.url + path, headers)).status).toBe(200)
      seen[name] = links.filter((path) => path.startsWith('/admin'))
    }
    expect(seen).toEqual({
      clerk: ['/admin'],
      local: ['/admin', '/admin/failed'],
      manager: [...PAGES, '/admin/queues'],
    })
  })

  test('shops of others are neither offered nor answered for', async () => {
    const headers = { cookie: cookies['local'] ?? '' }
    expect((await navigate(`${world.url}/admin`, headers)).text).not.toContain(String(SHOP_B))
    for (const path of [`/admin?ro_number=1&shop_id=${SHOP_B}`, `/admin/failed?shop_id=${SHOP_B}`])
      expect((await navigate(world.url + path, headers)).status).toBe(403)
  })

  test('no form does anything that another site, or somebody without the role, sends', async () => {
    const forms = [
      '/admin/failed',
      '/admin/schedules/sweep-dirty/pause',
      '/admin/schedules/sweep-dirty/resume',
    ]
    const send = (path: string, headers: Record<string, string>) =>
      ask(world, path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: 'limit=100&rate=60',
      })
    for (const path of forms) {
      const manager = { cookie: cookies['manager'] ?? '' }
      for (const from of [{ origin: 'https://elsewhere.example' }, { 'sec-fetch-site': 'cross-site' }, {}])
        expect((await send(path, { ...manager, ...from })).json).toMatchObject({ code: 'CROSS_SITE' })
      const clerk = { cookie: cookies['clerk'] ?? '', origin: world.url }
      expect((await send(path, clerk)).json).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' })
      expect((await send(path, { origin: world.url })).status).toBe(404)
    }
    expect(await world.pipeline.services.warehouse.schedules.pauses()).toEqual([])
  })

  test('what is typed wrong is said on the page, with what was typed, and no markup gets through', async () => {
    const headers = { cookie: cookies['manager'] ?? '' }
    const typed = encodeURIComponent(SCRIPT)
    const answer = await navigate(`${world.url}/admin?shop_id=${SHOP_A}&ro_number=${typed}`, headers)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('role="alert"')
    expect(answer.text).toContain('value="&lt;script&gt;')
    expect(answer.text).not.toContain('<script')
    const failed = await navigate(`${world.url}/admin/failed?class=${typed}&ro=${typed}`, headers)
    expect([failed.status, failed.text.includes('<script')]).toEqual([400, false])
  })

  test('what is wrong is said in the words of the page, not in those of the API', async () => {
    const headers = { cookie: cookies['manager'] ?? '' }
    const said = async (path: string) => {
      const { status, text } = await navigate(world.url + path, headers)
      return [status, /role="alert">([^<]*)/.exec(text)?.[1] ?? null]
    }
    expect(await said('/admin?ro_number=20500')).toEqual([400, 'Shop is required'])
    expect(await said(`/admin?shop=${SHOP_A}&ro_number=x`)).toEqual([400, 'RO number must be a whole number'])
    expect(await said('/admin/failed?ro_number=20500')).toEqual([400, 'Shop is required with RO number'])
    expect(await said('/admin/failed?limit=0&class=odd')).toEqual([
      400,
      expect.stringMatching(/^Class must be one of .*; At most must be from 1 to 5000$/),
    ])
    const { status, text } = await navigate(
      `${world.url}/admin?shop=${SHOP_A}&ro_number=${ro.number}`,
      headers,
    )
    expect([status, text.includes(`RO ${ro.number} (Tekmetric id ${ro.id})`)]).toEqual([200, true])
  })
})

describe.runIf(hasChromium)('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    await failSome()
  })
  afterAll(() => browser.close())

  const openPage = async (path: string, width = 1280) => {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      javaScriptEnabled: false,
    })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    const pairs = (cookies['manager'] ?? '').split('; ').map((pair) => pair.split('='))
    await context.addCookies(pairs.map(([name = '', value = '']) => ({ name, value, url: world.url })))
    await page.goto(world.url + path)
    return { page, complaints, close: () => context.close() }
  }
  const shoot = async (page: Page, name: string) => {
    const folder = process.env['SCREENSHOTS']
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  }

  test('on a telephone no page is wider than the screen, and every button is in reach', async () => {
    const width = 390
    const { page, close } = await openPage('/login', width)
    const found = `/admin?shop_id=${SHOP_A}&ro_number=${ro.number}`
    const outside: string[] = []
    for (const path of ['/login', '/logout', '/nowhere', found, ...PAGES]) {
      await page.goto(world.url + path)
      await shoot(page, `operator-${width}${path.replaceAll(/\W+/g, '-')}`)
      const whole = await page.locator('html').evaluate((root) => root.scrollWidth)
      if (whole > width) outside.push(`${path} is ${whole} px wide`)
      for (const button of await page.getByRole('button').all()) {
        const box = await button.boundingBox()
        if (box === null || box.x + box.width > width)
          outside.push(`${path}: ${await button.textContent()} at ${box?.x} px`)
      }
    }
    expect(outside).toEqual([])
    await close()
  })

  test('the queue jobs of an RO are found by its number, and lead to Bull Board', async () => {
    const { page, complaints, close } = await openPage('/admin')
    await shoot(page, 'operator-1-search')
    await page.getByLabel('Shop').selectOption(String(SHOP_A))
    await page.getByLabel('RO number').fill(String(ro.number))
    await page.getByRole('button', { name: 'Find' }).click()
    await page.getByText('the estimate answered 500').waitFor()
    await shoot(page, 'operator-2-found')
    const link = await page.getByRole('link', { name: 'sync-repair-order' }).getAttribute('href')
    expect(link).toMatch(/^\/admin\/queues\/queue\/repair-orders\/[0-9a-f-]+$/)
    await page.getByLabel('RO number').fill('987654321')
    await page.getByRole('button', { name: 'Find' }).click()
    expect(await page.getByRole('alert').textContent()).toBe('This shop has no repair order 987654321.')
    await shoot(page, 'operator-3-unknown')
    // The browser tells of the answer's status by itself.
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
    await close()
  })

  test('what failed is filtered, seen before it is retried, and then waits again', async () => {
    const { page, complaints, close } = await openPage('/admin/failed')
    await page.getByText('These 2 would be asked for again').waitFor()
    await page.getByLabel('Queue').selectOption('repair-orders')
    await page.getByLabel('Failed within').selectOption({ label: 'the last hour' })
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('This one would be asked for again').waitFor()
    await shoot(page, 'operator-4-failed')
    const row = page.getByRole('region', { name: 'What failed' }).getByRole('row').nth(1)
    expect(await row.getByRole('link', { name: `RO ${ro.number}` }).getAttribute('href')).toBe(
      `/admin?shop_id=${SHOP_A}&ro_number=${ro.number}`,
    )
    await page.getByText('1 RO withholds $1,234.56').waitFor()
    const held = page.getByRole('region', { name: 'In quarantine' }).getByRole('row').nth(1)
    expect(await held.textContent()).toContain('estimate.total is no number')
    await page.getByLabel('Shop').selectOption(String(SHOP_A))
    await page.getByLabel('RO number').fill(String(ro.number))
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('This one would be asked for again').waitFor()
    await page.getByRole('button', { name: 'Retry 1' }).click()
    expect(await page.getByRole('status').textContent()).toMatch(/^1 asked for again/)
    await shoot(page, 'operator-5-retried')
    expect([await line().getFailedCount(), await line().getPrioritizedCount()]).toEqual([0, 1])
    const metrics = world.pipeline.queueJobs.queue(rebuildDay.queue)
    expect(await metrics.getFailedCount()).toBe(1)
    expect(complaints).toEqual([])
    await close()
  })

  test('a schedule is paused and resumed', async () => {
    const { page, complaints, close } = await openPage('/admin/schedules')
    await shoot(page, 'operator-6-schedules')
    const id = `discover-board.${SHOP_A}`
    await page.getByRole('button', { name: `Pause ${id}` }).click()
    await page.getByRole('button', { name: `Resume ${id}` }).waitFor()
    await shoot(page, 'operator-7-paused')
    const paused = await world.pipeline.services.warehouse.schedules.pauses()
    expect(paused).toMatchObject([{ schedule: id, pausedBy: expect.stringMatching(/^user:/) }])
    await page.getByRole('button', { name: `Resume ${id}` }).click()
    await page.getByRole('button', { name: `Pause ${id}` }).waitFor()
    expect(await world.pipeline.services.warehouse.schedules.pauses()).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })
})
