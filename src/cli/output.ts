// What a person sees on the terminal: tables, money, a progress bar. With --json everything is one JSON document instead.
import cliProgress from 'cli-progress'
import { DateTime } from 'luxon'

export const print = (line = ''): void => void process.stdout.write(`${line}\n`)

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** Cents as dollars with thousands separators: 123456 → 1,234.56. */
export const dollars = (cents: number | null): string =>
  cents === null
    ? '–'
    : (cents / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** An instant to the second, in UTC; nothing for null. */
export const moment = (instant: string | null): string =>
  instant === null ? '' : new Date(instant).toISOString().slice(0, 19).replace('T', ' ')

/** An instant as seen from now: `in 3 minutes`, `2 days ago`. */
export const fromNow = (instant: string): string => DateTime.fromISO(instant).toRelative() ?? instant

/** A value as it is stored: money in cents, dates as they stand. */
export const shown = (value: unknown): string =>
  value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value)

export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
  /** Numbers stand right. */
  readonly right?: boolean
}

/** Prints rows under a header, each column as wide as it needs. */
export const printTable = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void => {
  const cells = rows.map((row) => columns.map((column) => column.of(row)))
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...cells.map((c) => c[i]?.length ?? 0)),
  )
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) =>
        columns[i]?.right === true ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  print(line(columns.map(({ title }) => title)))
  print(widths.map((width) => '─'.repeat(width)).join('  '))
  for (const row of cells) print(line(row))
}

export interface Progress {
  update(done: number, total: number, note: string): void
  end(): void
}

/** A bar on a terminal; elsewhere nothing until the end, so that logs stay readable. */
export const createProgress = (label: string, quiet: boolean, unit = 'ROs'): Progress => {
  if (quiet || !process.stderr.isTTY) return { update: () => undefined, end: () => undefined }
  const bar = new cliProgress.SingleBar(
    {
      format: `${label} {bar} {value}/{total} ${unit}  {rate} ${unit}/s  {note}`,
      hideCursor: true,
      etaBuffer: 50,
      stopOnComplete: false,
    },
    cliProgress.Presets.shades_classic,
  )
  let startedAt = 0
  return {
    update: (done, total, note) => {
      if (total === 0) return
      if (startedAt === 0) {
        startedAt = Date.now()
        bar.start(total, done, { rate: '0', note })
      }
      const seconds = Math.max(0.1, (Date.now() - startedAt) / 1000)
      bar.setTotal(total)
      bar.update(done, { rate: (done / seconds).toFixed(0), note })
    },
    end: () => {
      if (startedAt > 0) bar.stop()
    },
  }
}
