// The simulator alone in a process: `warehouse simulator`. Flags are parsed here so that the CLI only passes them on.
import { z } from 'zod'
import { simulatorOptions } from './options.ts'
import { createSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

/** Flags of `warehouse simulator`; all optional. */
export const simulatorFlags = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(8_100),
  seed: z.coerce.number().int().default(1),
  /** The frozen virtual now, ISO with offset. */
  now: z.iso.datetime({ offset: true }).optional(),
  days: z.coerce.number().int().min(1).default(30),
  /** `tmId:timeZone:repairOrders`, comma separated; default two shops. */
  shops: z.string().optional(),
  requestsPerMinute: z.coerce.number().int().min(0).default(0),
  latencyMs: z.coerce.number().min(0).default(0),
})

export type SimulatorFlags = z.input<typeof simulatorFlags>

const shopFlag = z
  .string()
  .regex(/^\d+(:[A-Za-z_+\-/0-9]+(:\d+)?)?$/, 'a shop is tmId[:timeZone[:repairOrders]]')
  .transform((text) => {
    const [tmId, timeZone, repairOrders] = text.split(':')
    return {
      tmId: Number(tmId),
      name: `Simulated shop ${tmId}`,
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(repairOrders === undefined ? {} : { repairOrders: Number(repairOrders) }),
    }
  })

export interface RunningSimulator {
  readonly url: string
  readonly simulator: Simulator
  close(): Promise<void>
}

/** Starts a simulator on its own port. @throws ZodError naming the flag that cannot be used. */
export const runSimulator = async (flags: SimulatorFlags = {}): Promise<RunningSimulator> => {
  const { port, shops, now, ...rest } = simulatorFlags.parse(flags)
  const simulator = createSimulator(
    simulatorOptions.parse({
      ...rest,
      ...(now === undefined ? {} : { now }),
      ...(shops === undefined ? {} : { shops: z.array(shopFlag).parse(shops.split(',')) }),
    }),
  )
  const { url } = await simulator.listen({ port })
  return { url, simulator, close: () => simulator.close() }
}
