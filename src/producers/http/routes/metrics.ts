// `/metrics` for Prometheus: numbers only, no customer data. With a token, only for who presents it.
import { Router } from 'express'
import { HttpProblem } from '../problem.ts'
import { isSecret } from '../secret.ts'

export interface MetricsRouteOptions {
  /** Samples and renders; see core/metrics-samples.ts. */
  readonly scrape: () => Promise<string>
  /** null: whoever reaches the port may read. */
  readonly token: string | null
}

/** The text format every Prometheus reads. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export const metricsRoutes = ({ scrape, token }: MetricsRouteOptions): Router => {
  const router = Router()
  router.get('/metrics', async (req, res) => {
    if (token !== null && !isSecret(req.get('authorization') ?? '', `Bearer ${token}`)) throw refused()
    res.set('Content-Type', CONTENT_TYPE).send(await scrape())
  })
  return router
}

const refused = (): HttpProblem =>
  new HttpProblem({
    status: 401,
    code: 'METRICS_TOKEN_WRONG',
    detail: 'Prometheus must present METRICS_TOKEN as a bearer token.',
    headers: { 'WWW-Authenticate': 'Bearer realm="metrics"' },
  })
