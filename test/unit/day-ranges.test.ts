import { expect, test } from 'vitest'
import { daysIn, splitDays } from '../../src/core/day-ranges.ts'

test('counts both ends, across the change of the clocks and a leap day', () => {
  expect(daysIn({ from: '2026-03-07', to: '2026-03-09' })).toBe(3)
  expect(daysIn({ from: '2024-02-28', to: '2024-03-01' })).toBe(3)
  expect(daysIn({ from: '2026-03-09', to: '2026-03-07' })).toBe(-1)
})

test('cuts a range into pieces, newest first, that leave no day out and overlap nowhere', () => {
  expect(splitDays({ from: '2026-03-01', to: '2026-03-08' }, 3)).toEqual([
    { from: '2026-03-06', to: '2026-03-08' },
    { from: '2026-03-03', to: '2026-03-05' },
    { from: '2026-03-01', to: '2026-03-02' },
  ])
  expect(splitDays({ from: '2026-03-08', to: '2026-03-08' }, 31)).toEqual([
    { from: '2026-03-08', to: '2026-03-08' },
  ])
})

test('a range that ends before it begins has no pieces', () => {
  expect(splitDays({ from: '2026-03-08', to: '2026-03-07' }, 31)).toEqual([])
})
