// A field that TM no longer sends raises an alert before numbers change; a new one is kept and told once.
// On one queue store only: what is judged here is stored by the test itself, and no queue takes part in it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FoundRepairOrder } from '../../src/core/tekmetric/client.ts'
import { quarantineRefused, storeRead, type StoreInput } from '../../src/workers/store-repair-order.ts'
import { report } from '../support/oracle/compare.ts'
import { collectLog } from '../support/pipeline-log.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const { log, lines } = collectLog()

let pipeline: Pipeline
let posted: number[]
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  const shop = { tmId: SHOP, repairOrders: 60 }
  pipeline = await startPipeline({
    store,
    simulator: { shops: [shop], days: 10, quirks: { quotedNumbers: true } },
  })
  const [first] = pipeline.simulator.truth().repairOrders.filter(({ statusId }) => statusId === 5)
  pipeline.simulator.edit.update(first?.id ?? 0, (ro) => {
    const own = { id: 990_001, name: 'Towing', vendorName: 'Tow Co', cost: 5_000, retail: 7_500 }
    ro.sublets.push({ ...own, authorized: true, authorizedDate: ro.updatedDate })
  })
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 12 })
  await pipeline.quiet()
  posted = pipeline.simulator
    .truth()
    .repairOrders.filter(
      ({ statusId, jobs }) => statusId === 5 && jobs.some(({ authorized }) => authorized === true),
    )
    .map(({ id }) => id)
})
afterAll(() => pipeline.close())

const inputOf = async (ro: number): Promise<StoreInput & { askedAt: string }> => ({
  shop: SHOP,
  shopId: (await pipeline.services.shops.byTmId(SHOP)).id,
  ro,
  runId: null,
  askedAt: new Date().toISOString(),
})
const read = async (ro: number): Promise<FoundRepairOrder> => {
  const answer = await pipeline.services.tekmetric.readRepairOrder({ shopTmId: SHOP, ro })
  if (answer.kind !== 'found') throw new Error('the RO is not there')
  return structuredClone(answer)
}
/** As the processor does it: stored, or refused and kept. */
const store = async (answer: FoundRepairOrder, services = pipeline.services): Promise<string> => {
  const ctx = { services, log }
  const input = await inputOf(answer.ro)
  try {
    return String((await storeRead(ctx, input, answer)).summary['outcome'])
  } catch (error) {
    await quarantineRefused(ctx, input, { error, read: answer })
    return 'refused'
  }
}
const without = (answer: FoundRepairOrder, key: string): FoundRepairOrder => {
  delete (answer.estimate as Record<string, unknown>)[key]
  return answer
}
const events = (event: string) => lines.filter((line) => line.event === event)
const drift = () => pipeline.query('select kind, path, reports from tm_field_drift order by path')

test('of everything the simulator sends, in every rendering, no field is unknown and none is gone', async () => {
  expect(await drift()).toEqual([])
})

test('a field that money hangs on and that is gone alerts once, and not one number changes', async () => {
  const [first = 0, second = 0] = posted
  pipeline.simulator.edit.editLine(first, { kind: 'labor', set: { rate: 99_900 } })
  expect(await store(without(await read(first), 'authorizedTotal'))).toBe('refused')
  expect(await store(without(await read(second), 'authorizedTotal'))).toBe('refused')
  expect(await drift()).toEqual([{ kind: 'gone', path: 'estimate.authorizedTotal', reports: 2 }])
  expect(events('tekmetric.field-drift')).toMatchObject([
    { level: 'error', path: 'estimate.authorizedTotal' },
  ])
  const quarantined = await pipeline.query<{ ro: string }>(
    'select ro_tm_id as ro from quarantined_repair_orders',
  )
  expect(new Set(quarantined.map(({ ro }) => Number(ro)))).toEqual(new Set([first, second]))
  const [row] = await pipeline.query('select authorized_total from repair_orders where tm_id = $1', [second])
  expect(row?.['authorized_total']).not.toBeNull()
})

test('accepted by a person, ROs without that field are stored again', async () => {
  const [first = 0, second = 0] = posted
  const { shopId } = await inputOf(first)
  const path = 'estimate.authorizedTotal'
  await pipeline.services.warehouse.quarantine.acceptDrift({ shopId, path, accepted: true })
  expect(await store(without(await read(first), 'authorizedTotal'))).toBe('updated')
  await pipeline.services.warehouse.quarantine.acceptDrift({ shopId, path, accepted: false })
  expect(await store(without(await read(second), 'authorizedTotal'))).toBe('refused')
  // TM sends it again: all is well by itself.
  for (const ro of [first, second]) await store(await read(ro))
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 12 })
  pipeline.startWorkers()
  await pipeline.quiet()
  expect(report(await pipeline.compare())).toBe('')
})

test('a field that nobody knows is kept with the RO and told once, however many ROs and processes see it', async () => {
  const anotherProcess = { ...pipeline.services }
  for (const [ro, services] of posted
    .slice(2, 6)
    .map((one, i) => [one, i < 2 ? pipeline.services : anotherProcess] as const)) {
    const answer = await read(ro)
    Object.assign(answer.header as object, { warrantyClass: 'GOLD' })
    expect(await store(answer, services)).toBe('updated')
  }
  expect(events('tekmetric.unknown-field')).toMatchObject([{ level: 'warn', path: 'header.warrantyClass' }])
  expect(JSON.stringify(lines)).not.toContain('GOLD')
  // Each process asks the warehouse once.
  expect(await drift()).toContainEqual({ kind: 'unknown', path: 'header.warrantyClass', reports: 2 })
  const kept = await pipeline.query("select from repair_orders where tm_extra ->> 'warrantyClass' = 'GOLD'")
  expect(kept).toHaveLength(4)
})
