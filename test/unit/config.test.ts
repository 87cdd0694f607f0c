// Settings: what is missing or contradicts is named, all at once, without values.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { environmentSchema, readConfig } from '../../src/core/config.ts'
import { ConfigInvalid } from '../../src/core/errors.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems
    throw error
  }
  return []
}

const unsigned = (claims: object) =>
  `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature-of-a-test`

const hosted = {
  TM_BASE_URL: 'https://tm.example.com/',
  TM_AUTH_TOKEN: 'a-token-of-a-test',
  SUPABASE_URL: 'https://project.example.com',
  SUPABASE_SERVICE_KEY: unsigned({ role: 'service_role' }),
  DATABASE_URL: 'postgres://owner@127.0.0.1/warehouse',
  REDIS_URL: 'redis://127.0.0.1:6379',
}

describe('readConfig', () => {
  it('without any setting chooses the embedded parts', () => {
    const config = readConfig({})
    expect(config.redisUrl).toBeNull()
    expect(config.warehouse.url).toBeNull()
    expect(config.tekmetric.baseUrl).toBeNull()
    expect(config.sync.enabled).toBe(true)
  })

  it('takes the hosted settings, with the budget that is safe for the real TM', () => {
    const config = readConfig({ ...hosted, TM_SHOP_ID: '4321, 4322', SYNC_ENABLED: 'no' })
    expect(config.tekmetric).toMatchObject({
      baseUrl: 'https://tm.example.com',
      shopIds: [4321, 4322],
      requestsPerMinute: 150,
    })
    expect(config.sync.enabled).toBe(false)
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('accepts the service key under its older name', () => {
    const { SUPABASE_SERVICE_KEY, ...rest } = hosted
    expect(
      readConfig({ ...rest, SUPABASE_SERVICE_ROLE_KEY: SUPABASE_SERVICE_KEY }).warehouse.serviceKey,
    ).toBe(SUPABASE_SERVICE_KEY)
  })

  it('names every malformed setting at once and repeats no value', () => {
    const secret = 'not-a-url-but-maybe-a-password'
    const problems = problemsOf({
      REDIS_URL: secret,
      DATABASE_URL: 'http://wrong.example.com',
      TM_SHOP_ID: '12,x',
      PORT: 'eighty',
      TRUSTED_PROXIES: 'all',
      SYNC_ENABLED: 'perhaps',
      LOG_LEVEL: 'loud',
    })
    const names = ['REDIS_URL', 'DATABASE_URL', 'TM_SHOP_ID', 'PORT', 'TRUSTED_PROXIES', 'SYNC_ENABLED']
    for (const name of [...names, 'LOG_LEVEL'])
      expect(problems.some((p) => p.startsWith(`${name}: `))).toBe(true)
    expect(problems.join('\n')).not.toContain(secret)
  })

  it('names what is missing even when another setting is malformed', () => {
    const problems = problemsOf({ ...hosted, SUPABASE_SERVICE_KEY: '', REDIS_URL: 'not-a-url' })
    expect(problems.map((p) => p.split(':')[0])).toEqual(['REDIS_URL', 'SUPABASE_SERVICE_KEY'])
  })

  it('names every contradiction at once', () => {
    const problems = problemsOf({
      SUPABASE_URL: hosted.SUPABASE_URL,
      SUPABASE_ANON_KEY: 'an-anon-key-of-a-test',
    })
    expect(problems).toHaveLength(2)
    expect(problems[0]).toMatch(/^SUPABASE_SERVICE_KEY: missing .* the anon key alone cannot write/)
    expect(problems[1]).toMatch(/^TM_BASE_URL: missing/)
  })

  it.each([
    [{ ...hosted, SUPABASE_SERVICE_KEY: unsigned({ role: 'anon' }) }, /SUPABASE_SERVICE_KEY: is an anon key/],
    [{ ...hosted, SUPABASE_SERVICE_ROLE_KEY: 'another-key-of-a-test' }, /SUPABASE_SERVICE_ROLE_KEY: differs/],
    [{ TM_AUTH_TOKEN: 'a-token-of-a-test' }, /TM_BASE_URL: missing although TM_AUTH_TOKEN/],
    [{ SUPABASE_SERVICE_KEY: 'a-key-of-a-test' }, /SUPABASE_URL: missing although SUPABASE_SERVICE_KEY/],
  ])('refuses a contradiction with the name of the setting (%#)', (env, problem) => {
    expect(problemsOf(env).join('\n')).toMatch(problem)
  })

  it('is documented: .env.example lists exactly the settings there are', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
    const listed = [...example.matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map((m) => String(m[1]))
    expect(listed.toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted())
  })
})
