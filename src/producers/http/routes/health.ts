// `/healthz`: the process lives. `/readyz`: it can do its work now; names of checks and yes or no, reasons stay in the log.
import { Router } from 'express'
import type { Logger } from '../../../core/logger.ts'
import { withinTime } from '../../../core/time-limit.ts'

export interface ReadinessReport {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, boolean>>
}

export interface HealthOptions {
  /** Asked at every `/readyz`; it may be slow or throw, which both mean "not ready". */
  readonly readiness: () => Promise<ReadinessReport>
  /** Limit of one readiness check; default 5 s. */
  readonly timeoutMs?: number
  readonly log: Logger
}

const DEFAULT_TIMEOUT_MS = 5_000

/** The probe routes; open to everybody. */
export const healthRoutes = ({ readiness, timeoutMs = DEFAULT_TIMEOUT_MS, log }: HealthOptions): Router => {
  const router = Router()
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' })
  })
  router.get('/readyz', async (_req, res) => {
    const report = await withinTime(Promise.resolve().then(readiness), timeoutMs, 'readiness').catch(
      (err: unknown): ReadinessReport => {
        log.warn({ event: 'readiness.failed', err }, 'the readiness check did not finish')
        return { ready: false, checks: { readiness: false } }
      },
    )
    res.status(report.ready ? 200 : 503).json({ ready: report.ready, checks: report.checks })
  })
  return router
}
