// Error → outcome, as a table: what each failure class does to a queue job.
import { DelayedError, UnrecoverableError, type Job } from 'bullmq'
import { describe, expect, it } from 'vitest'
import {
  AppError,
  DatabaseRejected,
  PayloadInvalid,
  UpstreamChanged,
  UpstreamDown,
  UpstreamForbidden,
  UpstreamGone,
  UpstreamThrottled,
} from '../../src/core/errors.ts'
import { markedClass } from '../../src/core/failure-class-mark.ts'
import { describe as reasonOf } from '../../src/workers/describe.ts'
import { settle, settlementOf } from '../../src/workers/settle.ts'

const inputFor = (error: unknown, attemptsMade = 0, shuttingDown = false) => {
  const delayedTo: number[] = []
  const job = {
    attemptsMade,
    moveToDelayed: async (at: number) => void delayedTo.push(at),
  } as unknown as Job
  return { input: { job, token: 't', error, attempts: 3, shuttingDown }, delayedTo }
}

describe('settlementOf', () => {
  it.each([
    ['throttled', new UpstreamThrottled('429', 1_000), 0, 'later'],
    ['throttled on the last attempt', new UpstreamThrottled('429', 1_000), 2, 'later'],
    ['credential on the last attempt', new UpstreamForbidden('401'), 2, 'later'],
    ['transient', new UpstreamDown('502'), 0, 'retry'],
    ['transient on the last attempt', new UpstreamDown('502'), 2, 'failed'],
    ['data', new UpstreamChanged('field'), 0, 'failed'],
    ['a payload that does not fit', new PayloadInvalid('shop'), 0, 'failed'],
    ['gone', new UpstreamGone('404'), 0, 'failed'],
    ['an unknown error', new Error('oops'), 0, 'retry'],
    ['an unknown error on the last attempt', new Error('oops'), 2, 'failed'],
    ['something thrown that is no error', 'text', 2, 'failed'],
  ])('%s', (_title, error, attemptsMade, expected) => {
    expect(settlementOf(inputFor(error, attemptsMade).input)).toBe(expected)
  })

  it('hands everything back while the process shuts down', () => {
    expect(settlementOf(inputFor(new Error('aborted'), 2, true).input)).toBe('handed-back')
  })
})

describe('settle', () => {
  it('lets a throttled queue job wait as long as TM asked, without spending an attempt', async () => {
    const { input, delayedTo } = inputFor(new UpstreamThrottled('429', 7_000))
    const before = Date.now()
    await expect(settle(input, 'later')).rejects.toBeInstanceOf(DelayedError)
    expect(delayedTo[0]).toBeGreaterThanOrEqual(before + 7_000)
  })

  it('fails a refused answer for good, with the path of the field in the reason', async () => {
    const error = new UpstreamChanged('the estimate does not fit', {
      details: { issues: [{ path: 'jobs.0.parts.1.retail', message: 'not a number' }] },
    })
    const { input } = inputFor(error)
    const thrown = await settle(input, 'failed').catch((e: unknown) => e)
    expect(thrown).toBeInstanceOf(UnrecoverableError)
    expect((thrown as Error).message).toBe(
      'UPSTREAM_CHANGED: the estimate does not fit [jobs.0.parts.1.retail: not a number]',
    )
  })

  it('rethrows a transient error as it is, so that BullMQ backs off', async () => {
    const error = new UpstreamDown('502')
    await expect(settle(inputFor(error).input, 'retry')).rejects.toBe(error)
  })
})

describe('the reason of a failure', () => {
  it('gives code and message of our errors and the message of others', () => {
    expect(reasonOf(new AppError('bug', 'X_Y', 'text'))).toBe('X_Y: text')
    expect(reasonOf(new Error('plain'))).toBe('plain')
    expect(reasonOf(7)).toBe('7')
  })
})

describe('a queue job that failed for good', () => {
  const stackOf = async (error: unknown): Promise<string> => {
    const thrown: unknown = await settle(inputFor(error, 2).input, 'failed').catch(
      (reason: unknown) => reason,
    )
    return (thrown as Error).stack ?? ''
  }

  it.each([
    ['transient', new UpstreamDown('502')],
    ['data', new DatabaseRejected('data', 'no')],
    ['transient', new DatabaseRejected('transient', 'no')],
    ['bug', new Error('oops')],
    ['bug', 'text'],
  ])('keeps its class, %s, in the store', async (failureClass, error) => {
    expect(markedClass(['an earlier attempt', await stackOf(error)])).toBe(failureClass)
  })

  it('by the queue’s own hand is a bug', () => {
    expect(markedClass([])).toBe('bug')
    expect(markedClass(null)).toBe('bug')
    expect(markedClass(['Error: job stalled more than allowable limit'])).toBe('bug')
  })
})
