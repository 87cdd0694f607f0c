// What becomes of TM's hints while the queue store is away, with a made-up one: each is counted once, and may come again.
import { expect, test } from 'vitest'
import type { QueueJobs } from '../../src/core/enqueue.ts'
import { createLogger } from '../../src/core/logger.ts'
import type { Services } from '../../src/core/services.ts'
import { createHintDesk } from '../../src/producers/webhook/hints.ts'

const body = (ro: number, shopId: number) =>
  Buffer.from(
    JSON.stringify({ event: 'Repair Order #7 posted', data: { id: ro, repairOrderNumber: 7, shopId } }),
  )

test('a hint is counted once when its round fails, gets another chance when it is sent again, and asks for nothing where the part is off', async () => {
  let away = true
  const asked: unknown[] = []
  const requestMany = async (_job: unknown, payloads: readonly unknown[]) => {
    if (away) throw new Error('the queue store is away')
    asked.push(...payloads)
  }
  const services = {
    shops: {
      list: async () => [
        { tmId: 4321, id: 'a', features: {} },
        { tmId: 4322, id: 'b', features: { webhook: false } },
      ],
    },
    warehouse: { repairOrders: { shopsOf: async () => new Map() } },
  } as unknown as Services
  const log = createLogger({ level: 'silent' })
  const desk = createHintDesk({ services, queueJobs: { requestMany } as unknown as QueueJobs }, log)
  const sum = () => Object.values(desk.counts()).reduce((total, count) => total + count, 0)
  const both = [body(5, 4321), body(6, 999)]
  for (const hint of both) desk.take(hint, null)
  await expect.poll(sum).toBeGreaterThanOrEqual(2)
  expect(desk.counts()).toMatchObject({ failed: 2, 'no-shop': 0, queued: 0 })
  away = false
  for (const hint of both) desk.take(hint, null)
  await expect.poll(() => desk.counts()).toMatchObject({ failed: 2, 'no-shop': 1, queued: 1 })
  expect(asked).toMatchObject([{ shop: 4321, ro: 5, reason: 'webhook' }])
  // Nothing waits that would end with nothing done and take a person's request for the same RO with it.
  desk.take(body(7, 4322), null)
  await expect.poll(() => desk.counts()).toMatchObject({ 'no-shop': 1, queued: 1, 'switched-off': 1 })
  expect(asked).toHaveLength(1)
})
