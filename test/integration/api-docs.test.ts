// The documentation page in headless Chromium: it draws the API from its own files alone, and the policy has nothing to refuse.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { start } from '../unit/http-made-up-door.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(CHROMIUM)
if (!hasChromium)
  process.stderr.write(
    `\nNOT RUN: the check of /api/docs, because there is no ${CHROMIUM} (set CHROMIUM)\n\n`,
  )

test('the page and its files have a policy without inline scripts, and no other file of the package is served', async () => {
  const { ask } = await start()
  const page = await ask('/api/docs')
  expect(page.status).toBe(200)
  expect(page.header('content-security-policy')).toContain("script-src 'self';")
  expect(page.text).not.toMatch(/<script>|https?:/)
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'])
    expect((await ask(`/api/docs/${file}`)).status, file).toBe(200)
  for (const file of ['package.json', 'index.html', '..%2fpackage.json', '.npmignore'])
    expect((await ask(`/api/docs/${file}`)).status, file).toBe(404)
})

describe.runIf(hasChromium)('in Chromium', () => {
  test('every group of routes is drawn, with no complaint and no request to another host', async () => {
    const { url } = await start()
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } })
    const complaints: string[] = []
    const strangers: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on(
      'request',
      (r) => !r.url().startsWith(url) && !r.url().startsWith('data:') && strangers.push(r.url()),
    )
    await page.goto(`${url}/api/docs`)
    await page.getByText('/api/sync/full-backfill').first().waitFor()
    await page.getByText('Follow a run (server-sent events)').click()
    await page.getByText('text/event-stream').first().waitFor()
    if (process.env['SCREENSHOTS'] !== undefined)
      await page.screenshot({ path: join(process.env['SCREENSHOTS'], 'api-docs.png') })
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] })
    await browser.close()
  })
})
