/**
 * Families whose every step is recorded, while a store is in use and when its primary is gone.
 *
 * @module
 */

import { type Storage, StorageError } from '@teamcast/oauth-server'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  aRotation,
  familyIdOf,
  NOW,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import { sha256 } from '../../lib/util/sha256.ts'

/** How many steps a family takes at most: consent, family, rotations, revocation. */
const STEPS = 8

/** A step that changes what the store has. */
export interface Step {
  readonly kind: 'consent' | 'create' | 'rotate' | 'revoke'
  /** The refresh tokens of which one is current afterwards; several when two callers raced, and none is known. */
  readonly tokens: ReadonlyArray<number>
  /** When it began; a number that grows from event to event. */
  readonly begin: number
  /** When it was acknowledged; `undefined` if it never was. Only the last step may be without. */
  readonly end: number | undefined
}

/** A family and what was done to it, in order. */
export interface FamilyHistory {
  readonly userId: string
  readonly consentId: string
  readonly familyId: string
  readonly steps: Array<Step>
}

/** The same store, as two processes have opened it. */
export type OpenedTwice = readonly [Storage, Storage]

/** Numbers events in their order. */
export interface EventCounter {
  next(): number
}

/** What a caller does while a store is used. */
export interface Use {
  /** No two callers share a family. */
  readonly name: string
  readonly events: EventCounter
  /** Called after each step that was acknowledged. */
  readonly onStep: () => void
  /** Asked before each step. */
  readonly isOver: () => boolean
}

/** Takes families through their steps, one after another, until the store fails or it is over. */
export async function useStore(
  storages: OpenedTwice,
  { name, events, onStep, isOver }: Use,
): Promise<ReadonlyArray<FamilyHistory>> {
  const histories: Array<FamilyHistory> = []
  for (;;) {
    const history = newHistory(`${name}-${histories.length}`)
    histories.push(history)
    for (let index = 0; index < STEPS; index += 1) {
      if (isOver()) return histories
      const begin = events.next()
      const { kind, tokens, isAcknowledged } = await take(storages, history, index)
      history.steps.push({ kind, tokens, begin, end: isAcknowledged ? events.next() : undefined })
      if (!isAcknowledged) return histories
      onStep()
    }
  }
}

function newHistory(userId: string): FamilyHistory {
  const consentId = sha256(userId).slice(0, 22)
  return { userId, consentId, familyId: familyIdOf('family', consentId), steps: [] }
}

interface TakenStep extends Pick<Step, 'kind' | 'tokens'> {
  readonly isAcknowledged: boolean
}

/** Takes the step at an index. */
async function take(
  storages: OpenedTwice,
  history: FamilyHistory,
  index: number,
): Promise<TakenStep> {
  const [{ consents, families }] = storages
  const { userId, consentId, familyId, steps } = history
  switch (index) {
    case 0: {
      const granted = await unlessFailed(consents.grant({ ...aGrant({ userId }), consentId }))
      return { kind: 'consent', tokens: [], isAcknowledged: isResult(granted, 'granted') }
    }
    case 1: {
      const family = aFamily({ familyId, consentId, userId, refreshToken: refreshToken(0) })
      const created = await unlessFailed(families.create(family, NOW, ANYTIME))
      return { kind: 'create', tokens: [0], isAcknowledged: isResult(created, 'created') }
    }
    case STEPS - 1: {
      const revoked = families.revoke(familyId, aFamilyRevocation(NOW + 660), NOW)
      const owner = await unlessFailed(revoked.then((found) => found?.userId ?? 'nobody'))
      return { kind: 'revoke', tokens: [], isAcknowledged: isResult(owner, userId) }
    }
    default: {
      const current = steps.at(-1)?.tokens[0] ?? 0
      return { kind: 'rotate', ...(await race(storages, familyId, current, index * 2)) }
    }
  }
}

/** Two callers use a token at once, each for a successor of its own. Of those that are told anything, one wins. */
export async function race(
  storages: OpenedTwice,
  familyId: string,
  current: number,
  next: number,
): Promise<Omit<TakenStep, 'kind'>> {
  const tokens = [next, next + 1]
  const outcomes = await Promise.all(
    storages.map(async ({ families }, caller) => {
      const rotation = aRotation(current, next + caller)
      return (await unlessFailed(families.rotate(familyId, rotation, NOW)))?.outcome
    }),
  )
  if (outcomes.every((outcome) => outcome === undefined)) return { tokens, isAcknowledged: false }
  const winners = tokens.filter((_, caller) => outcomes[caller] === 'rotated')
  const told = outcomes.filter((outcome) => outcome !== undefined)
  const losers = told.filter((outcome) => outcome === 'reused')
  if (winners.length > 1 || winners.length + losers.length !== told.length) {
    throw new Error(`${familyId}: two used one refresh token and were told ${told.join(', ')}`)
  }
  // Who lost knows that the other one won, although nobody told the winner.
  const won = tokens.filter((_, caller) => outcomes[caller] !== 'reused')
  return { tokens: winners.length === 1 ? winners : won, isAcknowledged: true }
}

function isResult<Result>(result: Result | undefined, expected: Result): boolean {
  if (result === undefined) return false
  if (result !== expected) throw new Error(`${JSON.stringify(result)} instead of ${expected}`)
  return true
}

/** @returns `undefined` if the store failed: then nobody knows whether it was done. */
async function unlessFailed<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}
