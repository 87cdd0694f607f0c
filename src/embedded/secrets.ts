// Secrets of one embedded stack: made on first use, kept in its data directory (mode 0600), never logged.
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const schema = z.object({ jwtSecret: z.string().min(32) })

export type StackSecrets = z.infer<typeof schema>

/** The stack's secrets; the same on every start with this data directory. */
export const stackSecrets = (dataDir: string): StackSecrets => {
  const file = join(dataDir, 'secrets.json')
  if (!existsSync(file)) {
    const secrets: StackSecrets = { jwtSecret: randomBytes(32).toString('base64url') }
    // Written aside and renamed: a kill in between leaves no half file.
    const unfinished = `${file}.${process.pid}`
    writeFileSync(unfinished, JSON.stringify(secrets), { mode: 0o600 })
    renameSync(unfinished, file)
  }
  chmodSync(file, 0o600)
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
}
