// In every test process: after a failed test the file's databases are kept and named, so that they can be looked at;
// and when the run is killed, its test processes end too (vitest leaves them running).
import { afterEach } from 'vitest'
import { keepDatabases } from './database.ts'

process.once('disconnect', () => process.exit(1))

afterEach(({ task }) => {
  if (task.result?.state === 'fail') keepDatabases()
})
