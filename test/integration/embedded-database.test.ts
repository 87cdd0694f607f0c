// The promises of prepareDatabase and of the test databases cloned from it.
import { afterAll, expect, test } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase()
afterAll(() => database.drop())

test('the owner of a prepared database is no superuser and may switch to the roles of Supabase', async () => {
  await withClient(database.ownerUrl, async (client) => {
    const { rows } = await client.query(
      `select rolsuper, rolbypassrls from pg_roles where rolname = current_user`,
    )
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }])
    for (const role of ['anon', 'authenticated', 'service_role'])
      await client.query(`set role ${role}; reset role`)
  })
})

test('a cloned database speaks UTF8 and UTC', async () => {
  await withClient(database.ownerUrl, async (client) => {
    const { rows } = await client.query(
      `select current_setting('server_encoding') e, current_setting('timezone') z`,
    )
    expect(rows).toEqual([{ e: 'UTF8', z: 'UTC' }])
  })
})
