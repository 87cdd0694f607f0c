// The page of schedules: what starts by itself, as the API answers it, each with a button.
import type { Identity } from '../../core/auth/identity.ts'
import { SCHEDULES_PATH } from './addresses.ts'
import { html } from './html.ts'
import { frame, moment, table } from './operator-frame.ts'

export interface ScheduleRow {
  readonly id: string
  readonly queue_job: string | null
  readonly shop_tm_id: number | null
  readonly when: string | null
  readonly next_at: string | null
  readonly paused_at: string | null
}

interface SchedulesPage {
  readonly reader: Identity
  readonly schedules: readonly ScheduleRow[]
}

export const schedulesPage = ({ reader, schedules }: SchedulesPage): string =>
  frame({
    title: 'Schedules',
    reader,
    at: SCHEDULES_PATH,
    body: html`<h1>Schedules</h1>
      <p>
        What starts by itself. A paused schedule starts nothing until it is resumed, whatever restarts
        meanwhile. Times are UTC.
      </p>
      ${table({
        name: 'Schedules',
        titles: ['Schedule', 'Shop', 'When', 'Next', ''],
        rows: schedules.map(
          (row) => html`<tr>
            <td class="tight">${row.id}</td>
            <td>${row.shop_tm_id ?? 'all'}</td>
            <td class="tight">${row.when ?? 'no longer there'}</td>
            <td class="tight">
              ${row.paused_at === null ? moment(row.next_at) : html`<b>paused</b> since ${moment(row.paused_at)}`}
            </td>
            <td class="act">
              <form
                method="post"
                class="inline"
                action="${SCHEDULES_PATH}/${row.id}/${row.paused_at === null ? 'pause' : 'resume'}"
              >
                <button type="submit" aria-label="${row.paused_at === null ? 'Pause' : 'Resume'} ${row.id}">
                  ${row.paused_at === null ? 'Pause' : 'Resume'}
                </button>
              </form>
            </td>
          </tr>`,
        ),
      })}`,
  })
