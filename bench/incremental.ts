// `npm run bench -- incremental [--stored 2000] [--changed 10]`: what the scheduled discovery of a shop costs when little
// has changed, counted by the simulator.
import { z } from 'zod'
import { ask, ended, syncEmployeesOf, untilRun } from './ask.ts'
import { inSandbox, option, row, type Sandbox } from './sandbox.ts'

const SHOP = 4321
/** No budget: this bench counts calls, not time. */
const UNLIMITED = 1_000_000

/** Listings show what is posted and what is on a board, about four of five ROs of the simulator. */
const MADE_PER_STORED = 1.25

const Requests = z.array(z.object({ route: z.string() }))
const Truth = z.object({ repairOrders: z.array(z.object({ id: z.int(), statusId: z.int() })) })

export const benchIncremental = async (): Promise<void> => {
  const stored = option('stored', 2_000)
  const changed = option('changed', 10)
  const shops = [{ tmId: SHOP, repairOrders: Math.ceil(stored * MADE_PER_STORED) }]
  await inSandbox({ shops, days: 30, requestsPerMinute: UNLIMITED, enforced: 0 }, async (sandbox) => {
    const { program, simulator } = sandbox
    await program.start(['worker'])
    await syncEmployeesOf(program, SHOP)
    const first = await ask(program, { shop: SHOP, source: 'all', daysBack: 31 })
    const { created } = await untilRun(program, first, ended)
    const control = controlOf(simulator.url)
    const { repairOrders } = Truth.parse(await control('GET', 'truth'))
    const ros = repairOrders.filter(({ statusId }) => statusId === 5).slice(0, changed)
    for (const { id } of ros) await control('POST', 'edit', { action: 'bump', args: [id] })
    await control('DELETE', 'requests')
    const run = await ask(program, { shop: SHOP, source: 'board', daysBack: 0 })
    const { updated, unchanged, skipped } = await untilRun(program, run, ended)
    const requests = Requests.parse(await control('GET', 'requests'))
    const by = (route: string) => requests.filter((request) => request.route === route).length
    console.log(`incremental: ${created} ROs stored, ${ros.length} changed at TM`)
    row('TM calls in all', String(requests.length))
    row('of them for listings (three boards)', String(by('board')))
    const reads = by('header') + by('estimate') + by('profit')
    row('of them for ROs', `${reads} = ${(reads / ros.length).toFixed(1)} per changed RO`)
    row('of them for anything else', String(requests.length - by('board') - reads))
    row('ROs read / skipped as equal', `${updated + unchanged} / ${skipped}`)
  })
}

/** The simulator's handles. */
const controlOf =
  (url: Sandbox['simulator']['url']) =>
  async (method: string, what: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${url}/__sim/${what}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return response.json()
  }
