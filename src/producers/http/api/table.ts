// Every route of the API, in the order in which a request meets them. What is not here does not exist under /api, except the
// description of the API itself.
import type { ApiRoute } from './route.ts'
import { authRoutes } from './routes/auth.ts'
import { metricRoutes } from './routes/metrics.ts'
import { operationRoutes } from './routes/operations.ts'
import { queueJobRoutes } from './routes/queue-jobs.ts'
import { reportRoutes } from './routes/reports.ts'
import { runRoutes } from './routes/runs.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { syncRoutes } from './routes/sync.ts'

export const API_ROUTES: readonly ApiRoute[] = [
  ...authRoutes,
  ...syncRoutes,
  ...metricRoutes,
  ...runRoutes,
  ...operationRoutes,
  ...queueJobRoutes,
  ...scheduleRoutes,
  ...reportRoutes,
]
