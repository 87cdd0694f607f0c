// The daily table: what an owner looks at first. Every amount says its basis.
import type { DailyMetrics } from '../core/warehouse/metrics.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import { dollars, print, printTable } from './output.ts'

const percent = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)} %`)

export const printDaily = (
  shop: Pick<Shop, 'tmId' | 'name' | 'timezone'>,
  rows: readonly DailyMetrics[],
): void => {
  print()
  print(`Shop ${shop.tmId} ${shop.name ?? ''} (${shop.timezone}), all amounts [AUTHORIZED]`)
  printTable(
    [
      { title: 'date', of: (d) => d.metric_date },
      { title: 'ROs', of: (d) => String(d.ro_count), right: true },
      { title: 'sales', of: (d) => dollars(d.authorized_revenue), right: true },
      { title: 'profit', of: (d) => dollars(d.authorized_profit), right: true },
      { title: 'GP %', of: (d) => percent(d.authorized_gp_percent), right: true },
      { title: 'hours', of: (d) => d.labor_hours.toFixed(2), right: true },
    ],
    rows,
  )
}
