// Any sequence of changes at TM, syncs, failures and restarts ends equal to the source. Those of
// test/fixtures/property-sync/seeds.json are tried every time: between them they make every kind of change and of failure,
// and one that ever failed is added to them. fast-check makes further ones.
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runScript, type Op } from '../support/property-sync.ts'
import { queueStores } from '../support/queue-store.ts'

const SEEDS = new URL('../fixtures/property-sync/seeds.json', import.meta.url)
/** Random sequences beside the kept ones. One takes some seconds; more with PROPERTY_RUNS. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2)

const pick = fc.nat({ max: 1_000 })
/** How often each kind comes up. */
const WEIGHTS: Readonly<Record<Op['kind'], number>> = {
  'edit-line': 3,
  post: 3,
  unpost: 3,
  'resave-job': 1,
  'remove-job': 1,
  'add-job': 1,
  decide: 2,
  settle: 1,
  delete: 1,
  forget: 1,
  advance: 1,
  sync: 4,
  request: 3,
  fault: 3,
  'refuse-token': 1,
  hang: 1,
  restart: 1,
  crash: 1,
}
const KINDS = Object.keys(WEIGHTS) as Op['kind'][]
const op: fc.Arbitrary<Op> = fc.oneof(
  ...KINDS.map((kind) => ({
    arbitrary: fc.record({ kind: fc.constant(kind), pick }),
    weight: WEIGHTS[kind],
  })),
)
const script = fc.array(op, { minLength: 4, maxLength: 14 })

const known = (): Op[][] => JSON.parse(readFileSync(SEEDS, 'utf8')) as Op[][]
const LONG = 120_000 + 60_000 * RUNS

test('the kept sequences make every kind of step', () => {
  expect(new Set(known().flatMap((ops) => ops.map(({ kind }) => kind)))).toEqual(new Set(KINDS))
})

describe.each(queueStores())('on $kind', (store) => {
  test.concurrent.each(known().map((ops, i) => ({ ops, nth: i + 1 })))(
    'kept sequence $nth ends equal to the source',
    { timeout: LONG },
    async ({ ops }) => {
      expect(await runScript(store, ops)).toBe('')
    },
  )

  test.concurrent(
    'any sequence of changes, syncs, failures and restarts ends equal to the source',
    { timeout: LONG },
    async () => {
      const result = await fc.check(
        fc.asyncProperty(script, async (ops) => {
          expect(await runScript(store, ops)).toBe('')
        }),
        {
          numRuns: RUNS,
          endOnFailure: true,
          ...(process.env['PROPERTY_SEED'] === undefined
            ? {}
            : { seed: Number(process.env['PROPERTY_SEED']) }),
        },
      )
      if (!result.failed) return
      const [ops = []] = result.counterexample ?? []
      if (ops.length > 0) writeFileSync(SEEDS, `${JSON.stringify([...known(), ops], null, 2)}\n`)
      throw new Error(
        `seed ${result.seed}, now kept in ${SEEDS.pathname}:\n${ops.map(({ kind, pick: n }) => `${kind} ${n}`).join('\n')}\n${String(result.errorInstance)}`,
      )
    },
  )
})
