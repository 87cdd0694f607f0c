// Pieces of answers that several groups of calls share.
import { z } from 'zod'

/** A timestamp as the API prints it; kept as text, since a JavaScript date would lose its microseconds. */
export const Instant = z.string().min(1)
export const IsoDate = z.iso.date()
export const Count = z.int().nonnegative()

/** An answer of nothing but counts: the function's names in, our names out. */
export const Upserted = z.object({ created: Count, updated: Count, unchanged: Count })
export type Upserted = z.output<typeof Upserted>
