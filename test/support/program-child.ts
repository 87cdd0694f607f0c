// A process of the product on servers of a test: the same life as `warehouse start` (main.ts), with connections that come
// from PROGRAM_CHILD instead of the settings. Ends on SIGTERM as the product does.
import { readConfig } from '../../src/core/config.ts'
import { createLogger } from '../../src/core/logger.ts'
import { runProgram } from '../../src/main.ts'
import type { ProgramChildInput } from './program-process.ts'

const input = JSON.parse(process.env['PROGRAM_CHILD'] ?? '') as ProgramChildInput

await runProgram({
  config: readConfig(input.settings),
  connections: {
    queue: input.queue,
    warehouse: { ...input.warehouse, databaseUrl: null },
    tekmetric: {
      baseUrl: input.tekmetric.baseUrl,
      authToken: null,
      shopTokens: new Map(input.tekmetric.tokens),
      requestsPerMinute: input.tekmetric.requestsPerMinute,
      shops: [],
    },
    clock: async () => new Date(input.now),
    embedded: null,
    alone: false,
    close: async () => undefined,
  },
  log: createLogger({ level: 'info' }),
  roles: input.roles,
})
