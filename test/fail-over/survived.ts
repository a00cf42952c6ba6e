/**
 * What of the histories a store still has after a fail-over, and whether what it lost is the end of them all.
 *
 * @module
 */

import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aRotation,
  NOW,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import { type FamilyHistory, type OpenedTwice, race, type Step } from './history.ts'

/** None of a history's own. */
const NEXT_TOKEN = 1000

/** What of a family is on the primary that is killed; a Redis Cluster spreads it. */
export interface Kept {
  /** Which consent is the user's. */
  readonly entry: boolean
  /** The consent and the family. */
  readonly family: boolean
  /** That the family is revoked. */
  readonly revocation: boolean
}

/** What of a history is there. */
export interface Survived {
  /** How many of its steps, from the first. */
  readonly steps: number
  /** Whether the family is among the revocations. A revoked one may not be, on a Redis Cluster. */
  readonly isRecorded: boolean
}

/** What a fail-over cost. */
export interface Loss {
  /** Steps that were acknowledged and are gone. */
  readonly lost: number
  /**
   * Whether what is gone is what the replica had not received yet: nothing of it was acknowledged before a step began
   * of which the replica has something.
   */
  readonly isSuffix: boolean
  /** Families that are revoked, and that the feed of revocations has lost. */
  readonly unrecorded: number
  /** Whether a step is gone of which nothing was on the primary. */
  readonly isElsewhere: boolean
}

/**
 * Compares what was done with what is there.
 *
 * @param survived What of each history is there, in the same order.
 * @param kept What of each history was on the primary.
 */
export function findLoss(
  histories: ReadonlyArray<Pick<FamilyHistory, 'steps'>>,
  survived: ReadonlyArray<Survived>,
  kept: ReadonlyArray<Kept>,
): Loss {
  const entries = histories.map(({ steps }, index) => {
    const { steps: count, isRecorded } = survived[index] ?? { steps: 0, isRecorded: false }
    const of = kept[index] ?? { entry: true, family: true, revocation: true }
    const gone = steps.slice(count).filter(({ end }) => end !== undefined)
    // Those before it began before it.
    const last = steps[count - 1]
    const isUnrecorded = last?.kind === 'revoke' && !isRecorded
    return {
      lost: gone.length,
      ends: [...gone, ...(isUnrecorded ? [last] : [])].flatMap(({ end }) => end ?? []),
      isUnrecorded,
      isElsewhere:
        gone.some(({ kind }) => !mayLose(of, kind)) || (isUnrecorded && !mayLoseOnlyRecord(of)),
      shown: last !== undefined && !isUnrecorded && isOnPrimary(of, last.kind) ? last.begin : 0,
    }
  })
  const firstLost = Math.min(...entries.flatMap(({ ends }) => ends))
  return {
    lost: entries.reduce((sum, { lost }) => sum + lost, 0),
    unrecorded: entries.filter(({ isUnrecorded }) => isUnrecorded).length,
    isSuffix: entries.every(({ shown }) => shown < firstLost),
    isElsewhere: entries.some(({ isElsewhere }) => isElsewhere),
  }
}

/** Whether the primary had something of a step without which the step would not be found. */
function isOnPrimary(kept: Kept, kind: Step['kind']): boolean {
  switch (kind) {
    case 'consent':
      return kept.entry || kept.family
    case 'create':
    case 'rotate':
      return kept.family
    case 'revoke':
      return kept.revocation
  }
}

/**
 * Whether a step can be gone when the primary has lost something. Of a revocation either part is enough: whoever finds
 * the family finishes it.
 */
const mayLose = (kept: Kept, kind: Step['kind']): boolean =>
  isOnPrimary(kept, kind) && (kind !== 'revoke' || kept.family)

/** Whether a family can stay dead when its revocation is lost. A primary with both passes the revocation on first. */
const mayLoseOnlyRecord = ({ family, revocation }: Kept): boolean => revocation && !family

/**
 * Counts the steps of a history that the store has.
 *
 * @throws Error when it has something that none of its steps left.
 */
export async function countSurvived(
  storages: OpenedTwice,
  { userId, consentId, familyId, steps }: FamilyHistory,
): Promise<Survived> {
  const [{ consents, families, revocations }] = storages
  const consent = await consents.find(userId, 'client-1')
  const family = await families.find(familyId, 'client-1', NOW)
  const isRecorded = await revocations.has('family', familyId, NOW)
  if (family === undefined) {
    const isRevoked = isRecorded || (await isTaken(storages, { userId, consentId, familyId }))
    if (isRevoked) return { steps: steps.length, isRecorded }
    return { steps: consent === undefined ? 0 : 1, isRecorded }
  }
  if (isRecorded) throw new Error(`${familyId} is alive after its revocation`)
  const hash = family.refreshToken?.hash
  const index = steps.findIndex(({ tokens }) =>
    tokens.some((token) => refreshToken(token).hash === hash),
  )
  if (index === -1) throw new Error(`${familyId} has a refresh token that was never issued`)
  return { steps: index + 1, isRecorded }
}

/** Whether a family that does not live was revoked. It does not live afterwards, either. */
async function isTaken(
  [{ families }]: OpenedTwice,
  of: Pick<FamilyHistory, 'userId' | 'consentId' | 'familyId'>,
): Promise<boolean> {
  const family = aFamily({ ...of, refreshToken: refreshToken(NEXT_TOKEN) })
  const outcome = await families.create(family, NOW, ANYTIME)
  if (outcome === 'created') await families.revoke(of.familyId, aFamilyRevocation(NOW + 660), NOW)
  return outcome === 'taken'
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
