// G2: a reader never sees half an RO, however often its sync writes it while the reader looks.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const RO = 318_204_417
const VERSIONS = 12

/** One statement, one picture: header, jobs and lines as any reader sees them together. */
const LOOK = `
  select r.notes, r.authorized_parts, r.potential_parts, r.authorized_total,
         (select array_agg(distinct j.note) from jobs j where j.repair_order_id = r.id) as job_notes,
         (select array_agg(distinct p.retail) from job_parts p where p.repair_order_id = r.id) as retails,
         (select count(*)::int from job_parts p where p.repair_order_id = r.id) as parts,
         (select count(*)::int from job_labor l where l.repair_order_id = r.id) as labor,
         (select sum(p.total)::int from job_parts p join jobs j on j.id = p.job_id
           where p.repair_order_id = r.id and j.authorized) as line_parts
    from repair_orders r where r.tm_id = ${RO}`

interface Look {
  readonly notes: string | null
  readonly authorized_parts: number
  readonly job_notes: string[]
  readonly retails: number[]
  readonly parts: number
  readonly labor: number
  readonly line_parts: number
}

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    pipeline = await startPipeline({ store, simulator: { shops: [{ tmId: SHOP, repairOrders: 0 }] } })
    pipeline.simulator.edit.addWorkedExample(SHOP)
    await pipeline.sync({ shop: SHOP, source: 'all' })
  })
  afterAll(() => pipeline.close())

  /** Every note, every part and one labor line more or less tell the version. */
  const publish = (version: number) =>
    pipeline.simulator.edit.update(RO, (ro) => {
      ro.notes = `version ${version}`
      for (const job of ro.jobs) {
        job.note = `version ${version}`
        for (const part of job.parts) part.retail = 1_000 + version
      }
      const [job] = ro.jobs
      const [line] = job?.labor ?? []
      if (job === undefined || line === undefined) throw new Error('the example has labor')
      job.labor = version % 2 === 0 ? [line] : [line, { ...line, id: 901_299_000 + version }]
    })

  test('a reader never sees header, jobs and lines of different versions of an RO', async () => {
    const looks: Look[] = []
    let reading = true
    const reader = async (): Promise<void> => {
      while (reading) looks.push(...(await pipeline.query<Look & Record<string, unknown>>(LOOK)))
    }
    const readers = [reader(), reader()]
    for (let version = 1; version <= VERSIONS; version += 1) {
      publish(version)
      await requestRepairOrder(pipeline, { shop: SHOP, ro: RO })
      await expect
        .poll(() => looks.at(-1)?.notes, { timeout: 20_000, interval: 5 })
        .toBe(`version ${version}`)
    }
    reading = false
    await Promise.all(readers)

    const versioned = looks.filter(({ notes }) => notes?.startsWith('version'))
    expect(new Set(versioned.map(({ notes }) => notes)).size).toBe(VERSIONS)
    for (const look of versioned) {
      const version = Number(look.notes?.slice('version '.length))
      expect(look).toMatchObject({
        job_notes: [look.notes],
        retails: [1_000 + version],
        parts: 5,
        labor: version % 2 === 0 ? 3 : 4,
        authorized_parts: look.line_parts,
      })
    }
  })
})
