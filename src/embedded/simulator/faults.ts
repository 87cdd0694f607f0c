// Faults to order: which requests they hit, how often, and what happens instead of the right answer. Chance comes
// from the seed and the number of the hit, so a failing run can be repeated.
import { z } from 'zod'
import { fractionOf } from './random.ts'
import { rawToken } from './tm-json.ts'

export const faultSchema = z.object({
  id: z.string().optional(),
  /** Route name as in the request log; every route when absent. */
  route: z.string().optional(),
  shop: z.int().optional(),
  ro: z.int().optional(),
  /** Only requests whose path contains this. */
  pathIncludes: z.string().optional(),
  /** Let this many matching requests pass first. */
  skip: z.int().min(0).default(0),
  /** Then hit this many; without it, for ever. */
  times: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).default(1),
  /**
   * `status` answers `status`; `slow` answers after `ms`; `slow-body` sends headers, the rest after `ms`; `hang` never
   * answers; `reset` cuts the connection (after `afterBytes` of the body, if given); `truncate` ends the JSON half way;
   * `html` is a web page with status 200; `malform` puts `value` at `path`; `shift` moves an offset page by `by` rows.
   */
  kind: z.enum(['status', 'slow', 'slow-body', 'hang', 'reset', 'truncate', 'html', 'malform', 'shift']),
  status: z.int().min(400).max(599).default(500),
  body: z.enum(['empty', 'html', 'json']).default('empty'),
  /** Seconds for the Retry-After header, as a number or as an HTTP date. */
  retryAfterSeconds: z.number().min(0).optional(),
  retryAfterStyle: z.enum(['seconds', 'date']).default('seconds'),
  ms: z.number().min(0).default(1_000),
  afterBytes: z.int().min(0).optional(),
  /** Dotted; `*` takes the first element that has the rest: `jobs.*.parts.*.retail`. */
  path: z.string().optional(),
  value: z.union([z.string(), z.number(), z.null(), z.boolean()]).optional(),
  /** A bare token in the JSON text, such as `NaN`. */
  raw: z.string().optional(),
  by: z.int().default(1),
})

export type FaultInput = z.input<typeof faultSchema>
export type Fault = z.output<typeof faultSchema> & { id: string; seen: number; hits: number }

export interface FaultTarget {
  readonly route: string
  readonly path: string
  readonly shop: number | null
  readonly ro: number | null
}

export class Faults {
  readonly #seed: number
  readonly #active = new Map<string, Fault>()
  #count = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Orders a fault and returns its id. */
  add(input: FaultInput): string {
    const fault = faultSchema.parse(input)
    this.#count += 1
    const id = fault.id ?? `fault-${this.#count}`
    this.#active.set(id, { ...fault, id, seen: 0, hits: 0 })
    return id
  }

  remove(id: string): boolean {
    return this.#active.delete(id)
  }

  clear(): void {
    this.#active.clear()
  }

  list(): Fault[] {
    return [...this.#active.values()].map((fault) => ({ ...fault }))
  }

  /** The fault that hits this request, if any; the first ordered wins. */
  take(target: FaultTarget): Fault | undefined {
    for (const fault of this.#active.values()) {
      if (!matches(fault, target)) continue
      fault.seen += 1
      if (fault.seen <= fault.skip) continue
      if (fault.times !== undefined && fault.hits >= fault.times) continue
      if (fractionOf(this.#seed, fault.id, fault.seen) >= fault.probability) continue
      fault.hits += 1
      return fault
    }
    return undefined
  }
}

const matches = (fault: Fault, target: FaultTarget): boolean =>
  (fault.route === undefined || fault.route === target.route) &&
  (fault.shop === undefined || fault.shop === target.shop) &&
  (fault.ro === undefined || fault.ro === target.ro) &&
  (fault.pathIncludes === undefined || target.path.includes(fault.pathIncludes))

/** The Retry-After header of a fault, or nothing. */
export const retryAfterOf = (
  fault: Pick<Fault, 'retryAfterSeconds' | 'retryAfterStyle'>,
): string | undefined => {
  if (fault.retryAfterSeconds === undefined) return undefined
  return fault.retryAfterStyle === 'date'
    ? new Date(Date.now() + fault.retryAfterSeconds * 1000).toUTCString()
    : String(fault.retryAfterSeconds)
}

/** Puts the fault's value into an answer. Returns false when the answer has no such field. */
export const malform = (answer: unknown, fault: Pick<Fault, 'path' | 'value' | 'raw'>): boolean => {
  const value = fault.raw === undefined ? (fault.value ?? null) : rawToken(fault.raw)
  return put(answer, (fault.path ?? '').split('.'), value)
}

const put = (node: unknown, path: readonly string[], value: unknown): boolean => {
  const [head, ...rest] = path
  if (head === undefined || typeof node !== 'object' || node === null) return false
  if (head === '*') return Array.isArray(node) && node.some((item) => put(item, rest, value))
  const holder = node as Record<string, unknown>
  const key = head === 'jobs' && !('jobs' in holder) ? 'repairOrderJobs' : head
  if (rest.length > 0) return put(holder[key], rest, value)
  if (!(key in holder)) return false
  holder[key] = value
  return true
}
