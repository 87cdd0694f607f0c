// Looks whether a token of each paused shop works again, with one cheap call per shop, and ends the pause if it does.
// Repeating it is harmless. Not retried: the next one is a minute away.
import { z } from 'zod'
import { AppError } from '../../core/errors.ts'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import type { Shop } from '../../core/warehouse/warehouse.ts'
import { describe } from '../describe.ts'

export const checkCredentials = defineQueueJob({
  name: 'check-credentials',
  queue: 'maintenance',
  about: 'Tries the tokens of paused shops and resumes those whose token works again.',
  payload: z.object({}),
  retry: { attempts: 1, backoffMs: 1_000 },
  timeoutMs: 50_000,
  dedup: { mode: 'skip', id: () => 'all' },
  fansOutTo: [],
  run: async (_payload, ctx) => {
    ctx.services.shops.forget()
    const paused = (await ctx.services.shops.all()).filter((shop) => shop.pausedAt !== null)
    const answers = await Promise.all(paused.map((shop) => resumeIfAccepted(ctx, shop)))
    return { paused: paused.length, resumed: answers.filter((resumed) => resumed).length }
  },
})

const resumeIfAccepted = async (ctx: QueueJobContext, shop: Shop): Promise<boolean> => {
  const { services, signal, log } = ctx
  try {
    await services.tekmetric.checkToken({ shopTmId: shop.tmId, lane: 'interactive', signal })
  } catch (error) {
    // Still refused, or TM is away: either way the pause stays, and one shop must not hide the others.
    if (!(error instanceof AppError)) throw error
    log.debug({ event: 'shop.still-paused', shop: shop.tmId, reason: describe(error) }, 'still paused')
    return false
  }
  const { changed } = await services.warehouse.shops.resume({ shopId: shop.id })
  services.shops.forget()
  if (changed)
    log.info({ event: 'shop.resumed', shop: shop.tmId }, `the token of shop ${shop.tmId} works again`)
  return changed
}
