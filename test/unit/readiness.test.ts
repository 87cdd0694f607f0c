// Readiness: three questions, answered in time whatever is away; an outage is over only when a canary flew after it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { createReadiness } from '../../src/core/readiness.ts'
import { collectLog } from '../support/pipeline-log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const allAt = (seconds: number) => Object.fromEntries(QUEUE_NAMES.map((queue) => [queue, seconds]))
const hangs = () => new Promise<never>(() => undefined)

const world = () => {
  const { log, lines } = collectLog()
  const parts = {
    check: (): Promise<void> => Promise.resolve(),
    canaryAges: (): Promise<Record<string, number>> => Promise.resolve(allAt(30)),
  }
  let asked = 0
  const readiness = createReadiness({
    store: {
      check: () => {
        asked += 1
        return parts.check()
      },
    },
    warehouse: { operations: { canaryAges: () => parts.canaryAges() } },
    log,
  })
  /** A look that is not the one before. */
  const look = async () => {
    await vi.advanceTimersByTimeAsync(1_100)
    const answer = readiness()
    await vi.advanceTimersByTimeAsync(3_100)
    return answer
  }
  return { parts, look, readiness, lines, asked: () => asked }
}

test('ready when both parts answer and a canary came through every queue', async () => {
  const { look } = world()
  const { ready, checks } = await look()
  expect(ready).toBe(true)
  expect(Object.keys(checks)).toEqual([
    'queueStore',
    'warehouse',
    ...QUEUE_NAMES.map((name) => `canary.${name}`),
  ])
})

test('a queue without a canary, or with an old one, is named', async () => {
  const { parts, look } = world()
  parts.canaryAges = async () => ({ ...allAt(30), metrics: 151, discovery: 600 })
  const old = await look()
  expect(old.ready).toBe(false)
  expect(old.checks).toMatchObject({
    'canary.metrics': false,
    'canary.discovery': true,
    'canary.snapshots': true,
  })
  parts.canaryAges = async () => ({ maintenance: 1 })
  expect((await look()).checks).toMatchObject({ 'canary.maintenance': true, 'canary.snapshots': false })
})

test('a part that hangs is away within seconds, and of the canaries nothing is claimed', async () => {
  const { parts, look } = world()
  parts.check = hangs
  expect((await look()).checks).toMatchObject({ queueStore: false, warehouse: true })
  parts.check = async () => undefined
  parts.canaryAges = hangs
  expect(await look()).toEqual({ ready: false, checks: { queueStore: true, warehouse: false } })
})

test('after an outage only a canary that flew since is believed; after a blink the old one is', async () => {
  const { parts, look } = world()
  await look()
  parts.check = () => Promise.reject(new Error('refused'))
  expect((await look()).ready).toBe(false)
  parts.check = async () => undefined
  expect((await look()).ready).toBe(true)

  parts.check = () => Promise.reject(new Error('refused'))
  for (let i = 0; i < 4; i += 1) await look()
  parts.check = async () => undefined
  const back = await look()
  expect(back.checks).toMatchObject({ queueStore: true, 'canary.metrics': false })
  parts.canaryAges = async () => allAt(0.1)
  expect((await look()).ready).toBe(true)
})

test('a canary that flew before we looked again is believed at once', async () => {
  const { parts, look } = world()
  parts.canaryAges = hangs
  for (let i = 0; i < 4; i += 1) await look()
  parts.canaryAges = async () => allAt(0.5)
  expect((await look()).ready).toBe(true)
})

test('however many ask at once, the parts are asked once a second', async () => {
  const { readiness, asked } = world()
  await Promise.all(Array.from({ length: 50 }, readiness))
  await readiness()
  expect(asked()).toBe(1)
  await vi.advanceTimersByTimeAsync(1_100)
  await readiness()
  expect(asked()).toBe(2)
})

test('each change is one line in the log, with what fails', async () => {
  const { parts, look, lines } = world()
  await look()
  parts.check = () => Promise.reject(new Error('refused'))
  await look()
  await look()
  parts.check = async () => undefined
  await look()
  expect(lines.map(({ event, failing }) => [event, failing])).toEqual([
    ['readiness.ready', undefined],
    ['readiness.lost', ['queueStore']],
    ['readiness.ready', undefined],
  ])
})
