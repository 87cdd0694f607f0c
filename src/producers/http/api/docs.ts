// `/api/openapi.json` and `/api/docs`: Swagger UI from its npm package, under a policy that allows no script but its files.
// Open to everybody: it describes the API and opens nothing.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Router } from 'express'
import { API_DOCS_PATH } from '../addresses.ts'
import { notFound } from '../problem.ts'
import { docsPolicy } from '../security-headers.ts'

/** What the page needs of the package; nothing else of it is served. */
const ASSETS: ReadonlySet<string> = new Set([
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
])

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>API · tekmetric-warehouse</title><link rel="stylesheet" href="${API_DOCS_PATH}/swagger-ui.css">
<link rel="icon" type="image/png" href="${API_DOCS_PATH}/favicon-32x32.png" sizes="32x32"></head>
<body><div id="swagger-ui"></div>
<script src="${API_DOCS_PATH}/swagger-ui-bundle.js"></script><script src="${API_DOCS_PATH}/start.js"></script></body></html>
`

const START = `window.ui = SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
})
`

/** @param document what `/api/openapi.json` answers */
export const docsRouter = (document: object): Router => {
  const text = JSON.stringify(document)
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const router = Router()
  router.get('/api/openapi.json', (_req, res) => {
    res.type('json').send(text)
  })
  router.use(API_DOCS_PATH, docsPolicy)
  router.get(API_DOCS_PATH, (_req, res) => {
    res.type('html').send(PAGE)
  })
  router.get(`${API_DOCS_PATH}/start.js`, (_req, res) => {
    res.type('js').send(START)
  })
  router.get(`${API_DOCS_PATH}/:file`, (req, res, next) => {
    if (!ASSETS.has(req.params.file)) next(notFound())
    else
      res
        .set('Cache-Control', 'private, max-age=3600')
        .sendFile(join(folder, req.params.file), { cacheControl: false })
  })
  return router
}
