// The difference of two pictures of an RO: rows that come, go and change, column by column.
import { expect, it } from 'vitest'
import { diffPictures, diffRows } from '../../src/core/warehouse/picture-diff.ts'

it('names added, removed and changed rows, and no others', () => {
  const before = {
    jobs: { 'job 1': { name: 'a', total: 5 }, 'job 2': { name: 'b', total: 5 } },
    job_parts: { 'job 2 line 1': { total: 5, tm_id: null } },
  }
  const after = { jobs: { 'job 1': { name: 'a', total: 6 }, 'job 3': { name: null, total: 1 } } }
  expect(diffPictures(before, after)).toEqual([
    {
      table: 'job_parts',
      key: 'job 2 line 1',
      change: 'removed',
      columns: [{ column: 'total', old: 5, new: null }],
    },
    { table: 'jobs', key: 'job 1', change: 'changed', columns: [{ column: 'total', old: 5, new: 6 }] },
    {
      table: 'jobs',
      key: 'job 2',
      change: 'removed',
      columns: [
        { column: 'name', old: 'b', new: null },
        { column: 'total', old: 5, new: null },
      ],
    },
    { table: 'jobs', key: 'job 3', change: 'added', columns: [{ column: 'total', old: null, new: 1 }] },
  ])
})

it('finds no difference between equal rows, whatever the kind of value', () => {
  const row = { a: 1, b: null, c: { d: [1, 2] }, e: 'x', f: false }
  expect(diffRows(row, structuredClone(row))).toEqual([])
  expect(diffPictures({ jobs: { x: row } }, { jobs: { x: structuredClone(row) } })).toEqual([])
  expect(diffRows({ c: { d: [1, 2] } }, { c: { d: [2, 1] } })).toHaveLength(1)
})
