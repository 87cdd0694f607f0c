// What a processor may use: the only door through which queue jobs reach the world.
import type { ShopDirectory } from './shops.ts'
import type { TekmetricClient } from './tekmetric/client.ts'
import type { RawPolicy } from './tekmetric/raw-payload.ts'
import type { Warehouse } from './warehouse/warehouse.ts'

export interface Services {
  readonly warehouse: Warehouse
  readonly tekmetric: TekmetricClient
  readonly shops: ShopDirectory
  /** The present for business dates ("30 days back"): the wall clock, or the simulator's virtual one. */
  readonly clock: () => Promise<Date>
  /** Which answers of TM are kept as they came (STORE_RAW_PAYLOADS); refused ones always are. Default `off`. */
  readonly storeRaw?: RawPolicy
}
