// A promotion in a process of its own that kills itself with SIGKILL at one point of its work. Reads what to do from
// PROMOTION_CHILD; the product's code knows nothing of it.
import { promote } from '../../src/core/warehouse/promotion/promote.ts'
import { silentLog } from '../../src/embedded/log.ts'
import type { PromotionChild } from './promotion-process.ts'

const { sourceUrl, targetUrl, batchRows, crash } = JSON.parse(
  process.env['PROMOTION_CHILD'] ?? '',
) as PromotionChild
let passes = 0

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  // The signal needs a moment; nothing else may happen in it.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}

await promote({
  sourceUrl,
  targetUrl,
  batchRows,
  isMadeUp: () => false,
  allowSimulated: false,
  restart: false,
  usersLeftBehind: [],
  log: silentLog,
  onProgress: (phase, table) => {
    if (phase !== crash.phase || table !== crash.table) return
    passes += 1
    if (passes < crash.pass) return
    if (crash.later) setImmediate(() => setTimeout(die, 1))
    else die()
  },
})
