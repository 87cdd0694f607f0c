// Is the work done: shops and their tokens, and whether queues, workers and schedules are alive.
import { QUEUE_NAMES } from '../../core/queues.ts'
import { canaryLimitSeconds } from '../../core/readiness.ts'
import type { Services } from '../../core/services.ts'
import { describe } from '../../workers/describe.ts'
import { fail, looked, ok, warn, type Finding } from './finding.ts'

const TOKEN_MS = 20_000

/** @param triesTokens false when the queue store is away: every call to TM is counted there first */
export const lookAtShops = (
  { shops, tekmetric }: Services,
  { triesTokens }: { readonly triesTokens: boolean },
): Promise<readonly Finding[]> =>
  looked('shops', 'the warehouse has to answer first', async () => {
    const syncing = await shops.list()
    if (syncing.length === 0)
      return [warn('shops', 'there is none to sync', 'name them in TM_SHOP_ID, or warehouse shops add')]
    const findings: Finding[] = []
    if (!triesTokens)
      return [
        warn('shops', `${syncing.length} to sync; tokens not tried`, 'the queue store has to answer first'),
      ]
    for (const { tmId, name, timezone, pausedAt } of syncing) {
      const check = `shop ${tmId}`
      const what = `${name}, ${timezone}`
      try {
        const signal = AbortSignal.timeout(TOKEN_MS)
        await tekmetric.checkToken({ shopTmId: tmId, lane: 'interactive', signal })
        findings.push(
          pausedAt === null
            ? ok(check, `${what}; Tekmetric takes its token`)
            : warn(
                check,
                `${what}; paused, but Tekmetric takes its token now`,
                'it resumes within two minutes',
              ),
        )
      } catch (error) {
        findings.push(
          fail(check, `${what}; ${describe(error)}`, `TM_AUTH_TOKEN, or warehouse tokens set --shop ${tmId}`),
        )
      }
    }
    return findings
  })

export const lookAtCanaries = ({ warehouse }: Services): Promise<readonly Finding[]> =>
  looked('canaries', 'the warehouse has to answer first', async () => {
    const ages = await warehouse.operations.canaryAges()
    const missing = QUEUE_NAMES.filter((queue) => (ages[queue] ?? Infinity) > canaryLimitSeconds(queue))
    return missing.length === 0
      ? [ok('canaries', 'came through every queue')]
      : [
          warn(
            'canaries',
            `none came lately through ${missing.join(', ')}`,
            'are a scheduler and a worker running? Is the queue paused? (warehouse start)',
          ),
        ]
  })
