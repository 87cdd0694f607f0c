// docs/jobs.md and the check that keeps generated files true.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { complaintsAbout } from '../../scripts/generated-files.ts'
import { JOB_DOCS_FILE, renderJobDocs, spoken } from '../../scripts/generate-job-docs.ts'
import { readConfig } from '../../src/core/config.ts'
import type { Shop } from '../../src/core/warehouse/warehouse.ts'
import { schedulesOf } from '../../src/producers/scheduler.ts'
import { CATALOG } from '../../src/workers/catalog.ts'

const folders: string[] = []
const fileWith = (text: string): URL => {
  const folder = mkdtempSync(join(tmpdir(), 'generated-'))
  folders.push(folder)
  writeFileSync(join(folder, 'file.md'), text)
  return pathToFileURL(join(folder, 'file.md'))
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('docs/jobs.md', () => {
  const text = renderJobDocs()

  it('says what the catalog says', () => {
    const stored = { file: JOB_DOCS_FILE, text, command: 'npm run docs:generate' }
    expect(complaintsAbout([stored])).toEqual([])
  })

  it('has a section for every queue job, with each of its payload fields', () => {
    for (const job of CATALOG) {
      const section = text.split(`\n## ${job.name}\n`)[1]?.split('\n## ')[0] ?? ''
      const fields = Object.keys((job.payload as { shape: Record<string, unknown> }).shape)
      expect(section, job.name).toContain(job.about)
      for (const field of fields) expect(section, `${job.name}.${field}`).toContain(`| \`${field}\` |`)
    }
  })

  it('draws every arrow of the fan-out', () => {
    const arrows = CATALOG.flatMap((job) =>
      (job.fansOutTo as typeof CATALOG).map((target) => `${job.name} --> ${target.name}`),
    )
    expect(arrows.length).toBeGreaterThan(4)
    for (const arrow of arrows) expect(text).toContain(arrow)
  })

  it('says which schedules SYNC_ENABLED=false leaves', () => {
    const sync = { ...readConfig({}).sync, enabled: false }
    const left = schedulesOf([{ tmId: 4321, timezone: 'Etc/UTC', syncEnabled: true } as Shop], sync)
    expect(left.length).toBeGreaterThan(2)
    const [, said = ''] = /`SYNC_ENABLED=false` leaves ([^.]*)\./.exec(text) ?? []
    expect([...said.matchAll(/`([^`]+)`/g)].map(([, id]) => id)).toEqual(left.map(({ id }) => id))
  })

  it('is the same whenever it is made', () => {
    expect(renderJobDocs()).toBe(text)
  })

  it('tells durations as a person does', () => {
    expect([1_500, 62_000, 310_000, 1_800_000].map(spoken)).toEqual(['1.5 s', '62 s', '5 min 10 s', '30 min'])
  })
})

describe('the check of generated files', () => {
  const command = 'npm run docs:generate'

  it('is silent about a file that holds what it should', () => {
    expect(complaintsAbout([{ file: fileWith('a\nb\n'), text: 'a\nb\n', command }])).toEqual([])
  })

  it('names the file, the line and the command when one differs', () => {
    const [complaint, ...others] = complaintsAbout([{ file: fileWith('a\nx\n'), text: 'a\nb\n', command }])
    expect(others).toEqual([])
    expect(complaint).toContain(
      'file.md is out of date (line 2: should be "b", is "x"); run: npm run docs:generate',
    )
  })

  it('sees a file that is longer than it should be, and one that is not there', () => {
    const longer = complaintsAbout([{ file: fileWith('a\n\n'), text: 'a\n', command }])
    expect(longer[0]).toContain('is out of date (line 3')
    const missing = complaintsAbout([{ file: new URL('./nothing.md', import.meta.url), text: '', command }])
    expect(missing[0]).toContain('nothing.md is missing')
  })

  it('is part of npm run check', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(manifest.scripts['check']).toContain('scripts/check-generated.ts')
  })
})
