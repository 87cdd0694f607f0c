// Part of `npm run check`: generated files must be what their sources say now. Renders them and compares; writes nothing.
import { complaintsAbout, nameOf, renderGeneratedFiles } from './generated-files.ts'

const files = await renderGeneratedFiles()
const complaints = complaintsAbout(files)
for (const complaint of complaints) console.error(complaint)
if (complaints.length > 0) process.exitCode = 1
else console.log(`generated files are up to date: ${files.map(nameOf).join(', ')}`)
