// A logger whose lines a test can read: objects, in the order they were written.
import { Writable } from 'node:stream'
import { createLogger, type Logger } from '../../src/core/logger.ts'

export interface LogLine {
  readonly level: string
  readonly event?: string
  readonly msg?: string
  readonly [field: string]: unknown
}

export interface CollectedLog {
  readonly log: Logger
  readonly lines: LogLine[]
}

/** @param level what is kept, with everything more important */
export const collectLog = (level = 'info'): CollectedLog => {
  const lines: LogLine[] = []
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const text of chunk.toString().split('\n'))
        if (text !== '') lines.push(JSON.parse(text) as LogLine)
      done()
    },
  })
  return { log: createLogger({ level, destination }), lines }
}
