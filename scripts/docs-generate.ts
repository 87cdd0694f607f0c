// Writes all generated documents: docs/jobs.md and docs/warehouse.md. `npm run docs:generate`.
import { writeJobDocs } from './generate-job-docs.ts'

writeJobDocs()
console.log('docs/jobs.md')
