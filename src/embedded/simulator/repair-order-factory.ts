// A repair order at the moment of its creation: who brought which car, when, with what worry. Jobs come with the
// `estimate` event (life-events.ts). Ids are blocks derived from shop and ordinal, so ROs never influence each other.
import { CONCERNS } from './catalog.ts'
import { HOUR_MS, toInstant } from './local-time.ts'
import type { IdSource } from './job-factory.ts'
import type { SimRepairOrder, SimShop } from './model.ts'
import { randomStream } from './random.ts'

const RO_BASE = 318_300_000
const NUMBER_BASE = 20_500
const JOB_BASE = 1_191_000_000
const PART_BASE = 1_056_000_000
const LABOR_BASE = 902_000_000
const SUBLET_BASE = 71_000
const BLOCK = 64
/** Where ids come from when an RO used up its block; above everything a block can reach. */
const OVERFLOW_BASE = 4_000_000_000

export const repairOrderId = (shop: SimShop, ordinal: number): number => RO_BASE + ordinal * 256 + shop.index

/** Per-shop sequence with gaps; two shops use the same numbers (S19). */
export const repairOrderNumber = (ordinal: number): number => NUMBER_BASE + ordinal + Math.floor(ordinal / 37)

/** Ids for the children of one RO. Blocks hold 64 per kind and RO; beyond that ids come from one common range. */
export class BlockIds implements IdSource {
  readonly #block: number
  readonly #used = { job: 0, part: 0, labor: 0, sublet: 0 }
  readonly #scope: { overflow: number }

  constructor(block: number, scope: { overflow: number }) {
    this.#block = block
    this.#scope = scope
  }

  #take(kind: 'job' | 'part' | 'labor' | 'sublet', base: number): number {
    const used = this.#used[kind]
    this.#used[kind] = used + 1
    if (used < BLOCK) return base + this.#block * BLOCK + used
    this.#scope.overflow += 1
    return OVERFLOW_BASE + this.#scope.overflow
  }

  job(): number {
    return this.#take('job', JOB_BASE)
  }
  part(): number {
    return this.#take('part', PART_BASE)
  }
  labor(): number {
    return this.#take('labor', LABOR_BASE)
  }
  sublet(): number {
    return this.#take('sublet', SUBLET_BASE)
  }
}

export const blockOf = (shop: SimShop, ordinal: number): number => ordinal * 256 + shop.index

export interface NewRepairOrder {
  readonly shop: SimShop
  readonly seed: number
  readonly ordinal: number
  readonly createdAt: number
  readonly customer: { id: number; taxExempt: boolean } | null
  readonly vehicle: { id: number; milesIn: number | null } | null
  readonly writers: readonly number[]
}

export const makeRepairOrder = (input: NewRepairOrder): SimRepairOrder => {
  const { shop } = input
  const random = randomStream(input.seed, shop.tmId, 'ro', input.ordinal)
  const created = toInstant(input.createdAt)
  const writer = random.chance(0.02) ? null : (input.writers[random.int(0, input.writers.length - 1)] ?? null)
  const hasSupplies = random.chance(0.52)
  return {
    id: repairOrderId(shop, input.ordinal),
    shopTmId: shop.tmId,
    number: repairOrderNumber(input.ordinal),
    statusId: 1,
    customerId: input.customer?.id ?? null,
    vehicleId: input.vehicle?.id ?? null,
    serviceWriterId: writer,
    createdDate: created,
    updatedDate: created,
    completedDate: null,
    postedDate: null,
    deletedDate: null,
    promisedDate: random.chance(0.4) ? null : toInstant(input.createdAt + 8 * HOUR_MS),
    estimateShareDate: null,
    droppedOffDate: random.chance(0.5) ? null : created,
    pickedUpDate: null,
    milesIn: input.vehicle?.milesIn ?? null,
    milesOut: null,
    keytag: random.chance(0.5) ? null : String(random.int(1, 60)),
    notes: random.chance(0.85) ? null : 'Leave the keys in the drop box.\nThanks!',
    appointmentOption: random.pick(['DROP', 'WAIT ', null]),
    concerns: random.chance(0.5) ? [] : [random.pick(CONCERNS)],
    laborRate: shop.laborRate,
    taxRate: input.customer?.taxExempt === true ? 0 : shop.taxRate,
    amountPaid: 0,
    jobs: [],
    sublets: [],
    fees: hasSupplies
      ? [
          {
            name: 'Shop Supplies ',
            percentage: shop.suppliesPercent,
            amount: 0,
            cap: shop.suppliesCap,
            taxable: false,
            total: 0,
          },
          ...(random.chance(0.6)
            ? [
                {
                  name: 'Haz Mat',
                  percentage: 0,
                  amount: shop.hazmatFee,
                  cap: null,
                  taxable: false,
                  total: shop.hazmatFee,
                },
              ]
            : []),
        ]
      : [],
    discounts: [],
    silentChanges: [],
    revision: 1,
    literal: null,
  }
}
