// The desk of schedules as program.ts makes it, over a pipeline; and one for tests without a store.
import { readConfig } from '../../src/core/config.ts'
import { schedulesOf } from '../../src/producers/scheduler.ts'
import { createScheduleDesk, type ScheduleDesk } from '../../src/producers/schedules.ts'
import type { PipelineParts } from './pipeline-parts.ts'

/** The table of schedules of the shops of a pipeline, as the settings make it. */
export const scheduleTable =
  ({ services }: Pick<PipelineParts, 'services'>, settings: Readonly<Record<string, string>> = {}) =>
  async () =>
    schedulesOf(await services.shops.list(), readConfig(settings).sync)

export const scheduleDeskOf = (
  parts: Pick<PipelineParts, 'services' | 'store' | 'queueJobs'>,
): ScheduleDesk =>
  createScheduleDesk({ ...parts, warehouse: parts.services.warehouse, schedules: scheduleTable(parts) })

export const noSchedules: ScheduleDesk = {
  list: async () => [],
  pause: async () => ({ changed: false }),
  resume: async () => ({ changed: false }),
}
