// Fields that are new or gone are named, with their place and without their values.
import { describe, expect, it } from 'vitest'
import { fieldOf, goneFields, unknownFields } from '../../src/core/tekmetric/drift.ts'
import { normalizeRepairOrder } from '../../src/core/tekmetric/normalize.ts'
import type { FoundRepairOrder } from '../../src/core/tekmetric/types.ts'
import { answersOf, casesIn, workedExample, type Json } from './tekmetric-fixtures.ts'

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

  it.each([
    'header.customer',
    'header.vehicle',
    'header.serviceWriter',
    'header.repairOrderStatus',
    'header.repairOrderLabel',
    'estimate.customer',
    'estimate.vehicle',
    'profitLabor.laborProfit',
  ])('inside %s are seen too', (place) => {
    const path = `${place}.newField`
    expect(unknownFields(answersOf({ promise: '', change: { [path]: 1 } }))).toEqual([path])
  })

  it('of a labor line’s technician are seen too', () => {
    const path = 'estimate.jobs.0.labor.0.technician.newField'
    expect(unknownFields(answersOf({ promise: '', change: { [path]: 1 } }))).toEqual([fieldOf(path)])
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

describe('a field removed everywhere, whichever of the documented ones it is', () => {
  /** metrics.md derives these from `discountTotal` and `feesTotal` when they are absent. */
  const DERIVED = new Set(['estimate.discount', 'estimate.fees'])
  /** No metric hangs on these, or one that metrics.md defines without them (`tax`, `margin`, `coreCharge`, …). */
  const DISPLAY = new Set(
    `name code description note label category make model year firstName lastName fullName brand partNumber part_type
     partType vendorId vendorName complete customer vehicle serviceWriter repairOrderLabel jobCategory sortOrder selected
     declined promisedDate milesIn status archived subletPrice subletCost feePrice grossProfitAmount
     grossProfitPercentage percentage amount cap taxable margin profit laborProfit hours id tax invoiceNumber poNumber
     shopSuppliesTotal epaTotal coreCharge`.split(/\s+/),
  )
  const listsAt = (place: string) => (read: FoundRepairOrder) => {
    const walk = (value: unknown, [key, ...rest]: readonly string[]): Json[] => {
      if (value === null || value === undefined) return []
      if (key === undefined) return [value as Json]
      const next = key === '*' ? (value as unknown[]) : [(value as Json)[key]]
      return next.flatMap((item) => walk(item, rest))
    }
    return walk(read, place.split('.'))
  }
  const PLACES = [
    'header',
    'estimate',
    'estimate.fees.data.*',
    'estimate.jobs.*',
    'estimate.jobs.*.parts.*',
    'estimate.jobs.*.labor.*',
    'estimate.jobs.*.sublets.*',
    'profitLabor',
    'profitLabor.totalProfit',
  ]
  /** The example, posted, with two sublets, with fees of a job, and with both spellings of what has two. */
  const example = (): FoundRepairOrder => {
    const read = workedExample()
    const header = read.header as Json
    header['repairOrderStatus'] = { id: 5, code: 'POSTED', name: 'Posted' }
    header['postedDate'] = '2026-03-05T01:12:09Z'
    header['completedDate'] = '2026-03-04T22:40:00Z'
    const [job] = listsAt('estimate.jobs.*')(read)
    const sublet = { id: 70_032, name: 'Towing', vendorName: 'Tow Co', cost: 5_000, retail: 7_500 }
    Object.assign(job ?? {}, { subletPrice: 7_500, subletCost: 5_000, sublets: [sublet] })
    Object.assign(job ?? {}, { feePrice: 200, fees: [{ name: 'Disposal', amount: 200, total: 200 }] })
    return read
  }
  const cases = PLACES.flatMap((place) =>
    [...new Set(listsAt(place)(example()).flatMap((object) => Object.keys(object)))]
      .filter((key) => !DISPLAY.has(key) && !DERIVED.has(`${place}.${key}`))
      .map((key) => [place, key] as const),
  )
  /** What the warehouse would hold, without what is kept only to be looked at. */
  const numbersOf = (read: FoundRepairOrder) => {
    const { content_hash: _hash, employees: _people, ...bundle } = normalizeRepairOrder(read)
    return JSON.parse(
      JSON.stringify(bundle, (key, value: unknown) => (key === 'tm_extra' ? null : value)),
    ) as Json
  }

  it('there are many', () => expect(cases.length).toBeGreaterThan(50))

  const outcomeOf = (read: FoundRepairOrder, path: string): Json | 'alert' | 'refused' => {
    if (goneFields(read).includes(path)) return 'alert'
    try {
      return numbersOf(read)
    } catch {
      return 'refused'
    }
  }

  it.each(cases)('%s.%s alerts, is refused, or changes no number', (place, key) => {
    const read = example()
    for (const object of listsAt(place)(read)) delete object[key]
    const outcome = outcomeOf(read, `${place.replace('.data', '')}.${key}`)
    expect(['alert', 'refused', numbersOf(example())]).toContainEqual(outcome)
  })

  it('a decision that stands under neither name alerts', () => {
    const read = example()
    for (const job of listsAt('estimate.jobs.*')(read)) delete job['authorized']
    expect(goneFields(read)).toEqual([])
    for (const job of listsAt('estimate.jobs.*')(read)) delete job['status']
    expect(goneFields(read)).toEqual(['estimate.jobs.*.authorized'])
  })

  it('a discount, the fees or the tax that only its other name tells is not gone; without either it is', () => {
    const both = (first: string, second: string) => {
      const read = example()
      const estimate = read.estimate as Json
      delete estimate[first]
      const one = goneFields(read)
      delete estimate[second]
      return [one, goneFields(read)]
    }
    expect(both('discount', 'discountTotal')).toEqual([[], ['estimate.discountTotal', 'estimate.discount']])
    expect(both('fees', 'feesTotal')).toEqual([[], ['estimate.feesTotal', 'estimate.fees']])
    expect(both('tax', 'taxes')).toEqual([[], ['estimate.taxes']])
  })

  it.each([1, 2, 3, 4, 7])('the dates of an RO in status %i may be absent', (id) => {
    const read = example()
    const header = read.header as Json
    header['repairOrderStatus'] = { id }
    delete header['postedDate']
    if (id !== 3) delete header['completedDate']
    expect(goneFields(read)).toEqual([])
  })

  it.each(['parts', 'labor', 'sublets', 'fees', 'discounts'])(
    'a job without %s may leave the list out',
    (list) => {
      const read = example()
      const zero = {
        partsPrice: 0,
        partsCost: 0,
        laborPrice: 0,
        laborHours: 0,
        subletPrice: 0,
        subletCost: 0,
      }
      for (const job of listsAt('estimate.jobs.*')(read)) {
        Object.assign(job, zero, { feePrice: 0 })
        delete job[list]
      }
      expect(goneFields(read)).toEqual([])
    },
  )
})

it('a path of an issue becomes the field, positions become *', () => {
  expect(fieldOf('estimate.jobs.0.parts.12.total')).toBe('estimate.jobs.*.parts.*.total')
  expect(fieldOf('estimate.fees.data.3.total')).toBe('estimate.fees.data.*.total')
  expect(fieldOf('header.id')).toBe('header.id')
})
