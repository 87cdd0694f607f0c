// What a person's browser gets: the login form, redirects, cookies, policies.
import { expect, test } from 'vitest'
import type { Auth } from '../../src/core/auth/auth.ts'
import { door, PASSWORD, session, start } from './http-made-up-door.ts'

test('the login form leads to the wanted page of this server and to no other', async () => {
  const { submit } = await start()
  const fields = { email: 'm@shop.test', password: PASSWORD }
  const target = async (next: string) => (await submit('/login', { ...fields, next })).header('location')
  expect(await target('/admin/queues/queue/metrics')).toBe('/admin/queues/queue/metrics')
  expect(await target('https://evil.example/')).toBe('/admin')
  expect(await target('//evil.example/')).toBe('/admin')
})

test('what was typed comes back escaped, without the password', async () => {
  const { submit } = await start()
  const answer = await submit('/login', {
    email: '"><script>x</script>',
    password: 'wrong',
    next: '"/><b>',
  })
  expect(answer.status).toBe(401)
  expect(answer.text).toContain('value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"')
  expect(answer.text).not.toMatch(/<script|<b>|wrong"/)
})

test('an account without a role is told so and gets no session', async () => {
  const signIn: Auth['signIn'] = async () => ({ ...session, user: { ...session.user, role: null } })
  const ended: string[] = []
  const signOut: Auth['signOut'] = async (token) => void ended.push(token)
  const identify: Auth['identify'] = async (token) => ({ ...(await door.identify(token)), role: null })
  const { submit } = await start({ auth: { ...door, signIn, signOut, identify } })
  const answer = await submit('/login', { email: 'm@shop.test', password: PASSWORD })
  expect(answer.status).toBe(403)
  expect(answer.text).toContain('This account has no role here')
  expect(answer.header('set-cookie')).toBe('')
  expect(ended).toEqual([session.accessToken])
})

test('our pages run no script, load nothing and cannot be framed; the board runs its own files only', async () => {
  const { ask } = await start()
  const policy = (await ask('/login')).header('content-security-policy')
  expect(policy).toMatch(
    /^default-src 'none';style-src 'sha256-[^']+';form-action 'self';base-uri 'none';frame-ancestors 'none'$/,
  )
  const headers = { authorization: `Bearer ${session.accessToken}`, accept: 'text/html' }
  const board = await ask('/admin/queues/', { headers })
  expect(board.status).toBe(200)
  expect(board.header('content-security-policy').split(';')).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
  expect(board.header('x-powered-by')).toBe('')
})

test('a session cookie opens the board; signing out takes it away again', async () => {
  const { ask, submit } = await start()
  const cookie = `other=1; warehouse_session=${session.accessToken}`
  expect((await ask('/admin/queues/api/queues', { headers: { cookie } })).status).toBe(200)
  expect((await ask('/login', { headers: { cookie } })).header('location')).toBe('/admin')
  const out = await submit('/logout', {}, { cookie })
  expect(out.header('location')).toBe('/login')
  expect(out.header('set-cookie')).toMatch(/^warehouse_session=; Path=\/; Expires=Thu, 01 Jan 1970/m)
})
