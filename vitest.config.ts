// Three kinds of tests: unit (needs nothing), sql (needs Postgres), integration (Postgres, queue stores, HTTP).
// The two that need servers share one set of them, started by test/support/global-setup.ts.
import { defineConfig } from 'vitest/config'

const servers = {
  globalSetup: ['test/support/global-setup.ts'],
  setupFiles: ['test/support/report-failures.ts'],
}

export default defineConfig({
  test: {
    pool: 'forks',
    // More than the two cores: these tests wait for timers and servers most of the time.
    maxWorkers: 3,
    // Concurrent tests of a file each run a whole pipeline: more of them at once only wait for each other.
    maxConcurrency: 3,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'sql',
          include: ['test/sql/**/*.test.ts'],
          hookTimeout: 30_000,
          testTimeout: 20_000,
          ...servers,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          // On a busy CI machine a wait may run out once; the reporter marks a repeated test, and each such mark is a bug to
          // find. At a desk nothing is repeated.
          retry: process.env['CI'] === 'true' ? 1 : 0,
          include: ['test/integration/**/*.test.ts'],
          hookTimeout: 60_000,
          testTimeout: 60_000,
          ...servers,
        },
      },
    ],
  },
})
