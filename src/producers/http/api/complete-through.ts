// Up to when a shop's figures are proven against TM's own report stands beside every answer with figures of a range.
import { z } from 'zod'
import type { Services } from '../../../core/services.ts'

export const CompleteThrough = {
  complete_through: z.iso
    .date()
    .nullable()
    .describe('The last day up to which the shop is proven against Tekmetric; null before the first.'),
  complete_through_at: z.string().nullable().describe('The moment up to which it is.'),
}

/** The figures with it, asked for beside them: no answer takes longer for it. null stays null. */
export const withCompleteThrough = async <T extends object>(
  { warehouse }: Services,
  shopId: string,
  figures: Promise<T | null>,
) => {
  const [report, proof] = await Promise.all([figures, warehouse.reconciliations.completeThrough({ shopId })])
  return report && { ...report, complete_through: proof.through, complete_through_at: proof.through_at }
}
