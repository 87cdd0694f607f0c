// After a failed test the file's databases are kept and named, so that they can be looked at.
import { afterEach } from 'vitest'
import { keepDatabases } from './database.ts'

afterEach(({ task }) => {
  if (task.result?.state === 'fail') keepDatabases()
})
