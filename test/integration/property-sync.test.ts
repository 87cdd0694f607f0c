// Any sequence of changes at TM, syncs, failures and restarts ends equal to the source. fast-check makes the sequences;
// one that ever failed is kept in test/fixtures/property-sync/seeds.json and tried first from then on.
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runScript, type Op } from '../support/property-sync.ts'
import { queueStores } from '../support/queue-store.ts'

const SEEDS = new URL('../fixtures/property-sync/seeds.json', import.meta.url)
/** One run takes some seconds; more with PROPERTY_RUNS. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 3)
const LONG = 60_000 + RUNS * 60_000

const pick = fc.nat({ max: 1_000 })
const of = <K extends Op['kind']>(kind: K) => fc.record({ kind: fc.constant(kind), pick }) as fc.Arbitrary<Op>
const op: fc.Arbitrary<Op> = fc.oneof(
  { arbitrary: of('edit-line'), weight: 3 },
  { arbitrary: of('post'), weight: 3 },
  { arbitrary: of('unpost'), weight: 3 },
  { arbitrary: of('resave-job'), weight: 1 },
  { arbitrary: of('remove-job'), weight: 1 },
  { arbitrary: of('add-job'), weight: 1 },
  { arbitrary: of('decide'), weight: 2 },
  { arbitrary: of('settle'), weight: 1 },
  { arbitrary: of('delete'), weight: 1 },
  { arbitrary: of('forget'), weight: 1 },
  { arbitrary: of('advance'), weight: 1 },
  { arbitrary: of('sync'), weight: 4 },
  { arbitrary: of('request'), weight: 3 },
  { arbitrary: of('fault'), weight: 3 },
  { arbitrary: of('restart'), weight: 1 },
  { arbitrary: of('crash'), weight: 1 },
)
const script = fc.array(op, { minLength: 4, maxLength: 14 })

const known = (): Op[][] => JSON.parse(readFileSync(SEEDS, 'utf8')) as Op[][]

describe.each(queueStores())('on $kind', (store) => {
  test(
    'any sequence of changes, syncs, failures and restarts ends equal to the source',
    { timeout: LONG },
    async () => {
      const result = await fc.check(
        fc.asyncProperty(script, async (ops) => {
          expect(await runScript(store, ops)).toBe('')
        }),
        {
          numRuns: RUNS,
          examples: known().map((ops): [Op[]] => [ops]),
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
