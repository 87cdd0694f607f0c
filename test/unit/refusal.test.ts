// What quarantine keeps of a refusal: each issue as table, TM id and message, the amount, never a value of TM's.
import { describe, expect, it } from 'vitest'
import { DatabaseRejected, UpstreamChanged } from '../../src/core/errors.ts'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import type { FoundRepairOrder } from '../../src/core/tekmetric/types.ts'
import { refusalOf } from '../../src/workers/refusal.ts'
import { answersOf, RO, workedExample, type Case } from './tekmetric-fixtures.ts'

const refusedOf = (read: FoundRepairOrder) => {
  try {
    normalizeRepairOrder(read)
  } catch (error) {
    return refusalOf(error, RO, read)
  }
  throw new Error('this answer is accepted')
}
const refused = (fixture: Omit<Case, 'promise'>) => refusedOf(answersOf({ promise: '', ...fixture }))

describe('the errors of a refused answer', () => {
  it.each([
    ['header.amountPaid', 'repair_orders', RO],
    ['estimate.jobs.0.total', 'jobs', 1190332001],
    ['estimate.jobs.1.parts.1.retail', 'job_parts', 1055001004],
    ['estimate.jobs.0.labor.0.rate', 'job_labor', 901200301],
    ['estimate.jobs.1.sublets.0.cost', 'job_sublets', 70031],
    ['estimate.fees.data.1.total', 'job_fees', null],
    ['profitLabor.totalProfit.cost', 'repair_orders', RO],
  ])('%s is an error of %s %s', (path, table, tmId) => {
    const { errors, cause } = refused({ change: { [path]: 'oops' } })
    expect(errors).toMatchObject([
      { table, tm_id: tmId, message: expect.stringMatching(/: is not a number$/) as string },
    ])
    expect(cause).toMatchObject({ code: 'UPSTREAM_CHANGED', class: 'data' })
    expect(JSON.stringify([errors, cause])).not.toContain('oops')
  })

  it('are found under the other spelling of jobs too', () => {
    const { errors } = refused({
      change: { 'estimate.jobs.0.parts.0.cost': 'oops' },
      rename: { 'estimate.jobs': 'repairOrderJobs' },
    })
    expect(errors).toMatchObject([{ table: 'job_parts', tm_id: 1055001001 }])
  })

  it('of the database name the RO', () => {
    const error = new DatabaseRejected('data', 'the warehouse refused apply_repair_order: 23514')
    expect(refusalOf(error, RO, workedExample()).errors).toMatchObject([
      { table: 'repair_orders', tm_id: RO },
    ])
  })
})

describe('the amount that is withheld', () => {
  it('is authorizedTotal as long as that one field can be read', () => {
    expect(refused({ change: { 'header.amountPaid': 'x' } })).toMatchObject({
      authorizedTotal: 112_470,
      roNumber: 20_418,
    })
    expect(refused({ change: { 'estimate.authorizedTotal': 'x' } }).authorizedTotal).toBeNull()
    expect(refused({ change: { estimate: null } })).toMatchObject({ authorizedTotal: null })
  })

  it('is unknown, and no payload is kept, when TM refused to answer', () => {
    expect(refusalOf(new UpstreamChanged('400'), RO, null)).toMatchObject({
      authorizedTotal: null,
      raw: null,
    })
  })
})
