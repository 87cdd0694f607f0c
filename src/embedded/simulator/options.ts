// What a simulator can be told: size, seed, time, and the switches of tekmetric-api.md §11. Everything has a default;
// the same schema serves tests, the CLI's flags and the control route.
import { IANAZone } from 'luxon'
import { z } from 'zod'

export const shopOptions = z.object({
  tmId: z.int().positive(),
  name: z.string().default('Example Garage'),
  timeZone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'is not an IANA time zone')
    .default('America/New_York'),
  /** Repair orders created within `days`. */
  repairOrders: z.int().min(0).default(500),
  /** Cents per hour. */
  laborRate: z.int().default(18_500),
  taxRate: z.number().min(0).max(0.2).default(0.065),
  suppliesPercent: z.number().default(12.5),
  /** Cents. */
  suppliesCap: z.int().default(3_000),
  hazmatFee: z.int().default(350),
})

/** How the server answers where the evidence about TM conflicts; each may change while it runs. */
export const quirkOptions = z.object({
  /** Rows a board shows at most. */
  boardCap: z.int().min(0).default(81),
  /** `ignored`: every page is page 0; `honoured`: pages of `boardPageSize` over the capped set. */
  boardPaging: z.enum(['ignored', 'honoured']).default('ignored'),
  boardPageSize: z.int().positive().default(50),
  boardWrapper: z.enum(['array', 'content', 'repairOrders', 'data']).default('array'),
  /** What "recent" means to a board. */
  boardOrder: z.enum(['updated', 'posted']).default('updated'),
  reportPageSize: z.int().min(1).max(100).default(100),
  reportKeys: z.enum(['string', 'object']).default('string'),
  /** Bounds without time or offset are refused with 400. */
  reportNeedsOffset: z.boolean().default(true),
  /** Integral numbers written as `8907.0`, chosen field by field. */
  floatLiterals: z.boolean().default(true),
  /** Some of those float literals arrive as strings: `"8907.0"`. */
  quotedNumbers: z.boolean().default(false),
  /** Share of work-in-progress ROs whose thin route answers 404. */
  thinMissingShare: z.number().min(0).max(1).default(0.4),
  /** Share of ROs whose `/profit/labor` answers 404. */
  profitMissingShare: z.number().min(0).max(1).default(0),
  unauthorizedBody: z.enum(['empty', 'html']).default('empty'),
  /** Customers and vehicles: Spring page, or a bare array. */
  listWrapper: z.enum(['page', 'array']).default('page'),
  listPageSizeMax: z.int().positive().default(100),
  employeesWrapper: z.enum(['array', 'content']).default('array'),
  /** `both`: job sublets are repeated, with the same id, in the RO's own list (U7). */
  subletPlacement: z.enum(['job', 'both']).default('job'),
  /** One token that opens every shop is accepted. */
  allShopsToken: z.boolean().default(true),
  /** Raises, and hires that move the shop's average rate, so that past costs are recomputed (U22). */
  payChanges: z.boolean().default(false),
  /** Share of nightly job-date bumps that also change a part's cost, without any RO date moving. */
  nightlyValueChanges: z.number().min(0).max(1).default(0),
})

export const simulatorOptions = z.object({
  seed: z.coerce.number().int().default(1),
  /** The frozen virtual now. The default month holds the US change of clocks on 2026-03-08. */
  now: z.iso.datetime({ offset: true }).default('2026-03-20T22:00:00Z'),
  /** Days of history before `now`. */
  days: z.coerce.number().int().min(1).default(30),
  shops: z
    .array(shopOptions)
    .max(256)
    .refine((shops) => new Set(shops.map((shop) => shop.tmId)).size === shops.length, 'names a shop twice')
    .default(() => [
      shopOptions.parse({ tmId: 4321 }),
      shopOptions.parse({
        tmId: 4322,
        name: 'Sample Auto Care',
        timeZone: 'America/Los_Angeles',
        repairOrders: 300,
        laborRate: 19_900,
        taxRate: 0.0925,
        suppliesPercent: 8,
        suppliesCap: 4_500,
        hazmatFee: 500,
      }),
    ]),
  quirks: quirkOptions.default(() => quirkOptions.parse({})),
  /** Enforced per token over any 60 seconds; 0 enforces nothing. */
  requestsPerMinute: z.coerce.number().int().min(0).default(0),
  /** Added to every answer, milliseconds. */
  latencyMs: z.coerce.number().min(0).default(0),
  /** Requests kept in the log; older ones are forgotten. */
  requestLogSize: z.int().positive().default(50_000),
})

export type ShopOptions = z.output<typeof shopOptions>
export type Quirks = z.output<typeof quirkOptions>
export type SimulatorOptions = z.output<typeof simulatorOptions>
/** What a caller writes: everything optional. */
export type SimulatorInput = z.input<typeof simulatorOptions>
