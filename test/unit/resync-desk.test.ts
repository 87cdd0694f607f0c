// Which run a request for a resync is told, by where the RO's queue job stands: the promise is a read that begins later.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EnqueueResult, QueueJobs } from '../../src/core/enqueue.ts'
import type { Services } from '../../src/core/services.ts'
import { createResyncDesk } from '../../src/producers/resync-desk.ts'

type State = 'prioritized' | 'delayed' | 'active' | 'gone'

/** A queue that holds at most one queue job, of which the test says where it stands. */
const made = () => {
  const at: { state: State; id: string } = { state: 'gone', id: '' }
  let asked = 0
  const standing = (): EnqueueResult => {
    if (at.state === 'active') return 'queued-after-active'
    if (at.state !== 'gone') return 'coalesced'
    Object.assign(at, { state: 'prioritized', id: randomUUID() })
    return 'queued'
  }
  const queueJobs = {
    queue: () => ({ getRanges: async (states: State[]) => (states.includes(at.state) ? [at.id] : []) }),
    requestMany: async (_job: unknown, payloads: readonly unknown[]) => {
      asked += 1
      return payloads.map(() => ({ result: standing(), id: at.id }))
    },
  }
  const runs = {
    openResyncs: async ({ wishes }: { wishes: readonly object[] }) => wishes.map(() => randomUUID()),
  }
  const producer = {
    services: { warehouse: { runs } } as unknown as Services,
    queueJobs: queueJobs as unknown as QueueJobs,
  }
  const desk = createResyncDesk(producer, 'api')
  const request = () => desk.request({ shop: { id: 'shop', tmId: 4321 }, ro: 7 })
  return { at, request, asked: () => asked }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

describe('who asks for an RO that', () => {
  it('waits gets the run that waits, without asking the queue again', async () => {
    const { request, asked } = made()
    const first = await request()
    expect(first.result).toBe('queued')
    expect(await request()).toEqual({ result: 'coalesced', runId: first.runId })
    expect(asked()).toBe(1)
  })

  it('is being read gets one further run, and so does everybody else meanwhile', async () => {
    const { at, request, asked } = made()
    const first = await request()
    at.state = 'active'
    const next = await request()
    expect(next.result).toBe('queued-after-active')
    expect(next.runId).not.toBe(first.runId)
    expect(await request()).toEqual(next)
    expect(asked()).toBe(2)
  })

  it('went back to wait gets the further run, whose read then has not begun', async () => {
    const { at, request, asked } = made()
    await request()
    at.state = 'active'
    const next = await request()
    at.state = 'delayed'
    expect(await request()).toEqual({ result: 'coalesced', runId: next.runId })
    expect(asked()).toBe(2)
  })

  it('went back to wait and is taken up again gets a run of its own: this read is that of the run before', async () => {
    const { at, request } = made()
    await request()
    at.state = 'active'
    const next = await request()
    at.state = 'delayed'
    await request()
    at.state = 'active'
    const third = await request()
    expect(third.result).toBe('queued-after-active')
    expect(third.runId).not.toBe(next.runId)
  })

  it('is active for longer gets a run of its own again: its read may have begun since', async () => {
    const { at, request } = made()
    await request()
    at.state = 'active'
    const next = await request()
    vi.advanceTimersByTime(900)
    expect(await request()).toEqual(next)
    vi.advanceTimersByTime(200)
    expect((await request()).runId).not.toBe(next.runId)
  })

  it('was taken up in a lower lane is asked for once more when it went back to wait, so that it is lifted', async () => {
    const { at, request, asked } = made()
    Object.assign(at, { state: 'active', id: 'of-a-backfill' })
    await request()
    at.state = 'delayed'
    const lifted = await request()
    expect(lifted.result).toBe('coalesced')
    expect(asked()).toBe(2)
    at.state = 'active'
    const next = await request()
    at.state = 'prioritized'
    expect(await request()).toEqual({ result: 'coalesced', runId: next.runId })
    expect(asked()).toBe(3)
  })
})
