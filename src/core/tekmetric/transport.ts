// One question to TM, with everything around it: budget, token, retry with a fresh token, errors by class.
import { UpstreamForbidden, UpstreamGone, UpstreamThrottled } from '../errors.ts'
import type { CallBudget } from './budget.ts'
import type { HttpGet } from './http-get.ts'
import { backoffMs, errorOfStatus, jsonOf, retryAfterMs, type Answer } from './http-outcome.ts'
import type { Route, RouteTemplate } from './routes.ts'
import type { CallOptions, ShopToken, TokenProvider } from './types.ts'

/** One finished request. `status` is 0 when there was no answer. */
export interface RequestRecord {
  readonly route: RouteTemplate
  readonly status: number
  readonly ms: number
  readonly shopTmId: number
}

export interface TransportOptions {
  readonly http: HttpGet
  readonly tokens: TokenProvider
  readonly budget: CallBudget
  readonly onRequest: (record: RequestRecord) => void
}

export interface Question extends CallOptions {
  readonly route: Route
  /** The caller has taken this call out of the budget already. */
  readonly paid?: boolean | undefined
  /** A further call of a read that has begun. */
  readonly continues?: boolean | undefined
}

export interface Transport {
  /** Takes `calls` calls of the shop's credential out of the budget. */
  reserve(call: CallOptions & { readonly calls: number }): Promise<void>
  /** @throws UpstreamForbidden, UpstreamThrottled, UpstreamDown, UpstreamGone, UpstreamChanged */
  ask(question: Question): Promise<unknown>
  /** As `ask`, with `gone` for a 404. An answer that is JSON null is an answer. */
  askOrGone(
    question: Question,
  ): Promise<{ readonly gone: false; readonly answer: unknown } | { readonly gone: true }>
}

export const createTransport = ({ http, tokens, budget, onRequest }: TransportOptions): Transport => {
  /** 429s in a row per credential, for the wait when TM names none. */
  const strikes = new Map<string, number>()

  const pay = async (question: Question, { credential }: ShopToken): Promise<void> => {
    const { lane = 'incremental', signal, continues } = question
    await budget.acquire({ credential, calls: 1, lane, signal, continues })
  }

  const send = async ({ route, shopTmId, signal }: Question, { token }: ShopToken): Promise<Answer> => {
    const started = performance.now()
    let status = 0
    try {
      const answer = await http({ route: route.template, path: route.path, shopTmId, token, signal })
      status = answer.status
      return answer
    } finally {
      onRequest({ route: route.template, status, ms: Math.round(performance.now() - started), shopTmId })
    }
  }

  const judge = async (question: Question, answer: Answer, { credential }: ShopToken): Promise<unknown> => {
    const asked = { route: question.route.template, shopTmId: question.shopTmId }
    const strike = answer.status === 429 ? (strikes.get(credential) ?? 0) + 1 : 0
    if (strike > 0) strikes.set(credential, strike)
    else strikes.delete(credential)
    const error = errorOfStatus(
      asked,
      answer,
      () => retryAfterMs(answer.retryAfter, Date.now()) ?? backoffMs(strike),
    )
    if (error instanceof UpstreamThrottled) await budget.throttled({ credential, waitMs: error.waitMs })
    if (error) throw error
    return jsonOf(asked, answer)
  }

  /** The token after a refusal: one that another call has fetched meanwhile, else read again. Null when it is the same. */
  const freshToken = async (shopTmId: number, refused: ShopToken): Promise<ShopToken | null> => {
    const known = await tokens.get(shopTmId)
    const fresh = known.credential === refused.credential ? await tokens.refresh(shopTmId) : known
    return fresh.credential === refused.credential ? null : fresh
  }

  const ask = async (question: Question): Promise<unknown> => {
    const token = await tokens.get(question.shopTmId)
    if (!question.paid) await pay(question, token)
    try {
      return await judge(question, await send(question, token), token)
    } catch (err) {
      if (!(err instanceof UpstreamForbidden)) throw err
      const fresh = await freshToken(question.shopTmId, token)
      if (fresh === null) throw err
      await pay({ ...question, continues: true }, fresh)
      return judge(question, await send(question, fresh), fresh)
    }
  }

  return {
    ask,
    reserve: async ({ shopTmId, calls, lane = 'incremental', signal }) => {
      const { credential } = await tokens.get(shopTmId)
      await budget.acquire({ credential, calls, lane, signal })
    },
    askOrGone: async (question) => {
      try {
        return { gone: false, answer: await ask(question) }
      } catch (err) {
        if (err instanceof UpstreamGone) return { gone: true }
        throw err
      }
    },
  }
}
