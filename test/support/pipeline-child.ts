// A worker process for tests: the product's workers, with services wrapped so that the process can kill itself with
// SIGKILL at one point of its work. Reads what to do from PIPELINE_CHILD and says `working` over IPC.
import { createLogger } from '../../src/core/logger.ts'
import type { Services } from '../../src/core/services.ts'
import { startWorkers } from '../../src/workers/runtime.ts'
import { openParts } from './pipeline-parts.ts'
import type { ChildInput, CrashPoint } from './pipeline-process.ts'

const input = JSON.parse(process.env['PIPELINE_CHILD'] ?? '') as ChildInput
const tokens = new Map(input.tokens)
let passes = 0
/** Long enough for a request to leave this process, too short for most answers. */
const UNDER_WAY_MS = 4

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  // The signal needs a moment; nothing else may happen in it.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}

/** Dies when this is the chosen point and it was passed often enough. */
const at = (point: CrashPoint): void => {
  if (input.crash?.point !== point) return
  passes += 1
  if (passes > input.crash.after) die()
}

const log = createLogger({ level: 'info', destination: { write: (line) => void process.stdout.write(line) } })

const parts = openParts({
  servers: input.servers,
  log,
  tokenOf: (shop) => tokens.get(shop) ?? '',
  clock: () => new Date(input.now),
  // A read is a header, an estimate and, if something is authorized, the profit: after the first there is half an RO.
  onRequest: ({ route, status }) => {
    if (status === 200 && String(route).endsWith('/estimate')) at('in the middle of reading an RO from TM')
  },
})

const { warehouse } = parts.services
const services: Services = {
  ...parts.services,
  warehouse: {
    ...warehouse,
    runs: {
      ...warehouse.runs,
      recordItems: async (items) => {
        const recorded = await warehouse.runs.recordItems(items)
        at('between recording the listed ROs and enqueueing them')
        return recorded
      },
    },
    backfills: {
      ...warehouse.backfills,
      advance: async (page) => {
        at('between reading a page of the backfill and planning its ROs')
        const planned = await warehouse.backfills.advance(page)
        at('between planning the ROs of a page and enqueueing them')
        return planned
      },
    },
    repairOrders: {
      ...warehouse.repairOrders,
      apply: async (bundle) => {
        at('before an RO is written')
        // The request is on its way, its answer is not back: the transaction may or may not commit.
        setTimeout(() => at('while an RO is being written'), UNDER_WAY_MS)
        const applied = await warehouse.repairOrders.apply(bundle)
        if (applied.snapshotStale) at('between the commit of an RO and the enqueue of its snapshot')
        return applied
      },
      refreshSnapshot: async (which) => {
        const refreshed = await warehouse.repairOrders.refreshSnapshot(which)
        if (refreshed.affectedDates.length > 0)
          at('between the commit of a snapshot and the enqueue of its day')
        return refreshed
      },
    },
    metrics: {
      ...warehouse.metrics,
      refreshDay: async (day) => {
        const refreshed = await warehouse.metrics.refreshDay(day)
        at('between the commit of a day and the end of its queue job')
        return refreshed
      },
    },
  },
}

startWorkers({ ...parts, services, log, stallMs: input.stallMs })
process.send?.('working')
