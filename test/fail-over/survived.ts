/**
 * What of the histories a store still has after a fail-over, and whether what it lost is the end of them all.
 *
 * @module
 */

import { aRotation, NOW, refreshToken } from '../../lib/storage/contract/sample-records.ts'
import { type FamilyHistory, type OpenedTwice, race, type Step } from './history.ts'

/** None of a history's own. */
const NEXT_TOKEN = 1000

/** What a fail-over cost. */
export interface Loss {
  /** Steps that were acknowledged and are gone. */
  readonly lost: number
  /**
   * Whether they are those that the replica had not received yet: none that is gone was acknowledged before one
   * that is there began.
   */
  readonly isSuffix: boolean
}

/**
 * Compares what was done with what is there.
 *
 * @param survived How many steps of each history are there, in the same order.
 */
export function findLoss(
  histories: ReadonlyArray<Pick<FamilyHistory, 'steps'>>,
  survived: ReadonlyArray<number>,
): Loss {
  const select = (isWanted: (index: number, count: number) => boolean): ReadonlyArray<Step> =>
    histories.flatMap(({ steps }, history) =>
      steps.filter((_, index) => isWanted(index, survived[history] ?? 0)),
    )
  const present = select((index, count) => index < count)
  const ends = select((index, count) => index >= count).flatMap(({ end }) => end ?? [])
  const firstLost = Math.min(...ends)
  return { lost: ends.length, isSuffix: present.every(({ begin }) => begin < firstLost) }
}

/**
 * Counts the steps of a history that the store has.
 *
 * @throws Error when it has something that none of its steps left.
 */
export async function countSurvived(
  [{ consents, families, revocations }]: OpenedTwice,
  { userId, familyId, steps }: FamilyHistory,
): Promise<number> {
  const consent = await consents.find(userId, 'client-1')
  const family = await families.find(familyId, 'client-1', NOW)
  const isRevoked = await revocations.has('family', familyId, NOW)
  if (family === undefined) {
    if (isRevoked) return steps.length
    return consent === undefined ? 0 : 1
  }
  if (isRevoked) throw new Error(`${familyId} is alive after its revocation`)
  const hash = family.refreshToken?.hash
  const index = steps.findIndex(({ tokens }) =>
    tokens.some((token) => refreshToken(token).hash === hash),
  )
  if (index === -1) throw new Error(`${familyId} has a refresh token that was never issued`)
  return index + 1
}

/**
 * Goes on with a family after the fail-over: its current token has one winner, every earlier one is refused, and what
 * was revoked stays so.
 *
 * @throws Error when it does not.
 */
export async function goOn(
  storages: OpenedTwice,
  { familyId, steps }: FamilyHistory,
  survived: number,
): Promise<void> {
  const [{ families }] = storages
  const present = steps.slice(0, survived)
  const found = await families.find(familyId, 'client-1', NOW)
  const issued = present.flatMap(({ tokens }) => tokens)
  const isCurrent = (token: number): boolean =>
    refreshToken(token).hash === found?.refreshToken?.hash
  const current = issued.find(isCurrent)
  if (current !== undefined) await race(storages, familyId, current, NEXT_TOKEN)
  const expected = found === undefined ? 'not-found' : 'reused'
  for (const token of issued) {
    const { outcome } = await families.rotate(familyId, aRotation(token, NEXT_TOKEN + 2), NOW)
    if (outcome !== expected) throw new Error(`${familyId}: a used token is ${outcome}`)
  }
}
