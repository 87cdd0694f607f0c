// The world of the metrics tests with the report functions as short calls, by any role of the API.
import type pg from 'pg'
import { createMetricsWorld, type MetricsWorld } from './metrics-world.ts'
import type { RepairOrderSpec, Row } from './ro-writer.ts'

/** Who asks: the service role, nobody, or a signed-in user. */
export type Reader = 'service_role' | 'anon' | { readonly user: string }

export type Report = Readonly<Record<string, unknown>>

export interface ReportWorld extends MetricsWorld {
  /** Calls a function as a role of the API sees it; JSON in, JSON out. */
  readonly ask: <T = Report>(call: string, args: readonly unknown[], reader?: Reader) => Promise<T>
  /** Writes ROs, their snapshots and their days. */
  readonly count: (...specs: readonly RepairOrderSpec[]) => Promise<void>
  readonly grant: (user: string) => Promise<void>
}

const asReader = async <T>(client: pg.Client, reader: Reader, run: () => Promise<T>): Promise<T> => {
  const role = typeof reader === 'string' ? reader : 'authenticated'
  const sub = typeof reader === 'string' ? '' : reader.user
  await client.query('begin')
  try {
    await client.query(
      "select set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true)",
      [JSON.stringify({ role, ...(sub === '' ? {} : { sub }) }), sub],
    )
    await client.query(`set local role ${role}`)
    return await run()
  } finally {
    await client.query('rollback')
  }
}

const isJson = (value: unknown): boolean => typeof value === 'object' && value !== null

export const createReportWorld = async (): Promise<ReportWorld> => {
  const world = await createMetricsWorld()
  const ask = <T>(call: string, args: readonly unknown[], reader: Reader = 'service_role'): Promise<T> =>
    asReader(world.client, reader, async () => {
      const places = args.map((_, index) => `$${index + 1}`).join(', ')
      const values = args.map((arg) => (isJson(arg) ? JSON.stringify(arg) : arg))
      const { rows } = await world.client.query<Row>(`select public.${call}(${places}) as answer`, values)
      return rows[0]?.['answer'] as T
    })
  const count = async (...specs: readonly RepairOrderSpec[]): Promise<void> => {
    for (const spec of specs) {
      await world.put(spec)
      await world.refresh(spec.ro)
    }
    await world.settle()
  }
  const grant = async (user: string): Promise<void> => {
    await world.client.query('insert into public.user_shop_access (user_id, shop_id) values ($1, $2)', [
      user,
      world.shopId,
    ])
  }
  return Object.create(world, {
    ask: { value: ask },
    count: { value: count },
    grant: { value: grant },
  }) as ReportWorld
}
