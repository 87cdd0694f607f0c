// A repair order by the number people say: several routes take it instead of TM's id.
import type { Services } from '../../../core/services.ts'
import type { Shop } from '../../../core/warehouse/warehouse.ts'
import { findRepairOrder } from '../../find-repair-order.ts'
import { HttpProblem } from '../problem.ts'

/** TM's id of the RO. @throws HttpProblem 404 when neither the warehouse nor TM knows the number in the shop */
export const numbered = async (services: Services, shop: Shop, number: number): Promise<number> => {
  const ro = await findRepairOrder(services, { shop, number })
  if (ro !== null) return ro
  throw new HttpProblem({
    status: 404,
    code: 'NO_SUCH_REPAIR_ORDER',
    detail: `This shop has no repair order ${number}.`,
    errors: [{ path: 'ro_number', message: 'is not known, neither here nor at Tekmetric' }],
  })
}
