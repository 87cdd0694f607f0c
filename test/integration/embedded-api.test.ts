// The Supabase API as supabase-js sees it: the same promises on the embedded server and on a real PostgREST.
import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { apiBackends, startTestApi, type TestApi } from '../support/api.ts'
import { createTestDatabase } from '../support/database.ts'
import { supabaseClient } from '../support/supabase-client.ts'

const clientFor = (url: string, key: string, token?: string): SupabaseClient =>
  supabaseClient(token === undefined ? { url, key } : { url, key, token })

const alice = '00000000-0000-4000-8000-00000000000a'

const schema = `
create table probe_open (id int primary key, note text);
create table probe (
  id int primary key, owner_id uuid, body jsonb, at timestamptz, amount numeric, big bigint, day date
);
alter table probe enable row level security;
create policy own on probe for select to authenticated using (owner_id = (select auth.uid()));
insert into probe values (1, '${alice}', '{"a": [1, "x"]}', '2026-03-08T06:59:00.123456Z', 12.50, 5000000000, '2026-03-08');
insert into probe select n, null, null, null, null, null, null from generate_series(2, 1500) n;
create function probe_echo(p_body jsonb) returns jsonb language sql
  as $$ select jsonb_build_object('type', jsonb_typeof(p_body), 'value', p_body) $$;
create function probe_raise(p_state text) returns jsonb language plpgsql
  as $$ begin raise exception 'raised %', p_state using errcode = p_state, hint = 'a hint'; end $$;
revoke execute on function probe_echo(jsonb), probe_raise(text) from public, anon, authenticated;
`

const database = await createTestDatabase()
beforeAll(() => withClient(database.ownerUrl, (client) => client.query(schema)))
afterAll(() => database.drop())

describe.each(apiBackends)('the Supabase API on %s', (backend) => {
  let api: TestApi
  let service: SupabaseClient
  let anon: SupabaseClient
  beforeAll(async () => {
    api = await startTestApi(database, { backend })
    service = clientFor(api.url, api.serviceKey)
    anon = clientFor(api.url, api.anonKey)
  })
  afterAll(() => api.close())

  test('anon sees no row and writes none', async () => {
    expect((await anon.from('probe').select('id')).data).toEqual([])
    const { error, status } = await anon.from('probe').insert({ id: 9000 })
    expect([error?.code, status]).toEqual(['42501', 401])
  })

  test('a signed-in user sees the rows the policy gives them and writes none', async () => {
    const user = clientFor(api.url, api.anonKey, await api.signToken({ sub: alice, role: 'authenticated' }))
    expect((await user.from('probe').select('id')).data).toEqual([{ id: 1 }])
    expect((await user.from('probe').insert({ id: 9001 })).error?.code).toBe('42501')
  })

  test('the service key reads past RLS and writes', async () => {
    const written = await service
      .from('probe')
      .insert({ id: 9002, body: { kept: true } })
      .select('id, body')
    expect(written.data).toEqual([{ id: 9002, body: { kept: true } }])
    expect((await service.from('probe').delete().eq('id', 9002)).error).toBeNull()
  })

  test('a wrong or missing key is refused', async () => {
    const response = await fetch(`${api.url}/rest/v1/probe`, {
      headers: {
        apikey: 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x',
        authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x',
      },
    })
    expect(response.status).toBe(401)
  })

  test('jsonb arguments of functions arrive as objects and arrays, not as strings', async () => {
    for (const value of [{ a: { b: [1, null, 'é "quoted"'] } }, [1, { two: 2 }], []]) {
      const { data } = await service.rpc('probe_echo', { p_body: value })
      expect(data).toEqual({ type: Array.isArray(value) ? 'array' : 'object', value })
    }
  })

  test('a jsonb argument of 3 MB passes whole', async () => {
    const value = { rows: Array.from({ length: 30_000 }, (_, index) => ({ index, text: 'x'.repeat(80) })) }
    const { data, error } = await service.rpc('probe_echo', { p_body: value })
    expect(error).toBeNull()
    expect((data as { value: { rows: unknown[] } }).value.rows).toHaveLength(30_000)
  })

  test('instants are ISO 8601, numerics are numbers, dates are days', async () => {
    const { data } = await service.from('probe').select('at, amount, big, day, body').eq('id', 1).single()
    expect(data).toEqual({
      at: '2026-03-08T06:59:00.123456+00:00',
      amount: 12.5,
      big: 5_000_000_000,
      day: '2026-03-08',
      body: { a: [1, 'x'] },
    })
  })

  test('a select gives at most 1,000 rows while the exact count is whole', async () => {
    const { data, count } = await service.from('probe').select('id', { count: 'exact' }).limit(2_000)
    expect([data?.length, count]).toEqual([1_000, 1_500])
  })

  test('anon and signed-in users cannot call a function that was revoked', async () => {
    const { error } = await anon.rpc('probe_echo', { p_body: {} })
    expect(error?.code).toBe('42501')
  })

  // Not 40001: PostgREST 12 repeats such a transaction without end, so no function may raise it.
  test.each(['P0001', '22023', '23514', '40P01', '55P03', '57014'])(
    'SQLSTATE %s reaches the caller',
    async (state) => {
      const { error } = await service.rpc('probe_raise', { p_state: state })
      expect([error?.code, error?.message, error?.hint]).toEqual([state, `raised ${state}`, 'a hint'])
    },
  )

  test('the first requests after the start may come in parallel', async () => {
    const fresh = await startTestApi(database, { backend })
    try {
      const client = clientFor(fresh.url, fresh.serviceKey)
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => client.rpc('probe_echo', { p_body: { n: 1 } })),
      )
      expect(answers.filter(({ error }) => error !== null)).toEqual([])
    } finally {
      await fresh.close()
    }
  })

  test("notify pgrst, 'reload schema' makes a new function callable", async () => {
    const name = `probe_new_${backend}`
    await withClient(database.ownerUrl, (client) =>
      client.query(`create function ${name}() returns jsonb language sql as $$ select '{"new": true}'::jsonb $$;
        notify pgrst, 'reload schema'`),
    )
    await expect.poll(async () => (await service.rpc(name)).data, { timeout: 10_000 }).toEqual({ new: true })
  })
})
