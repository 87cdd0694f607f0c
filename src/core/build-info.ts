// Which release this is, from package.json, which lies beside `src` and `dist` alike.
import { createRequire } from 'node:module'
import { z } from 'zod'

const Package = z.object({ version: z.string() })

/** For example `0.1.0`. */
export const releaseVersion = (): string =>
  Package.parse(createRequire(import.meta.url)('../../package.json')).version
