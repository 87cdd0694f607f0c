// A signal of several sources: it fires in time, whatever the garbage collector does, and lets go of its sources.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { joinSignals } from '../../src/core/joined-signal.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

test('fires when its time is over, although nobody held on to it in the meantime', async () => {
  const parent = new AbortController()
  const { signal, release } = joinSignals([parent.signal], { timeoutMs: 150 })
  const deadline = Date.now() + 5_000
  while (!signal.aborted && Date.now() < deadline) {
    collectGarbage()
    await turn()
  }
  release()
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
})

test('fires with the reason of the first of its parents, also one that had fired before', () => {
  const [first, second] = [new AbortController(), new AbortController()]
  const joined = joinSignals([first.signal, undefined, second.signal])
  second.abort(new Error('the second'))
  first.abort(new Error('the first'))
  expect(joined.signal.reason).toMatchObject({ message: 'the second' })
  expect(joinSignals([second.signal]).signal.aborted).toBe(true)
})

test('after its release neither the time nor a parent fires it, and the parents are free', async () => {
  const parent = new AbortController()
  const { signal, release } = joinSignals([parent.signal], { timeoutMs: 20 })
  release()
  await new Promise((resolve) => setTimeout(resolve, 60))
  parent.abort()
  expect(signal.aborted).toBe(false)
  expect(getEventListeners(parent.signal, 'abort')).toEqual([])
})
