// The OpenAPI document describes every route that is mounted and nothing else, and holds together.
import { expect, test } from 'vitest'
import { openApiDocument } from '../../src/producers/http/api/openapi.ts'
import { API_ROUTES } from '../../src/producers/http/api/table.ts'
import { WEBHOOK_PATH } from '../../src/producers/http/routes/webhook.ts'
import { start } from './http-made-up-door.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: object
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly security: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { description: string; content?: object }>>
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: object; readonly securitySchemes: object }
}

const served = async (): Promise<Document> => {
  const { ask } = await start()
  const answer = await ask('/api/openapi.json')
  expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  return answer.json() as Document
}

const everyValue = (value: unknown): unknown[] =>
  value !== null && typeof value === 'object' ? [value, ...Object.values(value).flatMap(everyValue)] : [value]

test('every route of the table is in the document with its parameters, and every path of the document is a route', async () => {
  const { paths, openapi } = await served()
  expect(openapi).toBe('3.1.0')
  for (const route of API_ROUTES) {
    const operation = paths[route.path]?.[route.method.toLowerCase()]
    expect(operation, route.path).toBeDefined()
    const named = (operation?.parameters ?? []).map((p) => `${p.in} ${p.name}`)
    expect(named.toSorted(), route.path).toEqual(
      [
        ...Object.keys(route.params.shape).map((name) => `path ${name}`),
        ...Object.keys(route.query.shape).map((name) => `query ${name}`),
        ...(route.enqueues ? ['header Idempotency-Key'] : []),
      ].toSorted(),
    )
    expect(operation?.requestBody === undefined, route.path).toBe(route.body === null)
    expect(operation?.security.length === 0, route.path).toBe(route.scope === 'public')
    for (const status of Object.keys(route.answers)) expect(operation?.responses).toHaveProperty(status)
  }
  const described = Object.values(paths).flatMap((methods) => Object.keys(methods))
  // And the webhook, which is no route of the table.
  expect(described).toHaveLength(API_ROUTES.length + 1)
})

test('whatever asks for queue work can be waited for, but a retry of what failed, which is spread over minutes', () => {
  const without = API_ROUTES.filter(({ enqueues, query }) => enqueues && !('wait' in query.shape))
  expect(without.map(({ path }) => path)).toEqual(['/api/failed/retry'])
})

test('whatever looks for an RO by its number may not find it', async () => {
  const { paths } = await served()
  for (const path of ['/api/failed', '/api/queue-jobs'])
    expect(Object.keys(paths[path]?.['get']?.responses ?? {})).toContain('404')
})

test('the webhook is described with the token that it takes in its address and what it answers', async () => {
  const webhook = (await served()).paths[WEBHOOK_PATH]?.['post']
  expect(webhook?.parameters).toMatchObject([
    { name: 'token', in: 'query', required: true },
    { name: 'shop_id', in: 'query', required: false },
  ])
  expect(Object.keys(webhook?.responses ?? {})).toEqual(['200', '404'])
})

test('every route that is described is mounted', async () => {
  const { paths } = await served()
  const { ask } = await start({ webhookToken: 'a-token' })
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { security }] of Object.entries(methods)) {
      const address = path.replaceAll(/\{\w+\}/g, '4711').replace(WEBHOOK_PATH, '$&?token=a-token')
      const { status } = await ask(address, { method: method.toUpperCase() as 'GET' | 'POST' })
      const good = path === WEBHOOK_PATH ? [200] : [204, 400]
      const expected = security.length > 0 ? [401] : good
      expect(expected, `${method} ${path}`).toContain(status)
    }
})

test('every reference leads somewhere, every operation has a name of its own, a summary and errors as problem+json', async () => {
  const document = await served()
  const text = JSON.stringify(document)
  const references = everyValue(document).filter(
    (v): v is { $ref: string } => v !== null && typeof v === 'object' && '$ref' in v,
  )
  expect(references.length).toBeGreaterThan(0)
  for (const { $ref } of references) {
    const found = $ref
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], document)
    expect(found, $ref).toBeDefined()
  }
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length)
  for (const { summary, description, responses, operationId } of operations) {
    expect(operationId).toMatch(/^[a-z][A-Za-z]+$/)
    expect(summary.length).toBeGreaterThan(5)
    expect(description).toMatch(/role|token/)
    const bad = Object.entries(responses).filter(([status]) => Number(status) >= 400)
    for (const [, { content = {} }] of bad) expect(Object.keys(content)).toEqual(['application/problem+json'])
  }
  expect(text).not.toContain('undefined')
})

test('the names of schemes and the version are those of this release', () => {
  const document = openApiDocument(API_ROUTES, { version: '9.9.9', publicUrl: 'https://warehouse.example' })
  expect(document.info.version).toBe('9.9.9')
  expect(document.servers).toEqual([{ url: 'https://warehouse.example' }])
  expect(Object.keys(document.components?.securitySchemes ?? {})).toEqual(['bearer', 'session'])
})
