// The catalog: importing it starts nothing, every queue job has what operators and retries rely on.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parsePayload } from '../../src/core/enqueue.ts'
import { PayloadInvalid } from '../../src/core/errors.ts'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { CATALOG, findQueueJob } from '../../src/workers/catalog.ts'

const fixtures = new URL('../fixtures/payloads/', import.meta.url)

describe('the catalog', () => {
  it('has unique names and known queues', () => {
    expect(new Set(CATALOG.map((job) => job.name)).size).toBe(CATALOG.length)
    for (const job of CATALOG) expect(QUEUE_NAMES).toContain(job.queue)
  })

  it('gives all queue jobs of a queue a lane, or none: BullMQ serves those without a priority first', () => {
    for (const queue of QUEUE_NAMES) {
      const lanes = CATALOG.filter((job) => job.queue === queue).map((job) => job.lane !== undefined)
      expect(new Set(lanes).size, queue).toBeLessThanOrEqual(1)
    }
  })

  it('still reads every payload shape that was ever released', () => {
    const seen = new Set<string>()
    for (const name of readdirSync(fixtures)) {
      for (const file of readdirSync(new URL(`${name}/`, fixtures))) {
        const payload: unknown = JSON.parse(readFileSync(new URL(`${name}/${file}`, fixtures), 'utf8'))
        expect(() => parsePayload(findQueueJob(name), payload), `${name}/${file}`).not.toThrow()
        seen.add(name)
      }
    }
    expect([...seen].toSorted()).toEqual(CATALOG.map((job) => job.name).toSorted())
  })

  it('refuses a foreign payload with the name of the field', () => {
    expect(() =>
      parsePayload(findQueueJob('sync-repair-order'), { shop: 4321, ro: 'x', lane: 'backfill' }),
    ).toThrow(PayloadInvalid)
    expect(() => parsePayload(findQueueJob('rebuild-day'), { shop: 1, date: '2026-02-30' })).toThrow(/date/)
    expect(() => findQueueJob('no-such-job')).toThrow(PayloadInvalid)
  })

  it('can be imported with an empty environment by a process that then ends by itself', async () => {
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const source =
      "import { CATALOG } from './src/workers/catalog.ts'; process.stdout.write(String(CATALOG.length))"
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      cwd: root,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(0)
    expect(printed).toBe(String(CATALOG.length))
  }, 20_000)
})
