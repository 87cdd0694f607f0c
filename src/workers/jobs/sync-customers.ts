// Brings a shop's customers up to date from TM's whole list. Repeating it is harmless. Retries cover about four minutes.
import { defineQueueJob } from '../../core/queue-job.ts'
import { failPartyList, PartyListPayload, syncPartyList } from '../party-list-run.ts'

export const syncCustomers = defineQueueJob({
  name: 'sync-customers',
  queue: 'discovery',
  about: 'Reads the list of customers of one shop and writes what changed.',
  payload: PartyListPayload,
  retry: { attempts: 6, backoffMs: 10_000 },
  timeoutMs: 30 * 60_000,
  callsTekmetric: true,
  part: ({ trigger }) => (trigger === 'schedule' ? 'lists' : null),
  dedup: { mode: 'skip', id: ({ shop, run }) => `${shop}.${run ?? 'schedule'}` },
  fansOutTo: [],
  run: (payload, ctx) => syncPartyList('customers', payload, ctx),
  onFailed: (payload, ctx, error) => failPartyList('customers', payload, ctx, error),
})
