// Where `warehouse promote` copies to. The address holds a password, so it is taken from DATABASE_URL, from standard
// input or typed without an echo; --to takes it too, and is then wiped from the list of processes.
import { UsageError } from '../core/errors.ts'
import { databaseAddress } from '../core/warehouse/promotion/connection.ts'
import { readSecret } from './secret-input.ts'

const PROMPT = 'Address of the target, postgresql://… (it is not shown): '

/** @throws UsageError when nobody names a target, or what is named is none */
export const targetAddress = async (flag: string | undefined, fromSettings: string | null): Promise<string> =>
  databaseAddress(await given(flag, fromSettings))

const given = async (flag: string | undefined, fromSettings: string | null): Promise<string> => {
  if (flag !== undefined && flag !== '-') {
    // The command line is public while it runs. The shell's history keeps it in any case.
    process.title = 'warehouse promote'
    return flag
  }
  if (flag === undefined && fromSettings !== null) return fromSettings
  const typed = await readSecret(PROMPT)
  if (typed === '')
    throw new UsageError(
      'no target: set DATABASE_URL, or pipe the address in, for example: warehouse promote < address.txt',
    )
  return typed
}
