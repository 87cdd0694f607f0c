// Every sentence of tekmetric-api.md §6, as TM words it, with what its data are.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHint } from '../../src/producers/webhook/sentences.ts'

const RO = 318204417
const full = { id: RO, repairOrderNumber: 20418, shopId: 4321, jobs: [], updatedDate: '2026-03-05T01:12:10Z' }
const payment = {
  id: 7710042,
  repairOrderId: RO,
  amount: 112470,
  payerName: 'Sample Customer',
  refund: false,
}

const OF_AN_RO = [
  ['Repair Order #20418 created by user@example.com', 'created'],
  ['Repair Order #20418 posted by user@example.com', 'posted'],
  ['Repair Order #20418 unposted by user@example.com', 'unposted'],
  ['Repair Order #20418 completed by user@example.com', 'completed'],
  ['Repair Order #20418 completed', 'completed'],
  ['Repair Order #20418 invoiced by user@example.com', 'invoiced'],
  ['Repair Order #20418 deleted by user@example.com', 'deleted'],
  ['Repair Order #20418 status updated by user@example.com', 'status-updated'],
  // An empty actor: a change made through TM's API.
  ['Repair Order #20418 status updated by ', 'status-updated'],
  ['Repair Order #20418 sent to A/R by user@example.com', 'sent-to-receivables'],
  ['Sample Customer approved 2 job(s) and declined 1 job(s) for Repair Order #20418', 'approved'],
  ['Sample Customer viewed estimate for Repair Order #20418', 'estimate-viewed'],
  ['Sample Customer viewed their inspection for Repair Order #20418', 'inspection-viewed'],
] as const

describe('a sentence about a repair order', () => {
  test.each(OF_AN_RO)('%s', (event, kind) => {
    expect(readHint({ event, data: full })).toEqual({ kind, ro: RO, roNumber: 20418, shop: 4321 })
  })

  test('an inspection and a payment name the RO beside an id of their own, and no shop', () => {
    expect(
      readHint({ event: 'Payment made by Sample Customer for Repair Order #20418', data: payment }),
    ).toEqual({ kind: 'payment', ro: RO, roNumber: 20418, shop: null })
    const inspection = { id: 5, name: 'Courtesy', repairOrderId: RO }
    expect(readHint({ event: 'Inspection marked complete by user@example.com', data: inspection })).toEqual({
      kind: 'inspection-complete',
      ro: RO,
      roNumber: null,
      shop: null,
    })
  })

  test('shop 0, which TM sends now and then, is no shop', () => {
    const event = 'Repair Order #20418 posted by user@example.com'
    expect(readHint({ event, data: { ...full, shopId: 0 } })).toMatchObject({ ro: RO, shop: null })
  })

  test('without usable data the number of the sentence remains', () => {
    const event = 'Repair Order #20418 posted by user@example.com'
    for (const data of [undefined, null, [], 'x', { id: 'x' }])
      expect(readHint({ event, data })).toEqual({ kind: 'posted', ro: null, roNumber: 20418, shop: null })
  })

  test('a sentence that TM has not used yet still leads to the RO that its data name', () => {
    const event = 'Repair Order #20418 was given a new coat of paint'
    expect(readHint({ event, data: full })).toMatchObject({ kind: 'unknown', ro: RO, shop: 4321 })
  })
})

describe('a sentence about something else', () => {
  test.each([
    ['Purchase Order #77 created by user@example.com', 'purchase-order', { purchaseOrderId: 77, id: 3 }],
    ['Purchase Order #77 marked received by user@example.com', 'purchase-order', { purchaseOrderId: 77 }],
    ['Appointment for Sample Customer created by user@example.com', 'appointment', { id: 9, shopId: 4321 }],
    ['Appointment for Sample Customer updated by user@example.com', 'appointment', { id: 9 }],
    ['Appointment for Sample Customer deleted by user@example.com', 'appointment', { id: 9 }],
  ])('%s names no RO', (event, kind, data) => {
    expect(readHint({ event, data })).toMatchObject({ kind, ro: null, roNumber: null })
  })

  test('a customer whose name looks like a sentence makes no other one of it', () => {
    const event = 'Repair Order #1 posted by viewed estimate for Repair Order #20418'
    expect(readHint({ event, data: full })).toMatchObject({ kind: 'posted', ro: RO, roNumber: 20418 })
  })
})

test('whatever comes is read without an error, and never gives anything but a kind and three numbers', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ event: fc.jsonValue(), data: fc.jsonValue() })),
      (body) => {
        const { kind, ...ids } = readHint(body)
        expect(kind).toMatch(/^[a-z-]+$/)
        for (const id of Object.values(ids))
          expect(id === null || (Number.isSafeInteger(id) && id > 0)).toBe(true)
      },
    ),
  )
})
