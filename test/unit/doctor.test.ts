// What the doctor makes of what it sees, without a server.
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { ConfigInvalid } from '../../src/core/errors.ts'
import { clockFinding } from '../../src/cli/doctor/finding.ts'
import { lookAtQueueStore } from '../../src/cli/doctor/queue-store.ts'
import { lookAtRelease, lookAtSettings, settingProblems } from '../../src/cli/doctor/settings.ts'
import { keyFinding, migrationFinding, securityFinding } from '../../src/cli/doctor/warehouse.ts'

const facts = {
  now: '2026-03-04T12:00:00Z',
  serverVersion: '18.4',
  role: 'service_role',
  tablesWithoutRls: [],
  migrations: { '001_shops': 'a', 'functions/x': 'b' },
}
const redis = {
  product: 'Redis',
  version: '7.4',
  now: new Date(),
  eviction: 'noeviction',
  appendOnly: true,
} as const
const healthOf = async (store: Parameters<typeof lookAtQueueStore>[0]) =>
  Object.fromEntries((await lookAtQueueStore(store)).map(({ check, health }) => [check, health]))

describe('clocks', () => {
  const asked = { askedAt: 100_000, answeredAt: 100_200 }
  it('a server whose time lies within the round trip is right', () => {
    expect(clockFinding('clock', { ...asked, serverTime: 100_190 }).health).toBe('ok')
  })
  it('seconds off are said, and half a minute is a failure', () => {
    expect(clockFinding('clock', { ...asked, serverTime: 95_000 })).toMatchObject({
      health: 'warn',
      says: '5.10 s behind this machine',
    })
    expect(clockFinding('clock', { ...asked, serverTime: 140_000 }).health).toBe('fail')
  })
  it('a slow answer alone is no wrong clock', () => {
    const slow = { askedAt: 100_000, answeredAt: 109_000, serverTime: 100_100 }
    expect(clockFinding('clock', slow).health).toBe('ok')
  })
})

describe('the queue store', () => {
  it('a Redis that evicts fails, one that forgets at a restart is to be looked at', async () => {
    const good = await healthOf({ facts: async () => redis })
    expect(good).toEqual({ 'queue store': 'ok', 'its clock': 'ok', eviction: 'ok', persistence: 'ok' })
    const bad = await healthOf({
      facts: async () => ({ ...redis, eviction: 'allkeys-lru', appendOnly: false }),
    })
    expect(bad).toMatchObject({ eviction: 'fail', persistence: 'warn' })
    const silent = await healthOf({ facts: async () => ({ ...redis, eviction: null, appendOnly: null }) })
    expect(silent).toMatchObject({ eviction: 'warn', persistence: 'warn' })
  })
  it('one that is away is a finding, not the end', async () => {
    expect(await healthOf({ facts: () => Promise.reject(new Error('refused')) })).toEqual({
      'queue store': 'fail',
    })
  })
})

describe('the warehouse', () => {
  const files = Object.entries(facts.migrations).map(([name, checksum]) => ({ name, checksum }))
  it('says which migrations are missing, different or ahead', () => {
    expect(migrationFinding(facts, files).health).toBe('ok')
    const missing = migrationFinding(facts, [...files, { name: '002_new', checksum: 'c' }])
    expect(missing).toMatchObject({ health: 'fail', says: '1 missing, 0 different: 002_new' })
    const other = migrationFinding(facts, [
      { name: '001_shops', checksum: 'a' },
      { name: 'functions/x', checksum: 'z' },
    ])
    expect(other).toMatchObject({ health: 'fail', says: '0 missing, 1 different: functions/x' })
    const ahead = migrationFinding({ ...facts, migrations: { ...facts.migrations, '999_next': 'n' } }, files)
    expect(ahead).toMatchObject({ health: 'fail', says: 'the database is ahead of this release: 999_next' })
  })
  it('fails without the service key and without row-level security', () => {
    expect(keyFinding(facts).health).toBe('ok')
    expect(keyFinding({ ...facts, role: 'anon' }).health).toBe('fail')
    expect(securityFinding(facts).health).toBe('ok')
    expect(securityFinding({ ...facts, tablesWithoutRls: ['jobs'] }).says).toBe('missing on jobs')
  })
})

describe('settings', () => {
  const healths = (env: Record<string, string>) =>
    Object.fromEntries(lookAtSettings(readConfig(env)).map(({ check, health }) => [check, health]))

  it('each problem is a line with the name of the setting', () => {
    const problems = settingProblems(
      new ConfigInvalid(['PORT: must be a whole number', 'REDIS_URL: must be a URL']),
    )
    expect(problems.map(({ check, health, says }) => [check, health, says])).toEqual([
      ['PORT', 'fail', 'must be a whole number'],
      ['REDIS_URL', 'fail', 'must be a URL'],
    ])
  })
  it('an open server without https, and metrics that nobody can read, are to be looked at', () => {
    expect(healths({})).toMatchObject({ metrics: 'ok', schedules: 'ok' })
    expect(healths({ HOST: '0.0.0.0' })).toMatchObject({ PUBLIC_URL: 'warn', metrics: 'warn' })
    expect(healths({ HOST: '0.0.0.0', METRICS_PORT: '9464' })).toMatchObject({ metrics: 'ok' })
    expect(healths({ PUBLIC_URL: 'http://shop.example.com' })).toMatchObject({ PUBLIC_URL: 'warn' })
    expect(healths({ SYNC_ENABLED: 'false' })).toMatchObject({ schedules: 'warn' })
  })
  it('an old Node fails', () => {
    const node = (version: string) =>
      lookAtRelease({ commit: null }, version).find(({ check }) => check === 'Node')?.health
    expect(['18.20.0', '20.18.9', '20.19.0', '24.1.0'].map(node)).toEqual(['fail', 'fail', 'ok', 'ok'])
  })
})
