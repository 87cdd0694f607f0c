// Writes docs/jobs.md from the catalog: what every queue job is, takes, starts and survives. `npm run docs:generate`.
// `renderJobDocs()` has no side effects, so that check-generated.ts and a test compare its text with the file.
import { existsSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { optionsOf } from '../src/core/enqueue.ts'
import type { AnyQueueJob } from '../src/core/queue-job.ts'
import { LANE_STRIDE, LANES, QUEUE_NAMES, QUEUES } from '../src/core/queues.ts'
import type { Shop } from '../src/core/warehouse/warehouse.ts'
import { schedulesOf, type Schedule } from '../src/producers/scheduler.ts'
import { CATALOG } from '../src/workers/catalog.ts'

export const JOB_DOCS_FILE = new URL('../docs/jobs.md', import.meta.url)

/** Milliseconds as a person says them: 1.5 s, 5 min 10 s, 30 min. */
export const spoken = (ms: number): string => {
  const seconds = ms / 1000
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`
  const minutes = Math.floor(seconds / 60)
  const rest = Math.round(seconds - minutes * 60)
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
}

/** The JSON Schema of a payload, as zod gives it. */
const Property = z.looseObject({
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
})
const PayloadSchema = z.looseObject({
  properties: z.record(z.string(), Property).default({}),
  required: z.array(z.string()).default([]),
})
type Property = z.output<typeof Property>

const fieldsOf = (job: AnyQueueJob) => {
  const schema = PayloadSchema.parse(z.toJSONSchema(job.payload as z.ZodType, { io: 'input' }))
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    property,
    required: schema.required.includes(name),
  }))
}

const rangeOf = ({ minimum, exclusiveMinimum, maximum }: Property): string => {
  const from = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1
  const parts = [
    ...(from === undefined || from === Number.MIN_SAFE_INTEGER ? [] : [`from ${from}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
  ]
  return parts.length === 0 ? '' : `, ${parts.join(' ')}`
}

const meaningOf = (property: Property): string => {
  if (property.enum !== undefined) return property.enum.map((value) => `\`${value}\``).join(', ')
  const type = property.format ?? property.type ?? 'anything'
  return `${type}${rangeOf(property)}`
}

/** A payload whose every field prints as its own name: turns an id function into the pattern of its ids. */
const namedPayload = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `{${name}}`]))

const dedupOf = (job: AnyQueueJob): string => {
  const { dedup } = job
  if (dedup === undefined) return 'none'
  const fields = fieldsOf(job)
  const idWith = (wanted: typeof fields) =>
    `\`${job.name}.${dedup.id(namedPayload(wanted.map(({ name }) => name)))}\``
  const ids = new Set([idWith(fields), idWith(fields.filter(({ required }) => required))])
  return `${dedup.mode} by ${[...ids].join(' or ')}`
}

const laneOf = (job: AnyQueueJob): string => {
  if (job.lane === undefined) return '–'
  const lane: string = job.lane(namedPayload(fieldsOf(job).map(({ name }) => name)))
  return lane === '{lane}' ? 'as the payload says' : lane
}

/** The waits between attempts: exponential backoff, whose jitter makes a wait shorter, never longer. */
const coveredTime = (job: AnyQueueJob): string => {
  const { attempts = 1, backoff } = optionsOf(job, namedPayload(fieldsOf(job).map(({ name }) => name)))
  if (typeof backoff !== 'object' || attempts === 1) return 'none'
  const { delay = 0, jitter = 0 } = backoff
  const longest = delay * (2 ** (attempts - 1) - 1)
  return jitter === 0 ? spoken(longest) : `${spoken(longest * (1 - jitter))} to ${spoken(longest)}`
}

const attemptsOf = (job: AnyQueueJob): string =>
  job.retry.attempts === 1
    ? '1, no retry'
    : `${job.retry.attempts}, first wait at most ${spoken(job.retry.backoffMs)}, then doubling; together ${coveredTime(job)}`

const fanOutOf = (job: AnyQueueJob): readonly AnyQueueJob[] => job.fansOutTo as readonly AnyQueueJob[]

const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  tableRow(head),
  tableRow(head.map(() => '---')),
  ...rows.map(tableRow),
]

const arrows = (): string[] => [
  '```mermaid',
  'flowchart LR',
  ...CATALOG.map(({ name }) => `  ${name}`),
  ...CATALOG.flatMap((job) => fanOutOf(job).map((target) => `  ${job.name} --> ${target.name}`)),
  '```',
]

const overview = (): string[] =>
  table(
    ['queue job', 'queue', 'attempts', 'waits between attempts add up to', 'time limit', 'starts'],
    CATALOG.map((job) => [
      `[\`${job.name}\`](#${job.name})`,
      job.queue,
      String(job.retry.attempts),
      coveredTime(job),
      spoken(job.timeoutMs),
      fanOutOf(job)
        .map(({ name }) => `→ \`${name}\``)
        .join(', ') || '–',
    ]),
  )

const queues = (): string[] =>
  table(
    ['queue', 'queue jobs at once per worker process', 'queue jobs'],
    QUEUE_NAMES.map((queue) => [
      `\`${queue}\``,
      String(QUEUES[queue].concurrency),
      CATALOG.filter((job) => job.queue === queue)
        .map(({ name }) => `\`${name}\``)
        .join(', ') || 'none yet',
    ]),
  )

/** One shop stands for all; its number and zone are shown as placeholders. */
const SAMPLE = { tmId: 987_654_321, timezone: 'Etc/UTC', syncEnabled: true } as Shop

const whenOf = ({ when }: Schedule): string =>
  'every' in when ? `every ${spoken(when.every)}` : `\`${when.cron}\` ${when.timezone}`

const scheduled = (enabled: boolean): Schedule[] =>
  schedulesOf([SAMPLE], { enabled, intervalMinutes: 5, employeeHour: 6, storeRaw: 'off' })

const schedules = (): string[] =>
  table(
    ['schedule', 'queue job', 'when', 'payload'],
    scheduled(true).map((schedule) =>
      [
        `\`${schedule.id}\``,
        `\`${schedule.job.name}\``,
        whenOf(schedule),
        `\`${JSON.stringify(schedule.payload)}\``,
      ].map((cell) =>
        cell.replaceAll(String(SAMPLE.tmId), '{shop}').replaceAll(SAMPLE.timezone, "shop's zone"),
      ),
    ),
  )

const upkeep = (): string =>
  scheduled(false)
    .map(({ id }) => `\`${id}\``)
    .join(', ')

/** A file is named after its queue job; a family in one file (canary, canary-metrics …) after what they share. */
const sourceOf = (name: string): string => {
  const file = `src/workers/jobs/${name}.ts`
  if (existsSync(new URL(`../${file}`, import.meta.url))) return file
  const shorter = name.replace(/-[^-]+$/, '')
  if (shorter === name) throw new Error(`no file of src/workers/jobs defines ${name}`)
  return sourceOf(shorter)
}

const section = (job: AnyQueueJob): string[] => {
  const fields = fieldsOf(job)
  const file = sourceOf(job.name)
  return [
    `## ${job.name}`,
    '',
    `${job.about} Defined in [${file}](../${file}).`,
    '',
    ...(fields.length === 0
      ? ['Takes no payload.']
      : table(
          ['payload field', 'value', 'needed'],
          fields.map(({ name, property, required }) => [
            `\`${name}\``,
            meaningOf(property),
            required ? 'yes' : 'no',
          ]),
        )),
    '',
    `- queue: \`${job.queue}\`; lane: ${laneOf(job)}${job.callsTekmetric === true ? '; calls TM, so it waits while its shop is paused' : ''}`,
    `- attempts: ${attemptsOf(job)}`,
    `- time limit of one attempt: ${spoken(job.timeoutMs)}`,
    `- deduplication: ${dedupOf(job)}`,
    ...(job.delayMs === undefined
      ? []
      : [`- starts ${spoken(job.delayMs)} after it was asked for; requests meanwhile are coalesced`]),
    `- starts: ${
      fanOutOf(job)
        .map(({ name }) => `[\`${name}\`](#${name})`)
        .join(', ') || 'nothing'
    }`,
    '',
  ]
}

/** The whole text of docs/jobs.md. */
export const renderJobDocs = (): string =>
  [
    '<!-- GENERATED by scripts/generate-job-docs.ts. Do not edit; run: npm run docs:generate -->',
    '',
    '# Queue jobs',
    '',
    'A queue job is a unit of work of a queue; a job is a unit of work inside an RO. Every queue job may run twice',
    'and has the effect of one run. Throttling and a refused token spend no attempt. `keep-last`: while one waits,',
    'requests are coalesced with it; while one runs, exactly one more runs afterwards. `skip`: while one waits or',
    'runs, requests are coalesced with it.',
    '',
    ...overview(),
    '',
    ...arrows(),
    '',
    '## Queues',
    '',
    ...queues(),
    '',
    'In queues with lanes the place in the line is 1 + (turn + 1) × stride, the lowest first; `turn` counts from 0 within',
    'what one shop asked for at once ([decision 0013](decisions/0013-lanes-take-turns.md)).',
    `Strides: ${LANES.map((lane) => `${lane} ${LANE_STRIDE[lane]}`).join(', ')}.`,
    '',
    '## Schedules',
    '',
    'With the default settings, for each shop that is synced. The role `scheduler` keeps them as BullMQ job schedulers',
    'and follows a change of the shops within a minute.',
    `\`SYNC_ENABLED=false\` leaves ${upkeep()}.`,
    '',
    ...schedules(),
    '',
    ...CATALOG.flatMap(section),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')

export const writeJobDocs = (): void => writeFileSync(JOB_DOCS_FILE, renderJobDocs())

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeJobDocs()
