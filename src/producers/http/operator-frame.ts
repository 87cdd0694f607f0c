// What the operator's pages share: the frame with its links, fields of forms, tables, ROs, moments, money. Forms work without scripts.
import { shopsWith, type Identity } from '../../core/auth/identity.ts'
import { hasRole } from '../../core/auth/roles.ts'
import { API_DOCS_PATH, BOARD_PATH, FAILED_PATH, roPath, SCHEDULES_PATH, SEARCH_PATH } from './addresses.ts'
import { html, type Markup } from './html.ts'
import { page } from './pages.ts'
import type { FieldProblem } from './problem.ts'

export interface ShopChoice {
  readonly tmId: number
  readonly name: string
}

/** What was typed, by field. */
export type Typed = Readonly<Record<string, string>>

/** What a field of a form is called, by its name in the API: on the page, and in what is said about it. */
const LABELS = {
  shop_id: 'Shop',
  ro_number: 'RO number',
  queue: 'Queue',
  class: 'Class',
  since: 'Failed within',
  limit: 'At most',
  rate: 'Start per minute',
} as const
type Field = keyof typeof LABELS

const labelOf = (name: string): string => (Object.hasOwn(LABELS, name) ? LABELS[name as Field] : name)

/** What the API says about a field, in the words of the page. */
export const inWordsOfThePage = ({ path, message }: FieldProblem): string =>
  `${labelOf(path)} ${message.replace(/\b[a-z]+_[a-z]+\b/g, labelOf)}`

interface Place {
  readonly path: string
  readonly name: string
  readonly isFor: (identity: Identity) => boolean
}

const PLACES: readonly Place[] = [
  { path: SEARCH_PATH, name: 'Find an RO', isFor: () => true },
  { path: FAILED_PATH, name: 'Failed work', isFor: (who) => shopsWith(who, 'manager')?.length !== 0 },
  { path: SCHEDULES_PATH, name: 'Schedules', isFor: ({ role }) => hasRole(role, 'manager') },
  { path: BOARD_PATH, name: 'Bull Board', isFor: ({ role }) => hasRole(role, 'employee') },
  { path: API_DOCS_PATH, name: 'API', isFor: () => true },
]

interface Frame {
  readonly title: string
  readonly at: string
  /** Who looks: the page leads to where they may go. */
  readonly reader: Identity
  readonly body: Markup
}

export const frame = ({ title, at, reader, body }: Frame): string =>
  page({
    title,
    nav: html`<nav aria-label="Operator">
      ${PLACES.filter(({ isFor }) => isFor(reader)).map(
        ({ path, name }) =>
          html`<a href="${path}" ${path === at ? html` aria-current="page"` : null}>${name}</a>`,
      )}<a class="end" href="/logout">Sign out</a>
    </nav>`.markup,
    body: body.markup,
  })

export const alert = (problem: string | null): Markup | null =>
  problem === null ? null : html`<p class="bad" role="alert">${problem}</p>`

export const option = (value: string, text: string, chosen: string | undefined): Markup =>
  html`<option value="${value}" ${value === (chosen ?? '') ? html` selected` : null}>${text}</option>`

export const select = (name: Field, options: readonly Markup[]): Markup =>
  html`<div>
    <label for="${name}">${LABELS[name]}</label
    ><select id="${name}" name="${name}">
      ${options}
    </select>
  </div>`

/** `required`: the browser asks for it; the cursor stands in it. */
export const numberField = (name: Field, typed: Typed, { required }: { required: boolean }): Markup =>
  html`<div>
    <label for="${name}">${LABELS[name]}</label
    ><input
      id="${name}"
      name="${name}"
      inputmode="numeric"
      maxlength="16"
      ${required ? html` required autofocus` : null}
      value="${typed[name]}"
    />
  </div>`

export const shopField = (shops: readonly ShopChoice[], typed: Typed, all: boolean): Markup =>
  select('shop_id', [
    ...(all ? [option('', 'all shops', typed['shop_id'])] : []),
    ...shops.map(({ tmId, name }) => option(String(tmId), `${tmId} ${name}`, typed['shop_id'])),
  ])

interface Table {
  /** What it lists, for who cannot see it. */
  readonly name: string
  readonly titles: readonly string[]
  readonly rows: readonly Markup[]
}

/** A wide one scrolls inside its own box, which the keyboard reaches; a cell of class `act` stays in sight. */
export const table = ({ name, titles, rows }: Table): Markup =>
  html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${titles.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`

/** `2026-03-04 12:30:05`, UTC as the pages say. */
export const moment = (instant: string | null): string =>
  instant === null ? '' : new Date(instant).toISOString().slice(0, 19).replace('T', ' ')

/** Cents as `$1,234.56`. */
export const money = (cents: number): string =>
  (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' })

/** An RO as people say it, with a link to its queue jobs; one whose number nobody knows by TM's id. */
export const repairOrder = (shopTmId: number | null, roNumber: number | null, ro: number): Markup =>
  shopTmId === null || roNumber === null
    ? html`Tekmetric id ${ro}`
    : html`<a href="${roPath(shopTmId, roNumber)}">RO ${roNumber}</a>`
