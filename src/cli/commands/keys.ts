// `warehouse keys create|list|revoke`: machine keys for programs that call the API. A key is printed once, on standard output
// alone, so that it can be piped into a secret store; it is never stored and never shown again.
import { Option, type Command } from 'commander'
import { makeMachineKey } from '../../core/auth/machine-key.ts'
import { ROLES, type Role } from '../../core/auth/roles.ts'
import { DatabaseRejected, UsageError } from '../../core/errors.ts'
import { wholeNumber } from '../arguments.ts'
import { fromNow, print, printJson, printTable } from '../output.ts'
import { knownShop, withSession, type Session } from '../session.ts'

interface CreateFlags {
  readonly name: string
  readonly role: Role
  readonly shop?: readonly number[]
  readonly allShops?: boolean
}

const collect = (value: string, before: readonly number[] = []): number[] => [
  ...before,
  wholeNumber('--shop')(value),
]

export const addKeys = (program: Command): void => {
  const keys = program.command('keys').description('machine keys for programs that call the API')
  keys
    .command('create')
    .description('make a key; it is shown once')
    .requiredOption('--name <text>', 'what it is for')
    .addOption(
      new Option('--role <role>', 'what it may do at its shops').choices([...ROLES]).makeOptionMandatory(),
    )
    .option('--shop <number>', "TM's shop number; may be given more than once", collect)
    .option('--all-shops', 'every shop, also those added later')
    .action((flags: CreateFlags, command: Command) =>
      withSession(command, { enrols: false }, (session) => createKey(session, flags)),
    )
  keys
    .command('list')
    .description('all keys, without their values')
    .action((_options, command: Command) => withSession(command, { enrols: false }, listKeys))
  keys
    .command('revoke')
    .description('end a key; within 15 seconds no API process takes it any more')
    .argument('<id>', 'as keys list shows it')
    .action((id: string, _options, command: Command) =>
      withSession(command, { enrols: false }, (session) => revokeKey(session, id)),
    )
}

const createKey = async (
  session: Session,
  { name, role, shop, allShops = false }: CreateFlags,
): Promise<void> => {
  if (allShops === (shop !== undefined))
    throw new UsageError('say which shops the key opens: --shop, once for each, or --all-shops')
  const shops = shop === undefined ? null : await Promise.all(shop.map((tmId) => knownShop(session, tmId)))
  const { key, keyHash, hint } = makeMachineKey()
  const { keyId } = await session.program.services.warehouse.access.createKey({
    name,
    keyHash,
    hint,
    role,
    shops: shops?.map(({ id }) => id) ?? null,
  })
  if (session.json) return printJson({ keyId, key, role, shops: shop ?? null })
  process.stderr.write(`The ${role} key "${name}" (${keyId}). Keep it now: it is not shown again.\n`)
  print(key)
}

const listKeys = async ({ program, json }: Session): Promise<void> => {
  const rows = await program.services.warehouse.access.listKeys()
  if (json) return printJson(rows)
  printTable(
    [
      { title: 'id', of: (row) => row.keyId },
      { title: 'name', of: (row) => row.name },
      { title: 'begins', of: (row) => row.hint },
      { title: 'role', of: (row) => row.role },
      { title: 'shops', of: (row) => row.shops?.join(', ') ?? 'all' },
      { title: 'last used', of: (row) => (row.lastUsedAt === null ? 'never' : fromNow(row.lastUsedAt)) },
      { title: 'revoked', of: (row) => (row.revokedAt === null ? 'no' : fromNow(row.revokedAt)) },
    ],
    rows,
  )
}

const revokeKey = async ({ program, json }: Session, keyId: string): Promise<void> => {
  const { name } = await program.services.warehouse.access.revokeKey({ keyId }).catch((error: unknown) => {
    if (error instanceof DatabaseRejected && error.failureClass === 'data')
      throw new UsageError(`there is no machine key ${keyId}; see: warehouse keys list`)
    throw error
  })
  if (json) printJson({ keyId, name, revoked: true })
  else print(`The key "${name}" is revoked.`)
}
