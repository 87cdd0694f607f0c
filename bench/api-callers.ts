// Callers of the API in a process of their own: each asks, waits for the answer and asks again (after a pause, if one is
// wanted), until the time is over.
// Reads its orders from standard input, prints what it measured as JSON.
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { z } from 'zod'
import { quantile } from './quantile.ts'

const Orders = z.object({
  url: z.string(),
  /** One per caller. */
  keys: z.array(z.string()),
  shop: z.int(),
  ros: z.array(z.int()),
  seconds: z.number(),
  /** Between an answer and the next question of the same caller, on average. */
  pauseMs: z.number(),
})
const Answer = z.object({ ro: z.int(), result: z.string(), run_id: z.uuid() })

const { url, keys, shop, ros, seconds, pauseMs } = Orders.parse(JSON.parse(await text(process.stdin)))
const agent = new Agent({ connections: keys.length, pipelining: 1 })
const latencies: number[] = []
const results: Record<string, number> = {}
const refused: Record<string, number> = {}
const runs = new Map<string, number>()
const until = performance.now() + seconds * 1000

const ask = async (key: string): Promise<void> => {
  const ro = ros[Math.floor(Math.random() * ros.length)]
  const startedAt = performance.now()
  const { statusCode, body } = await request(`${url}/api/sync/repair-orders/${ro}?shop_id=${shop}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    dispatcher: agent,
  })
  const answer: unknown = await body.json()
  latencies.push(performance.now() - startedAt)
  if (statusCode !== 202) {
    refused[statusCode] = (refused[statusCode] ?? 0) + 1
    return
  }
  const { run_id: runId, result, ro: synced } = Answer.parse(answer)
  results[result] = (results[result] ?? 0) + 1
  runs.set(runId, synced)
}

await Promise.all(
  keys.map(async (key) => {
    while (performance.now() < until) {
      if (pauseMs > 0) await sleep(Math.random() * 2 * pauseMs)
      await ask(key)
    }
  }),
)
await agent.close()
process.stdout.write(
  JSON.stringify({
    requests: latencies.length,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    p99: quantile(latencies, 0.99),
    results,
    refused,
    runs: [...runs],
  }),
)
