// The alert rules and the dashboard as files: their expressions, for the tests that try them.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const RuleFile = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string() }),
        }),
      ),
    }),
  ),
})

const root = new URL('../../', import.meta.url)

export const alertRules = () =>
  RuleFile.parse(parse(readFileSync(new URL('deploy/prometheus/alerts.yml', root), 'utf8'))).groups.flatMap(
    ({ rules }) => rules,
  )

const Dashboard = z.looseObject({
  uid: z.string(),
  panels: z.array(
    z.looseObject({
      title: z.string(),
      targets: z.array(z.looseObject({ expr: z.string() })).default([]),
    }),
  ),
})

/** Expressions by panel; Grafana's interval is any window. */
export const dashboardExpressions = (): { readonly panel: string; readonly expr: string }[] => {
  const file = new URL('deploy/grafana/tekmetric-warehouse.json', root)
  const { panels } = Dashboard.parse(JSON.parse(readFileSync(file, 'utf8')))
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ panel: title, expr: expr.replaceAll('$__rate_interval', '5m') })),
  )
}
