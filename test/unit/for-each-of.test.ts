import { expect, test } from 'vitest'
import { forEachOf } from '../../src/core/for-each-of.ts'

test('works in order, never on more at once than allowed, and on everything', async () => {
  const begun: number[] = []
  let [atWork, most] = [0, 0]
  await forEachOf([1, 2, 3, 4, 5], 2, async (n) => {
    begun.push(n)
    most = Math.max(most, ++atWork)
    await Promise.resolve()
    atWork -= 1
  })
  expect({ begun, most }).toEqual({ begun: [1, 2, 3, 4, 5], most: 2 })
})

test('after a failure nothing more begins, and it is thrown only when what is under way has ended', async () => {
  const [begun, ended]: [number[], number[]] = [[], []]
  const release: (() => void)[] = []
  const working = forEachOf([1, 2, 3, 4], 2, async (n) => {
    begun.push(n)
    if (n === 1) throw new Error('the first fails')
    await new Promise<void>((resolve) => release.push(resolve))
    ended.push(n)
  })
  const seen = working.then(
    () => 'done',
    (error: Error) => `${error.message} after ${ended.join()}`,
  )
  await Promise.resolve()
  release.forEach((letGo) => letGo())
  expect(await seen).toBe('the first fails after 2')
  expect(begun).toEqual([1, 2])
})
