// The OpenAPI document, generated from the table of routes: parameters, answers, who may, and how errors look.
import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import { WEBHOOK_PATH } from '../routes/webhook.ts'
import type { ApiRoute, Scope } from './route.ts'

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable; docs/runbook.md.'),
    detail: z.string().describe('A sentence for people.'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Every field that does not fit.'),
    request_id: z.string().describe('Also in the X-Request-Id header and in the log.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' })

const IdempotencyKey = z
  .string()
  .max(200)
  .optional()
  .describe('The same key and parameters get the same answer and the same run, for a day.')

const WHERE: Readonly<Record<Scope, string>> = {
  public: '',
  shop: ' at the shop',
  shops: ' at a shop; the answer covers the shops where you have it',
  run: ' at the shop of the run',
  backfill: ' at the shop of the backfill',
  installation: ' for the whole installation',
}

const REFUSALS: readonly { status: number; about: string; of: (route: ApiRoute) => boolean }[] = [
  { status: 400, about: 'Something in the request does not fit; every field is named.', of: () => true },
  {
    status: 401,
    about: 'No valid token.',
    of: ({ path, scope }) => scope !== 'public' || path !== '/api/auth/logout',
  },
  { status: 403, about: 'The role or the shop is not yours; `code` says which.', of: () => true },
  {
    status: 404,
    about: 'There is no such thing.',
    of: ({ path, query }) => path.includes('{') || 'ro_number' in query.shape,
  },
  { status: 409, about: 'The same Idempotency-Key is being worked on.', of: ({ enqueues }) => enqueues },
  { status: 413, about: 'The body is too large.', of: () => true },
  { status: 415, about: 'The body is not JSON.', of: () => true },
  { status: 422, about: 'The Idempotency-Key was used for another request.', of: ({ enqueues }) => enqueues },
  { status: 429, about: 'Too many requests; see Retry-After.', of: () => true },
  { status: 503, about: 'A part of the service is away; see Retry-After.', of: () => true },
]

const answersOf = (route: ApiRoute): RouteConfig['responses'] => {
  const type = route.stream === null ? 'application/json' : 'text/event-stream'
  const good = Object.entries(route.answers).map(([status, { about, body }]) => [
    status,
    body instanceof z.ZodNull
      ? { description: about }
      : { description: about, content: { [type]: { schema: body } } },
  ])
  const bad = REFUSALS.filter(({ of }) => of(route)).map(({ status, about }) => [
    status,
    { description: about, content: { 'application/problem+json': { schema: Problem } } },
  ])
  return Object.fromEntries([...good, ...bad])
}

const descriptionOf = ({ about, role, scope, cookie }: ApiRoute): string =>
  [
    about,
    role === null ? 'Takes no token.' : `Takes the role ${role}${WHERE[scope]}.`,
    cookie ? null : 'For older callers; with a bearer token only, never with a cookie.',
  ]
    .filter((line) => line !== null)
    .join('\n\n')

const configOf = (route: ApiRoute): RouteConfig => ({
  method: route.method === 'GET' ? 'get' : 'post',
  path: route.path,
  tags: [route.tag],
  summary: route.summary,
  description: descriptionOf(route),
  ...(route.cookie ? {} : { deprecated: true }),
  operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^a-z]+(\w)/g, (_m, c: string) => c.toUpperCase()).replaceAll(/\W/g, '')}`,
  security: route.role === null ? [] : [{ bearer: [] }, ...(route.cookie ? [{ session: [] }] : [])],
  request: {
    params: route.params,
    query: route.query,
    ...(route.enqueues ? { headers: z.object({ 'Idempotency-Key': IdempotencyKey }) } : {}),
    ...(route.body === null
      ? {}
      : { body: { required: true, content: { 'application/json': { schema: route.body } } } }),
  },
  responses: answersOf(route),
})

/** Not a route of the table: Tekmetric calls it, with nothing but the token in the address. */
const WEBHOOK: RouteConfig = {
  method: 'post',
  path: WEBHOOK_PATH,
  tags: ['webhooks'],
  summary: 'Where Tekmetric sends its webhooks',
  description:
    'A hint to read a repair order again, never data: what the body says is neither stored nor logged. The same body again within two hours does nothing. Takes no bearer token; the one in the address is `WEBHOOK_TOKEN`.',
  operationId: 'postApiWebhooksTekmetric',
  security: [],
  request: {
    query: z.object({
      token: z.string().describe('`WEBHOOK_TOKEN` of this installation.'),
      shop_id: z.string().optional().describe("Tekmetric's shop number, for hints that name no shop."),
    }),
    body: { content: { 'application/json': { schema: z.unknown().describe('Whatever Tekmetric sends.') } } },
  },
  responses: {
    200: {
      description:
        'At once, whatever the body is and whatever becomes of it; one above 2 MB counts as unreadable.',
      content: { 'application/json': { schema: z.object({}) } },
    },
    404: {
      description: 'Without the right token there is nothing here.',
      content: { 'application/problem+json': { schema: Problem } },
    },
  },
}

export interface ApiDescription {
  readonly version: string
  /** Where the API is reached; null: where the document was read. */
  readonly publicUrl: string | null
}

/** The document as an object to be sent as JSON. */
export const openApiDocument = (routes: readonly ApiRoute[], { version, publicUrl }: ApiDescription) => {
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The access_token of /api/auth/login, or a machine key (`warehouse keys create`).',
  })
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'warehouse_session',
    description: "A browser's session. What changes something must come from our own pages.",
  })
  for (const route of routes) registry.registerPath(configOf(route))
  registry.registerPath(WEBHOOK)
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'tekmetric-warehouse',
      version,
      description:
        'Ask for syncs of the warehouse and read what it knows. Money in cents; days are shop-local; errors are RFC 9457.',
    },
    servers: [{ url: publicUrl ?? '/' }],
  })
}
