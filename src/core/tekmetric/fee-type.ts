// Which kind of fee a fee's name stands for. TM has no code for it and shops type the names themselves,
// so blanks around them and case never matter.
import type { FeeFields } from '../warehouse/bundle.ts'

type FeeType = FeeFields['fee_type']

/** The first match wins: "Hazardous waste disposal" is hazmat, "Environmental disposal" environmental. */
const FEE_TYPES: ReadonlyArray<readonly [RegExp, FeeType]> = [
  [/shop\s*suppl|shop\s*materials|^supplies/, 'shop_supplies'],
  [/haz/, 'hazmat'],
  [/environ|\bepa\b|^enviro/, 'environmental'],
  [/dispos|recycl/, 'disposal'],
]

/** @returns `other` for no name and for every name that no rule knows */
export const feeTypeOf = (name: string | null): FeeType => {
  const folded = (name ?? '').normalize('NFKC').trim().toLowerCase().replace(/\s+/g, ' ')
  return FEE_TYPES.find(([pattern]) => pattern.test(folded))?.[1] ?? 'other'
}
