// Writes migrations/schema.snapshot.sql from a freshly migrated database. `npm run db:snapshot`.
import { writeFileSync } from 'node:fs'
import { withMigratedDatabase } from './migrated-database.ts'
import { renderSchemaSnapshot, SNAPSHOT_FILE } from './schema-snapshot.ts'

writeFileSync(SNAPSHOT_FILE, await withMigratedDatabase(renderSchemaSnapshot))
console.log('migrations/schema.snapshot.sql')
