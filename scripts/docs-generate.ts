// Writes the generated documents: docs/jobs.md and docs/warehouse.md. `npm run docs:generate`.
import { writeJobDocs } from './generate-job-docs.ts'
import { writeWarehouseDocs } from './generate-warehouse-docs.ts'

writeJobDocs()
console.log('docs/jobs.md')
await writeWarehouseDocs()
console.log('docs/warehouse.md')
