// What is generated from the schema and committed says what the schema is now.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderWarehouseDocs, WAREHOUSE_DOCS_FILE } from '../../scripts/generate-warehouse-docs.ts'
import { renderSchemaSnapshot, SNAPSHOT_FILE } from '../../scripts/schema-snapshot.ts'
import { withClient } from '../../src/embedded/database.ts'
import { createTestDatabase } from '../support/database.ts'

test('the committed schema snapshot is the schema that the migrations make (npm run db:snapshot)', async () => {
  const database = await createTestDatabase()
  const rendered = await withClient(database.ownerUrl, renderSchemaSnapshot)
  expect(rendered).toBe(readFileSync(SNAPSHOT_FILE, 'utf8'))
  await database.drop()
})

test('docs/warehouse.md says what the comments in the database say (npm run docs:generate)', async () => {
  const database = await createTestDatabase()
  const rendered = await withClient(database.ownerUrl, renderWarehouseDocs)
  expect(rendered).toBe(readFileSync(WAREHOUSE_DOCS_FILE, 'utf8'))
  await database.drop()
})
