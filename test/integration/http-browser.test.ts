// Bull Board as a person uses it, in headless Chromium: log in without JavaScript's help, find the failed queue job, read why,
// retry it, see it succeed. With CI=true a missing browser is a failure. With SCREENSHOTS=<folder> every step leaves a picture.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queueStores } from '../support/queue-store.ts'
import {
  completeOne,
  emailOf,
  failOne,
  PASSWORD,
  startHttpWorld,
  type HttpWorld,
  type Person,
} from './http-world.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
/** The board's icon buttons have no accessible name. */
const RETRY = 'button:has(.lucide-refresh-cw)'

const hasChromium = existsSync(CHROMIUM)
if (!hasChromium) {
  const missing = `the browser check of Bull Board, because there is no ${CHROMIUM} (apt-get install chromium, or set CHROMIUM)`
  if (process.env['CI'] === 'true') throw new Error(`NOT RUN: ${missing}; with CI=true that is a failure`)
  process.stderr.write(`\nNOT RUN: ${missing}\n\n`)
}

describe.runIf(hasChromium)('Bull Board in Chromium', () => {
  let world: HttpWorld
  let browser: Browser
  beforeAll(async () => {
    const store = queueStores().at(-1)
    if (store === undefined) throw new Error('there is no queue store')
    world = await startHttpWorld({ store })
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser.close()
    await world.close()
  })

  /** A window of its own session, and what it complained about or asked of other hosts. */
  const openWindow = async (options: { javaScriptEnabled?: boolean } = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
    const page = await context.newPage()
    const complaints: string[] = []
    const strangers: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfinished', (r) => !r.url().startsWith(world.url) && strangers.push(r.url()))
    return { page, complaints, strangers, close: () => context.close() }
  }
  const shoot = async (page: Page, name: string) => {
    const folder = process.env['SCREENSHOTS']
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) })
  }
  const signIn = async (page: Page, person: Person, password = PASSWORD) => {
    await page.getByLabel('Email').fill(emailOf(person))
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  test('a wrong password is said plainly and the right one leads to the page that was wanted', async () => {
    const { page, close } = await openWindow({ javaScriptEnabled: false })
    await page.goto(`${world.url}/admin/queues/job-schedulers`)
    await shoot(page, '1-login')
    await signIn(page, 'manager', 'wrong')
    expect(await page.getByRole('alert').textContent()).toBe('Wrong email or password.')
    await shoot(page, '2-wrong-password')
    await signIn(page, 'manager')
    expect(page.url()).toBe(`${world.url}/admin/queues/job-schedulers`)
    await close()
  })

  test('a manager reads why a queue job failed, retries it from the board, and it succeeds', async () => {
    const id = await failOne(world, 'estimate of RO 4711: HTTP 500 from the source (UPSTREAM_DOWN)')
    const { page, complaints, strangers, close } = await openWindow()
    await page.goto(`${world.url}/admin/queues`)
    await signIn(page, 'manager')
    await page.getByText(world.queue.name).nth(1).waitFor()
    await shoot(page, '3-board')
    const queuePage = `${world.url}/admin/queues/queue/${world.queue.name}`
    await page.goto(`${queuePage}?status=failed`)
    await page.getByText('UPSTREAM_DOWN').first().waitFor()
    await shoot(page, '4-failed')
    await page.goto(`${queuePage}/${id}`)
    await page.getByText('UPSTREAM_DOWN').first().waitFor()
    await shoot(page, '5-failed-job')
    expect(await page.locator('main').textContent()).not.toContain('node_modules')

    await page.locator(RETRY).click()
    await shoot(page, '6-confirm')
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/retry')),
      page.getByRole('button', { name: 'Confirm' }).click(),
    ])
    expect(answer.status()).toBe(204)
    expect(await completeOne(world)).toBe(id)
    await page.goto(`${queuePage}?status=completed`)
    await page.getByText('sync-repair-order').first().waitFor()
    await shoot(page, '7-completed')

    expect(strangers).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })

  test('an employee sees the same queue job without anything to press, and can sign out', async () => {
    const id = await failOne(world)
    const { page, close } = await openWindow()
    await page.goto(`${world.url}/admin/queues/queue/${world.queue.name}/${id}`)
    await signIn(page, 'employee')
    await page.getByText('the estimate answered 500').first().waitFor()
    await page.getByText('read only').first().waitFor()
    await shoot(page, '8-employee')
    expect(await page.locator(RETRY).count()).toBe(0)
    await page.locator('button[aria-haspopup="menu"]').first().click()
    await page.getByText('Sign out').click()
    await page.waitForURL(`${world.url}/logout`)
    await shoot(page, '9-sign-out')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${world.url}/login`)
    await page.goto(`${world.url}/admin/queues`)
    expect(new URL(page.url()).pathname).toBe('/login')
    await close()
  })

  test('a page of another origin cannot make a signed-in browser retry anything', async () => {
    const id = await failOne(world)
    const { page, close } = await openWindow()
    await page.goto(`${world.url}/admin/queues`)
    await signIn(page, 'admin')
    // Another port of the same host: the same site, so SameSite=Strict alone would let the cookie through.
    await page.goto(`${world.api.url}/health`)
    const target = `${world.url}/admin/queues/api/queues/${world.queue.name}/${id}/retry`
    const sent = page.waitForEvent('requestfinished', (request) => request.method() === 'POST')
    await page.setContent(`<form method="post" action="${target}"><button>Win a prize</button></form>`)
    await page.getByRole('button').click()
    expect((await (await sent).response())?.status()).toBe(403)
    const put = await page.evaluate(
      (url) => fetch(url, { method: 'PUT', credentials: 'include' }).then(String, () => 'blocked'),
      target,
    )
    expect(put).toBe('blocked')
    expect(await (await world.queue.getJob(id))?.getState()).toBe('failed')
    await close()
  })
})
