// The staff of a simulated shop: hourly, flat-rate and salaried people, some deactivated, one whose full record is
// gone, and two whom repair orders name although no list has them any more (spec §4.7, S17).
import { FIRST_NAMES, LAST_NAMES } from './catalog.ts'
import type { SimEmployee, SimShop } from './model.ts'
import { randomStream } from './random.ts'

interface Post {
  readonly first: string
  readonly last: string
  readonly roleId: number
  readonly payType: SimEmployee['payType']
  readonly rate?: number
  readonly works: boolean
  readonly active?: boolean
  readonly listed?: boolean
  readonly hasFullRecord?: boolean
}

export const ROLE_NAMES: Readonly<Record<number, string>> = {
  1: 'Shop Admin',
  2: 'Service Advisor',
  3: 'Technician',
  6: 'Owner',
}

const tech = (first: string, last: string, rate: number | null, more: Partial<Post> = {}): Post => ({
  first,
  last,
  roleId: 3,
  payType: rate === null ? 'FLAT' : 'HOURLY',
  ...(rate === null ? {} : { rate }),
  works: true,
  ...more,
})

const writer = (first: string, last: string, more: Partial<Post> = {}): Post => ({
  first,
  last,
  roleId: 2,
  payType: 'SALARY',
  works: false,
  ...more,
})

// The four active rates average 3560, the mean technician cost of the worked example in metrics.md.
const STAFF: readonly Post[] = [
  tech('Tech', 'Alpha', 3200),
  tech('Tech', 'Bravo', 3500),
  tech('Tech', 'Charlie', 3700),
  tech('Tech', 'Delta', 3840),
  tech('Tech', 'Echo', null),
  tech('Tech', 'Foxtrot', 9000, { active: false }),
  tech('Tech', 'Golf', 2750, { active: false, hasFullRecord: false }),
  tech('Tech', 'Hotel', 3300, { active: false, listed: false, hasFullRecord: false }),
  writer('Writer', 'One'),
  writer('Writer', 'Two', { payType: 'HOURLY', rate: 2200 }),
  writer('Writer', 'Three', { active: false }),
  writer('Writer', 'Four', { active: false, listed: false, hasFullRecord: false }),
  { first: 'Olive', last: 'Owner', roleId: 6, payType: 'SALARY', works: true },
  { first: 'Max', last: 'Manager', roleId: 1, payType: 'SALARY', works: false },
]

const BASE_ID = 200_400

/** Ids of the people in the worked example, which belong to the first shop. */
const EXAMPLE_IDS: Readonly<Record<string, number>> = { 'Tech Alpha': 200_457, 'Writer One': 200_311 }

export const makeStaff = (shop: SimShop): SimEmployee[] =>
  STAFF.map((post, position) => {
    const regular = BASE_ID + 1_000 + position * 256 + shop.index
    const id = shop.index === 0 ? (EXAMPLE_IDS[`${post.first} ${post.last}`] ?? regular) : regular
    return {
      id,
      shopTmId: shop.tmId,
      firstName: post.first,
      lastName: shop.index === 0 ? post.last : `${post.last} ${shop.index + 1}`,
      roleId: post.roleId,
      roleName: ROLE_NAMES[post.roleId] ?? 'Technician',
      payType: post.payType,
      // Other shops pay a little more, so that their average is not the first shop's.
      hourlyRate:
        post.rate === undefined ? null : post.rate + shop.index * 111 + (shop.index > 0 ? position : 0),
      salary: post.payType === 'SALARY' ? 6_200_000 : null,
      canPerformWork: post.works,
      active: post.active ?? true,
      listed: post.listed ?? true,
      hasFullRecord: post.hasFullRecord ?? true,
      createdDate: '2023-02-01T14:00:00Z',
      updatedDate: '2026-01-07T16:21:00Z',
    }
  })

/** A new person. Without `hourly` the shop's average technician rate stays what it was. */
export const hire = (
  shop: SimShop,
  options: { ordinal: number; at: string; seed: number; hourly: boolean },
): SimEmployee => {
  const random = randomStream(options.seed, shop.tmId, 'hire', options.ordinal)
  const isWriter = options.ordinal % 3 === 2 && !options.hourly
  const payType = options.hourly ? 'HOURLY' : isWriter ? 'SALARY' : 'FLAT'
  return {
    id: BASE_ID + 50_000 + options.ordinal * 256 + shop.index,
    shopTmId: shop.tmId,
    firstName: random.pick(FIRST_NAMES),
    lastName: random.pick(LAST_NAMES),
    roleId: isWriter ? 2 : 3,
    roleName: isWriter ? 'Service Advisor' : 'Technician',
    payType,
    hourlyRate: payType === 'HOURLY' ? random.int(3_000, 4_500) : null,
    salary: payType === 'SALARY' ? 5_400_000 : null,
    canPerformWork: !isWriter,
    active: true,
    listed: true,
    hasFullRecord: true,
    createdDate: options.at,
    updatedDate: options.at,
  }
}
