// Schedules that an operator has paused.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Instant } from './shapes.ts'

const Pauses = z.array(z.object({ schedule: z.string(), paused_at: Instant, paused_by: z.string() }))
const Changed = z.object({ changed: z.boolean() })

export interface SchedulePause {
  readonly schedule: string
  readonly pausedAt: string
  /** `user:<id>`, `key:<id>` or `cli`. */
  readonly pausedBy: string
}

export const scheduleCalls = (api: WarehouseApi) => ({
  /** The paused ones, by id. */
  pauses: async (): Promise<SchedulePause[]> => {
    const rows = await callRpc(api, 'list_schedule_pauses', {}, Pauses)
    return rows.map(({ schedule, paused_at, paused_by }) => ({
      schedule,
      pausedAt: paused_at,
      pausedBy: paused_by,
    }))
  },

  /** `changed` false: it was paused already, and stays as it was. */
  pause: ({ schedule, by }: { schedule: string; by: string }) =>
    callRpc(api, 'pause_schedule', { p_schedule: schedule, p_by: by }, Changed),

  resume: ({ schedule }: { schedule: string }) =>
    callRpc(api, 'resume_schedule', { p_schedule: schedule }, Changed),
})
