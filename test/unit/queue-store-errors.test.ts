// What the queue store's errors are called in the log: an outage, a refusal, or a defect that must not pass for an outage.
import { describe, expect, it } from 'vitest'
import { reportStoreErrors, troubleOf } from '../../src/core/queue-store-errors.ts'
import { collectLog } from '../support/pipeline-log.ts'

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code })

describe('troubleOf', () => {
  it('knows an outage, whatever the driver calls it', () => {
    for (const error of [
      coded('ECONNREFUSED'),
      new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]),
      coded('57P01', 'terminating connection due to administrator command'),
      coded('57P03', 'the database system is starting up'),
      new Error('Connection terminated unexpectedly'),
      new Error('Connection is closed.'),
      new Error('LOADING Redis is loading the dataset in memory'),
    ])
      expect(troubleOf(error), error.message).toBe('away')
  })

  it('knows a store that is there and refuses', () => {
    for (const error of [
      new Error("OOM command not allowed when used memory > 'maxmemory'."),
      new Error('MISCONF Redis is configured to save RDB snapshots'),
      new Error('NOAUTH Authentication required.'),
      coded('28P01', 'password authentication failed'),
      coded('53100', 'could not extend file'),
    ])
      expect(troubleOf(error), error.message).toBe('refused')
  })

  it('knows a queue job that ended after the store had given it away or lost it', () => {
    expect(troubleOf(new Error('could not renew lock for job 7'))).toBe('overtaken')
    for (const code of [-1, -2, -3, -6])
      expect(troubleOf(Object.assign(new Error('Missing lock for job 7'), { code }))).toBe('overtaken')
  })

  it('takes nothing else for an outage', () => {
    expect(troubleOf(new TypeError("Cannot read properties of undefined (reading 'id')"))).toBe('defect')
    expect(troubleOf(Object.assign(new Error('x'), { code: -5 }))).toBe('defect')
    expect(troubleOf(coded('42P01', 'relation "job" does not exist'))).toBe('defect')
    expect(troubleOf('a text')).toBe('defect')
  })
})

describe('reportStoreErrors', () => {
  it('says an outage once in half a minute, and then how often it was not said', () => {
    const { log, lines } = collectLog()
    let now = 0
    const report = reportStoreErrors(log, () => now)
    for (let i = 0; i < 500; i += 1) report(coded('ECONNREFUSED'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ level: 'warn', event: 'queue-store.away', code: 'ECONNREFUSED' })
    now = 31_000
    report(coded('ECONNRESET'))
    expect(lines[1]).toMatchObject({ event: 'queue-store.away', repeated: 499 })
  })

  it('says a defect beside an outage, as an error with its stack', () => {
    const { log, lines } = collectLog()
    const report = reportStoreErrors(log)
    report(coded('ECONNREFUSED'))
    report(new TypeError('not a function'))
    expect(lines[1]).toMatchObject({ level: 'error', event: 'queue-store.defect', code: 'TypeError' })
    expect(JSON.stringify(lines[1])).toContain('queue-store-errors.test.ts')
  })
})
