// A repair order by the number people say: several routes take it instead of TM's id. A search is a read: it may not use up
// the calls to TM that people need for what they ask to have read, so few searches of a minute get as far as TM.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Services } from '../../../core/services.ts'
import type { Shop } from '../../../core/warehouse/warehouse.ts'
import { findAtTekmetric, findKnown } from '../../find-repair-order.ts'
import { HttpProblem, tooMany } from '../problem.ts'
import { createRecent, type Recent } from '../recent.ts'

/** Of numbers that the warehouse does not know; of all shops together, since they may share a credential. */
const SEARCHES_PER_MINUTE = 10
/** TM is not asked again so soon about a number that it did not know. */
const UNKNOWN_MS = 60_000
const MOST_UNKNOWN = 1_000

interface Memory {
  readonly unknown: Recent
  readonly searches: RateLimiterMemory
}
const memories = new WeakMap<Services, Memory>()

const memoryOf = (services: Services): Memory => {
  const memory = memories.get(services) ?? {
    unknown: createRecent({ ms: UNKNOWN_MS, most: MOST_UNKNOWN }),
    searches: new RateLimiterMemory({ keyPrefix: 'number', points: SEARCHES_PER_MINUTE, duration: 60 }),
  }
  memories.set(services, memory)
  return memory
}

/**
 * TM's id of the RO. `search`: nothing is done with it but looking.
 * @throws HttpProblem 404 when neither the warehouse nor TM knows the number in the shop, 429 when searches asked TM too often
 */
export const numbered = async (
  services: Services,
  shop: Shop,
  number: number,
  purpose: 'search' | 'read-again' = 'search',
): Promise<number> => {
  const known = await findKnown(services, { shop, number })
  if (known !== null) return known
  const { unknown, searches } = memoryOf(services)
  const key = `${shop.tmId} ${number}`
  // Who wants it read may just have made it at TM, and is not told what was true a moment ago.
  if (purpose === 'search' && unknown.has(key)) throw noSuch(number)
  if (purpose === 'search') await take(searches)
  const found = await findAtTekmetric(services, { shop, number })
  if (found !== null) return found
  unknown.add(key)
  throw noSuch(number)
}

const take = async (searches: RateLimiterMemory): Promise<void> => {
  try {
    await searches.consume('all')
  } catch (err) {
    if (!(err instanceof RateLimiterRes)) throw err
    const { headers = {} } = tooMany('', err.msBeforeNext)
    throw new HttpProblem({
      status: 429,
      code: 'TOO_MANY_SEARCHES',
      detail: `The warehouse does not know this number, and Tekmetric was asked about many. Try again in ${headers['Retry-After']} seconds, or give its id.`,
      headers,
    })
  }
}

const noSuch = (number: number): HttpProblem =>
  new HttpProblem({
    status: 404,
    code: 'NO_SUCH_REPAIR_ORDER',
    detail: `This shop has no repair order ${number}.`,
    errors: [{ path: 'ro_number', message: 'is not known, neither here nor at Tekmetric' }],
  })
