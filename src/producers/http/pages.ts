// The few pages we render ourselves: login, logout, errors, and the frame of the operator's (operator-frame.ts). No scripts, no
// external assets, one inline style known to the CSP by hash.
import { createHash } from 'node:crypto'
import { SEARCH_PATH } from './addresses.ts'
import { escape } from './html.ts'

/** A table that is wider than its box has a shadow where it goes on. */
const STYLE = `
:root{color-scheme:light dark;--ink:#1b2430;--mute:#5b6776;--paper:#f4f6f8;--card:#fff;--line:#d5dbe2;--go:#1f5fbf;--bad:#a4262c;--badbg:#fdecec}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf3;--mute:#9aa7b5;--paper:#11161c;--card:#1a2129;--line:#323d49;--go:#4a8cf0;--bad:#ff9a9f;--badbg:#3a1d20}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:23rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0 0 .25rem;font-size:1.35rem}
p{margin:.25rem 0 1rem;color:var(--mute)}
label{display:block;margin:1rem 0 .35rem;font-weight:600;font-size:.9rem}
input{width:100%;padding:.6rem .7rem;border:1px solid var(--line);border-radius:.45rem;background:transparent;color:inherit;font:inherit}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid var(--go);outline-offset:2px}
button{width:100%;margin-top:1.5rem;padding:.7rem;border:0;border-radius:.45rem;background:var(--go);color:#fff;font:inherit;font-weight:600;cursor:pointer}
.bad{margin:1rem 0 0;padding:.6rem .8rem;border-radius:.45rem;background:var(--badbg);color:var(--bad)}
a{color:var(--go)}
code{font-size:.8rem;overflow-wrap:anywhere}
body.wide{display:block;place-items:normal;padding:0}
.wide nav{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;align-items:center;padding:.8rem 1.5rem;background:var(--card);border-bottom:1px solid var(--line)}
.wide nav a{text-decoration:none}
.wide nav a[aria-current]{color:inherit;font-weight:600}
.wide nav .end{margin-left:auto}
.wide main{max-width:76rem;margin:1.5rem auto;padding:1.5rem}
.wide h2{margin:1.75rem 0 .5rem;font-size:1.05rem}
.fields{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end}
.fields label{margin:0 0 .25rem}
.fields input,.fields select,.wide .inline button{width:auto}
select{padding:.6rem .7rem;border:1px solid var(--line);border-radius:.45rem;background:var(--card);color:inherit;font:inherit}
.fields button{width:auto;margin:0;padding:0 1.2rem}
.fields input,.fields select,.fields button{height:2.8rem}
.inline{margin:0}
.inline button{margin:0;padding:.3rem .8rem;font-size:.85rem}
.scroll{overflow-x:auto;background:linear-gradient(to right,var(--card) 50%,transparent) 0 0/3rem 100% no-repeat local,linear-gradient(to left,var(--card) 50%,transparent) 100% 0/3rem 100% no-repeat local,linear-gradient(to right,var(--line),transparent) 0 0/1rem 100% no-repeat scroll,linear-gradient(to left,var(--line),transparent) 100% 0/1rem 100% no-repeat scroll}
.scroll:focus-visible{outline:3px solid var(--go);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th,td{padding:.45rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--mute);font-weight:600;white-space:nowrap}
.tight{white-space:nowrap}
.long{min-width:16rem;overflow-wrap:anywhere}
.act{position:sticky;right:0;background:var(--card)}
.good{margin:1rem 0;padding:.6rem .8rem;border-radius:.45rem;border:1px solid var(--line)}
@media (max-width:40rem){.wide nav{padding:.8rem 1rem}.wide main{margin:0;padding:1rem;border-width:0 0 1px;border-radius:0}}
`

/** The CSP source that allows our inline style and no other. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`

interface Page {
  readonly title: string
  readonly head?: string
  /** Between body and main, over the whole width; with it the page is a wide one. */
  readonly nav?: string
  readonly body: string
}

export const page = ({ title, head = '', nav, body }: Page): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">${head}<title>${escape(title)} · tekmetric-warehouse</title><style>${STYLE}</style></head>
<body${nav === undefined ? '' : ' class="wide"'}>${nav ?? ''}<main>${body}</main></body></html>
`

export interface LoginPageOptions {
  /** Path to open after a successful login. */
  readonly next: string
  /** What was typed before, so that only the password has to be typed again. */
  readonly email?: string
  readonly problem?: string
}

/** The login form; it works without JavaScript. */
export const loginPage = ({ next, email = '', problem }: LoginPageOptions): string =>
  page({
    title: 'Sign in',
    body: `<h1>Sign in</h1><p>tekmetric-warehouse</p>
${problem === undefined ? '' : `<p class="bad" role="alert">${escape(problem)}</p>`}
<form method="post" action="/login"><input type="hidden" name="next" value="${escape(next)}">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" required${email === '' ? ' autofocus' : ''} maxlength="320" value="${escape(email)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${email === '' ? '' : ' autofocus'} maxlength="1024">
<button type="submit">Sign in</button></form>`,
  })

/** Asks before ending the session: a link alone must not sign anybody out. */
export const logoutPage = ({ email }: { readonly email: string | null }): string =>
  page({
    title: 'Sign out',
    body: `<h1>Sign out</h1><p>${email === null ? 'You are signed in.' : `You are signed in as ${escape(email)}.`}</p>
<form method="post" action="/logout"><button type="submit">Sign out</button></form>
<p><a href="${SEARCH_PATH}">Back</a></p>`,
  })

/** What a browser sees instead of problem+json. */
export const errorPage = (problem: { title: string; detail: string; requestId: string }): string =>
  page({
    title: problem.title,
    body: `<h1>${escape(problem.title)}</h1><p>${escape(problem.detail)}</p>
<p><code>request ${escape(problem.requestId)}</code></p><p><a href="/login">Sign in</a></p>`,
  })

/**
 * Loads the same address again from here. A link on another site does not carry our SameSite=Strict cookie;
 * a load that starts on our own page does, so a person with a session is not asked to sign in again.
 */
export const reloadPage = (path: string): string =>
  page({
    title: 'One moment',
    head: `<meta http-equiv="refresh" content="0;url=${escape(path)}">`,
    body: `<h1>One moment</h1><p><a href="${escape(path)}">Continue</a></p>`,
  })
