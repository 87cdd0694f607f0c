// What the global setup hands to the test processes.
export interface TestServers {
  /** Superuser of the test cluster, database postgres. */
  readonly adminUrl: string
  /** The migrated database that test databases are cloned from. */
  readonly template: string
  /** A database for BullMQ on the same cluster. */
  readonly queueUrl: string
  readonly redisUrl: string | null
  readonly postgrestBin: string | null
  /** Of this test run; what is started is noted there. */
  readonly folder: string
}

declare module 'vitest' {
  interface ProvidedContext {
    testServers: TestServers
  }
}
