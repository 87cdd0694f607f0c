// What a person reads after `warehouse promote`: the comparison, who can see what, and what is left to do.
import type { PromotionReport } from '../core/warehouse/promotion/promote.ts'
import type { Compared } from '../core/warehouse/promotion/verify.ts'
import type { UserReport } from '../core/warehouse/promotion/users.ts'
import { print, printTable } from './output.ts'

/** Enough of a checksum to see that two are the same; --json has all of it. */
const SHOWN = 12

const count = (value: number): string => value.toLocaleString('en-US')
const listed = (shops: readonly { readonly tmId: number; readonly name: string }[]): string =>
  shops.map(({ tmId, name }) => `${tmId} (${name})`).join(', ')

export const printPromotion = (report: PromotionReport): void => {
  printHead(report)
  printTable<Compared>(
    [
      { title: 'table', of: ({ table }) => table },
      { title: 'source', of: ({ source }) => count(source.rows), right: true },
      { title: 'target', of: ({ target }) => count(target.rows), right: true },
      { title: 'source checksum', of: ({ source }) => source.checksum.slice(0, SHOWN) },
      { title: 'target checksum', of: ({ target }) => target.checksum.slice(0, SHOWN) },
      { title: '', of: ({ equal }) => (equal ? 'equal' : 'DIFFERENT') },
    ],
    report.tables,
  )
  print()
  printUsers(report.users)
  printEnd(report)
}

const printHead = ({ target, shops, alreadyThere, leftBehind, copied, resumed }: PromotionReport): void => {
  if (shops.length > 0)
    print(`${resumed ? 'Finished an interrupted promotion' : 'Promoted'} into ${target}: ${listed(shops)}`)
  if (alreadyThere.length > 0) print(`Promoted before into ${target}: ${listed(alreadyThere)}`)
  if (leftBehind.length > 0) print(`Left behind, because made up by the simulator: ${listed(leftBehind)}`)
  print(`Copied now: ${count(copied)} rows`)
  print()
}

const rolesOf = ({ role, shops }: UserReport): string =>
  [
    ...(role === null ? [] : [`${role} everywhere`]),
    ...new Set(shops.map((shop) => `${shop.role} of a shop`)),
  ].join(', ')

const stateOf = ({ outcome, role, roleInTarget, obstacle }: UserReport): string => {
  if (outcome === 'awaited') return `TO BE INVITED: ${obstacle ?? ''}`
  if (outcome === 'created') return 'created without a password: sets one with "forgot password"'
  return role === roleInTarget
    ? 'has an account'
    : `has an account, which keeps its own role there: ${roleInTarget ?? 'none'}`
}

const printUsers = (users: readonly UserReport[]): void => {
  if (users.length === 0) return
  printTable<UserReport>(
    [
      { title: 'user', of: ({ email }) => email },
      { title: 'role', of: rolesOf },
      { title: 'in the target', of: stateOf },
    ],
    users,
  )
  print()
}

const printEnd = ({ equal, finishedBefore, users, tokensToSet }: PromotionReport): void => {
  if (users.some(({ outcome }) => outcome === 'awaited'))
    print('Invite those users in the project, then run promote again: it gives them their access.')
  if (tokensToSet.length > 0)
    print(
      `Tokens of TM are secrets and were not copied: warehouse tokens set, in the target, for ${tokensToSet.join(', ')}.`,
    )
  if (equal) return print('Every row of the source is in the target, and equal.')
  print(
    finishedBefore === null
      ? 'Source and target DIFFER, so the shops stay paused in the target. Something else writes there: find it, then run promote with --restart.'
      : `Everything was equal when it was promoted (${finishedBefore}); source or target has changed since. Nothing was copied. Once the target syncs by itself, that is as it should be.`,
  )
}
