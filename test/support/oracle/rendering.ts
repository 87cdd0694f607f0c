// The one thing the oracle must know about how the simulator answers: whether a labor line shows its technician's pay.
import type { RateOnLine } from './source.ts'

/** TM puts the rate on the line of a technician who has an hourly rate. */
export const rateOnLine: RateOnLine = (_line, technician) => technician.hourlyRate
