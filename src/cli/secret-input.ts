// Reads a secret from standard input: a pipe or file as a whole; on a terminal one line that is not shown.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { UsageError } from '../core/errors.ts'

/** Longer than any token; whatever pipes more in is a mistake. */
const MAX_BYTES = 64 * 1024

/** @throws UsageError when far too much is piped in */
export const readSecret = async (prompt: string): Promise<string> =>
  process.stdin.isTTY ? askHidden(prompt) : readAll()

const readAll = async (): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES)
      throw new UsageError('standard input holds more than a secret: is it the right file?')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8').trim()
}

/** The prompt goes to standard error, so that standard output stays what --json promises. */
const askHidden = async (prompt: string): Promise<string> => {
  process.stderr.write(prompt)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return (await lines.question('')).trim()
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
