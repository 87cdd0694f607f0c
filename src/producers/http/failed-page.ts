// The page of failed work: a filter, what it finds, and a button that asks for all of that again. What is shown is the preview.
// Below it the ROs in quarantine, with the money they withhold.
import type { Identity } from '../../core/auth/identity.ts'
import { FAILURE_CLASSES } from '../../core/errors.ts'
import { QUEUE_NAMES } from '../../core/queues.ts'
import { BOARD_PATH, FAILED_PATH } from './addresses.ts'
import { html, type Markup } from './html.ts'
import {
  alert,
  frame,
  moment,
  numberField,
  money,
  option,
  repairOrder,
  select,
  shopField,
  table,
  type ShopChoice,
  type Typed,
} from './operator-frame.ts'

export interface FailedRow {
  readonly queue: string
  readonly name: string
  readonly id: string
  readonly shop_tm_id: number | null
  readonly ro: number | null
  readonly ro_number: number | null
  readonly date: string | null
  readonly class: string
  readonly reason: string
  readonly failed_at: string
  readonly times: number
}

/** As the warehouse tells it; `repair_orders` are the newest 500. */
export interface Quarantine {
  readonly count: number
  readonly withheld_cents: number
  readonly unknown_amount: number
  readonly repair_orders: readonly {
    readonly shop_tm_id: number
    readonly ro: number
    readonly ro_number: number | null
    readonly since: string
    readonly reason: string
    readonly raw_payload_id: string | null
    readonly withheld_cents: number | null
  }[]
}

export interface FailedPage {
  readonly reader: Identity
  readonly shops: readonly ShopChoice[]
  readonly allShops: boolean
  readonly typed: Typed
  /** null: it could not be asked for. */
  readonly found: { readonly failed: readonly FailedRow[]; readonly quarantine: Quarantine } | null
  /** What a retry did. */
  readonly done: string | null
  readonly problem: string | null
}

const MOST_SHOWN = 100

export const failedPage = (given: FailedPage): string => {
  const { reader, shops, allShops, typed, found, done, problem } = given
  const any = (values: readonly string[], name: string) => [
    option('', 'any', typed[name]),
    ...values.map((value) => option(value, value, typed[name])),
  ]
  return frame({
    title: 'Failed work',
    reader,
    at: FAILED_PATH,
    body: html`<h1>Failed work</h1>
      <p>Failed queue jobs of all queues; the same work failing often is one line. Times are UTC.</p>
      <form method="get" action="${FAILED_PATH}" class="fields">
        ${shopField(shops, typed, allShops)}
        ${select('queue', any(QUEUE_NAMES, 'queue'))}${select('class', any(FAILURE_CLASSES, 'class'))}
        ${select('since', [
          option('', '14 days', typed['since']),
          option('1', 'the last hour', typed['since']),
          option('24', 'the last day', typed['since']),
          option('72', 'the last 3 days', typed['since']),
        ])}
        ${numberField('ro_number', typed, { required: false })}
        ${select(
          'limit',
          ['100', '1000', '5000'].map((count) => option(count, count, typed['limit'] ?? '100')),
        )}
        <button type="submit">Show</button>
      </form>
      ${alert(problem)}${done === null ? null : html`<p class="good" role="status">${done}</p>`}
      ${found === null ? null : [failedList(found.failed, typed), quarantined(found.quarantine)]}`,
  })
}

const counted = (rows: readonly FailedRow[], of: (row: FailedRow) => string): string => {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}

const failedList = (failed: readonly FailedRow[], typed: Typed): Markup =>
  failed.length === 0
    ? html`<p>Nothing that failed matches.</p>`
    : html`<h2>Retry</h2>
        <p>
          ${failed.length === 1 ? 'This one' : `These ${failed.length}`} would be asked for again:
          ${counted(failed, (row) => row.class)}; in ${counted(failed, (row) => row.queue)}.
          ${failed.some((row) => row.class === 'data') ? 'Those of class data are refused again unless Tekmetric or this release has changed since.' : null}
        </p>
        <form method="post" action="${FAILED_PATH}" class="fields">
          ${['shop_id', 'queue', 'class', 'since', 'ro_number', 'limit'].map((name) => html`<input type="hidden" name="${name}" value="${typed[name]}" />`)}
          ${select(
            'rate',
            ['60', '300', '1000', '6000'].map((count) => option(count, count, typed['rate'] ?? '60')),
          )}
          <button type="submit">Retry ${failed.length}</button>
        </form>
        <h2>What failed</h2>
        ${table({
          name: 'What failed',
          titles: ['Failed', 'Class', 'Queue job', 'Shop', 'RO or day', 'Times', 'Why'],
          rows: failed.slice(0, MOST_SHOWN).map(
            (row) => html`<tr>
              <td class="tight">${moment(row.failed_at)}</td>
              <td>${row.class}</td>
              <td class="tight">
                <a href="${BOARD_PATH}/queue/${encodeURIComponent(row.queue)}/${encodeURIComponent(row.id)}"
                  >${row.name}</a
                >
              </td>
              <td>${row.shop_tm_id}</td>
              <td class="tight">
                ${row.ro === null ? row.date : repairOrder(row.shop_tm_id, row.ro_number, row.ro)}
              </td>
              <td>${row.times}</td>
              <td class="long">${row.reason}</td>
            </tr>`,
          ),
        })}
        ${failed.length > MOST_SHOWN ? html`<p>And ${failed.length - MOST_SHOWN} more.</p>` : null}`

const quarantined = ({
  count,
  withheld_cents,
  unknown_amount,
  repair_orders: held,
}: Quarantine): Markup | null =>
  count === 0
    ? null
    : html`<h2>In quarantine</h2>
        <p>
          ROs of the shop above, whatever the other fields say, whose newest answer of Tekmetric cannot be
          stored; the next one that can ends it. ${count} ${count === 1 ? 'RO withholds' : 'ROs withhold'}
          ${money(withheld_cents)}, authorized, with fees and
          tax${unknown_amount === 0 ? '' : `; the amount of ${unknown_amount} cannot be read`}.
        </p>
        ${table({
          name: 'In quarantine',
          titles: ['Since', 'Shop', 'RO', 'Withheld', 'Payload', 'Why'],
          rows: held.slice(0, MOST_SHOWN).map(
            (row) => html`<tr>
              <td class="tight">${moment(row.since)}</td>
              <td>${row.shop_tm_id}</td>
              <td class="tight">${repairOrder(row.shop_tm_id, row.ro_number, row.ro)}</td>
              <td>${row.withheld_cents === null ? 'unknown' : money(row.withheld_cents)}</td>
              <td class="tight">${row.raw_payload_id ?? 'none'}</td>
              <td class="long">${row.reason}</td>
            </tr>`,
          ),
        })}
        ${count > MOST_SHOWN ? html`<p>And ${count - MOST_SHOWN} more.</p>` : null}`
