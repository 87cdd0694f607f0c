// The last net before answers of Bull Board and of the API leave: payloads hold ids only by rule, but a failed reason is
// whatever was thrown, and a hand-made queue job may hold anything. Values under secret names and credentials inside texts are
// replaced.

const CENSORED = '[secret]'
const SECRET_NAME =
  /(?:^|[_-])(?:token|password|secret|authorization|cookie|api_?key|nonce)$|[a-z](?:Token|Password|Secret|Key)$/i
/** Names that end like a secret and are none: BullMQ's own. */
const HARMLESS_NAME: ReadonlySet<string> = new Set([
  'repeatJobKey',
  'parentKey',
  'repeatKey',
  'errorKey',
  'jobKey',
])

const CREDENTIALS: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  // JSON Web Tokens: three base64url parts, the first of which is an encoded `{"`.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, CENSORED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${CENSORED}`],
  [/\bsb_(?:secret|publishable)_[\w-]+/g, CENSORED],
  // User and password of a connection URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, `$1${CENSORED}@`],
  [
    /\b(x-auth-token|access_token|refresh_token|token|password|apikey|nonce)(["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    `$1$2${CENSORED}`,
  ],
]

/** Replaces credentials inside a text; a text without any comes back as it is. */
export const censorText = (text: string): string =>
  CREDENTIALS.reduce((censored, [pattern, replacement]) => censored.replace(pattern, replacement), text)

/** Copies a JSON-like value with secrets replaced, at any depth. */
export const censor = (value: unknown): unknown => {
  if (typeof value === 'string') return censorText(value)
  if (Array.isArray(value)) return value.map(censor)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name) && inner !== null && inner !== undefined ? CENSORED : censor(inner),
    ]),
  )
}

/** A row of ours with its texts censored; none of its names is that of a secret. */
export const censoredRow = <T>(row: T): T => censor(row) as T

const isSecret = (name: string): boolean => SECRET_NAME.test(name) && !HARMLESS_NAME.has(name)

/** Lines of a stack that say where the queue library or Node was, not where we were. */
const FOREIGN_FRAME = /^\s+at .*(?:node_modules|node:internal)[/\\]/

/** A stack without foreign frames: the reason first, then our own lines. A stack of foreign frames only stays whole. */
const readableStack = (stack: string): string => {
  const lines = stack.split('\n')
  const kept = lines.filter((line) => !FOREIGN_FRAME.test(line))
  return kept.some((line) => /^\s+at /.test(line)) ? kept.join('\n') : stack
}

/** What an operator is shown of an answer of the board: censored, and with stacks that can be read. */
export const presentable = (body: unknown): unknown => shorten(censor(body))

const shorten = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shorten)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'stacktrace' && Array.isArray(inner)
        ? inner.map((stack: unknown) => (typeof stack === 'string' ? readableStack(stack) : stack))
        : shorten(inner),
    ]),
  )
}
