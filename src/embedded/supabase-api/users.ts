// Users for signing in to the embedded stack. The server has no admin API, so they are written as SQL.
import { z } from 'zod'
import { withClient } from '../database.ts'

export interface UserOptions {
  /** Role warehouse_owner or superuser. */
  readonly databaseUrl: string
  readonly email: string
  readonly password: string
  /** E.g. `{ role: 'admin' }`: only the service side can change it; it is part of the user's access token. */
  readonly appMetadata: Readonly<Record<string, unknown>>
}

const rowSchema = z.object({ id: z.uuid() })

/** Creates the user or sets password and metadata of the one with this address. @returns the user's id */
export const ensureUser = ({ databaseUrl, email, password, appMetadata }: UserOptions): Promise<string> =>
  withClient(databaseUrl, async (client) => {
    const metadata = JSON.stringify({ provider: 'email', providers: ['email'], ...appMetadata })
    const { rows } = await client.query(
      `insert into auth.users (id, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
         raw_user_meta_data, aud, role, created_at, updated_at)
       values (gen_random_uuid(), lower($1), extensions.crypt($2, extensions.gen_salt('bf', 10)), now(), $3, '{}',
         'authenticated', 'authenticated', now(), now())
       on conflict (email) where is_sso_user = false do update
         set encrypted_password = excluded.encrypted_password, raw_app_meta_data = excluded.raw_app_meta_data,
             updated_at = now()
       returning id`,
      [email, password, metadata],
    )
    return rowSchema.parse(rows[0]).id
  })
