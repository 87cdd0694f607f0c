// The page that finds an RO: its queue jobs, as the API answers them.
import type { Identity } from '../../core/auth/identity.ts'
import { SEARCH_PATH } from './addresses.ts'
import { html, type Markup } from './html.ts'
import {
  alert,
  frame,
  moment,
  numberField,
  shopField,
  table,
  type ShopChoice,
  type Typed,
} from './operator-frame.ts'

export interface FoundRow {
  readonly queue: string
  readonly name: string
  readonly id: string
  readonly state: string
  readonly reason: string | null
  readonly lane: string | null
  readonly attempts: number
  readonly added_at: string
  readonly finished_at: string | null
  readonly failure: { readonly class: string; readonly reason: string } | null
  readonly link: string
}

export interface SearchResult {
  readonly ro: number
  readonly queue_jobs: readonly FoundRow[]
  readonly incomplete: readonly { readonly queue: string; readonly state: string }[]
}

export interface SearchPage {
  readonly reader: Identity
  readonly shops: readonly ShopChoice[]
  readonly typed: Typed
  /** null: nothing was asked. */
  readonly result: SearchResult | null
  readonly problem: string | null
}

export const searchPage = ({ reader, shops, typed, result, problem }: SearchPage): string =>
  frame({
    title: 'Find an RO',
    reader,
    at: SEARCH_PATH,
    body: html`<h1>Find an RO</h1>
      <p>Its queue jobs in every queue and state. Times are UTC.</p>
      <form method="get" action="${SEARCH_PATH}" class="fields">
        ${shopField(shops, typed, false)} ${numberField('ro_number', typed, { required: true })}
        <button type="submit">Find</button>
      </form>
      ${alert(problem)}${result === null ? null : searchResult(result, typed)}`,
  })

const searchResult = ({ ro, queue_jobs: found, incomplete }: SearchResult, typed: Typed): Markup => html` <h2>
    RO ${typed['ro_number']} (Tekmetric id ${ro})
  </h2>
  ${
    found.length === 0
      ? html`<p>
          No queue job of it is kept. The last 200 that succeeded in each queue are, and those that failed for
          14 days.
        </p>`
      : table({
          name: 'Queue jobs',
          titles: ['State', 'Queue job', 'Asked by', 'Tries', 'Added', 'Ended', 'Why it failed'],
          rows: found.map(
            (job) => html`<tr>
              <td class="tight">${job.state}</td>
              <td class="tight"><a href="${job.link}">${job.name}</a></td>
              <td>${[job.reason, job.lane].filter((word) => word !== null).join(', ')}</td>
              <td>${job.attempts}</td>
              <td class="tight">${moment(job.added_at)}</td>
              <td class="tight">${moment(job.finished_at)}</td>
              <td class="long">
                ${job.failure === null ? null : html`${job.failure.class}: ${job.failure.reason}`}
              </td>
            </tr>`,
          ),
        })
  }
  ${
    incomplete.length === 0
      ? null
      : html`<p>
          Only the newest 5,000 were looked at of:
          ${incomplete.map(({ queue, state }) => `${queue} ${state}`).join(', ')}.
        </p>`
  }`
