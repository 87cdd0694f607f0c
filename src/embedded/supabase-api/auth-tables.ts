// The tables of schema auth, as the embedded API server defines them. It swallows errors while creating them, so
// what came out is checked here.
import { App } from '@supabase/lite'
import { createPostgresConnection } from '@supabase/lite/postgres'
import { AppError } from '../../core/errors.ts'

/** Creates what is missing. @param adminUrl superuser, in the database concerned */
export const createAuthTables = async (adminUrl: string): Promise<void> => {
  const connection = createPostgresConnection({
    url: adminUrl,
    postgresOptions: { max: 1, onnotice: () => undefined },
  })
  try {
    const app = new App({ connection, auth: { enabled: true }, db: { migrations: { enabled: false } } })
    await app.ensureSystemSchema()
    const [found] = await connection.driver`select to_regclass('auth.users')::text as users`
    if (found?.['users'] !== 'auth.users') {
      throw new AppError('bug', 'EMBEDDED_AUTH', 'the tables of schema auth could not be created')
    }
  } finally {
    await connection.close()
  }
}
