// What a process without the role api still serves, on METRICS_PORT: how it is, whether it can work, and its metrics.
import express, { type Express } from 'express'
import type { Logger } from '../../core/logger.ts'
import { problemHandler, unknownRoute } from './problem.ts'
import { requestLog } from './request-log.ts'
import { healthRoutes, type HealthOptions } from './routes/health.ts'
import { metricsRoutes, type MetricsRouteOptions } from './routes/metrics.ts'

export interface WatchAppOptions extends MetricsRouteOptions {
  readonly readiness: HealthOptions['readiness']
  readonly log: Logger
}

export const createWatchApp = ({ readiness, log, ...metrics }: WatchAppOptions): Express => {
  const app = express()
  app.disable('x-powered-by')
  app.use(requestLog(log), healthRoutes({ readiness, log }), metricsRoutes(metrics))
  app.use(unknownRoute, problemHandler)
  return app
}
