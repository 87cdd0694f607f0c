// `npm run bench [-- name]`: measurements in one run on this machine, as ratios where it matters. Nothing here is asserted.
import { benchApi } from './api.ts'
import { benchBudget } from './budget.ts'
import { benchFairness } from './fairness.ts'
import { benchIncremental } from './incremental.ts'
import { benchMetrics } from './metrics.ts'
import { benchPipeline } from './pipeline.ts'

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  pipeline: benchPipeline,
  budget: benchBudget,
  fairness: benchFairness,
  incremental: benchIncremental,
  metrics: benchMetrics,
  api: benchApi,
}

const name = process.argv[2] ?? 'pipeline'
const bench = BENCHES[name]
if (bench === undefined) {
  console.error(`there is no bench ${name}; there are: ${Object.keys(BENCHES).join(', ')}`)
  process.exitCode = 2
} else {
  await bench()
}
