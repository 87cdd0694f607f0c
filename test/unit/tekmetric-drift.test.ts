// Fields that are new or gone are named, with their place and without their values.
import { describe, expect, it } from 'vitest'
import { fieldOf, goneFields, unknownFields } from '../../src/core/tekmetric/drift.ts'
import { answersOf, casesIn, workedExample } from './tekmetric-fixtures.ts'

type Lines = Record<string, unknown>[]
type Estimate = { jobs: { parts?: Lines; labor?: Lines }[] } & Record<string, unknown>

/** The example with its estimate changed in place. */
const withEstimate = (edit: (estimate: Estimate) => void) => {
  const read = workedExample()
  edit(read.estimate as Estimate)
  return read
}
const without = (list: 'parts' | 'labor', field: string, keepFirst = false) =>
  withEstimate((estimate) => {
    for (const [i, line] of estimate.jobs.flatMap((job) => job[list] ?? []).entries())
      if (!(keepFirst && i === 0)) delete line[field]
  })

describe('new fields', () => {
  it('of the documented example there are none', () => {
    expect(unknownFields(workedExample())).toEqual([])
  })

  it('are named once by their place, whatever the position', () => {
    const read = withEstimate((estimate) => {
      estimate['newTotal'] = 5
      for (const job of estimate.jobs) for (const part of job.parts ?? []) part['warranty'] = 'secret value'
    })
    expect(unknownFields(read)).toEqual(['estimate.jobs.*.parts.*.warranty', 'estimate.newTotal'])
    expect(
      unknownFields(
        answersOf({ promise: '', change: { 'profitLabor.totalProfit.tax': 1, 'header.colour': 'red' } }),
      ),
    ).toEqual(['header.colour', 'profitLabor.totalProfit.tax'])
  })
})

describe('fields that money hangs on', () => {
  it.each(casesIn('accepted'))('nothing that TM may leave out counts as gone: %s', (_promise, fixture) => {
    expect(goneFields(answersOf(fixture))).toEqual([])
  })

  it.each(['quantity', 'cost', 'retail', 'total'])(
    'a part’s %s that no part has is gone, one odd part is not',
    (field) => {
      expect(goneFields(without('parts', field))).toEqual([`estimate.jobs.*.parts.*.${field}`])
      expect(goneFields(without('parts', field, true))).toEqual([])
    },
  )

  it.each(['hours', 'rate', 'total'])(
    'a labor line’s %s that no line has is gone, one odd line is not',
    (field) => {
      expect(goneFields(without('labor', field))).toEqual([`estimate.jobs.*.labor.*.${field}`])
      expect(goneFields(without('labor', field, true))).toEqual([])
    },
  )

  it('authorizedTotal, total and totalProfit are gone when the key is, and null is a value', () => {
    const gone = withEstimate((estimate) => {
      delete estimate['authorizedTotal']
      estimate['total'] = null
    })
    expect(goneFields(gone)).toEqual(['estimate.authorizedTotal'])
    expect(goneFields({ ...workedExample(), profitLabor: { labor: [] } })).toEqual([
      'profitLabor.totalProfit',
    ])
    expect(goneFields({ ...workedExample(), profitLabor: { totalProfit: null } })).toEqual([])
    expect(goneFields({ ...workedExample(), profitLabor: null })).toEqual([])
  })

  it('an RO without jobs lacks nothing', () => {
    expect(goneFields(withEstimate((estimate) => void (estimate.jobs = [])))).toEqual([])
  })
})

it('a path of an issue becomes the field, positions become *', () => {
  expect(fieldOf('estimate.jobs.0.parts.12.total')).toBe('estimate.jobs.*.parts.*.total')
  expect(fieldOf('estimate.fees.data.3.total')).toBe('estimate.fees.data.*.total')
  expect(fieldOf('header.id')).toBe('header.id')
})
