/**
 * Calls a store concurrently, and records when each call began and ended, and what it resolved to.
 *
 * @module
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Storage, StorageError } from '@teamcast/oauth-server'
import type { ConsentGrant } from '@teamcast/oauth-server/storage'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  aRotation,
  familyIdOf,
  fullClient,
  NOW,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { type Choices, choicesOf } from '../fuzz/mutate.ts'
import type { RecordedCall } from './check.ts'
import type { Call, Result } from './specification.ts'

const CALLERS = 4
const CALLS_OF_A_CALLER = 4
const TOKENS = 4
const REQUESTS = 2

/** Makes the client that all families belong to; once in each storage. */
export async function prepare({ clients }: Storage): Promise<void> {
  await clients.insert(fullClient())
}

/**
 * Records a history of a family of its own.
 *
 * @param storages The same store, as several processes have opened it.
 * @param seed Chooses the calls, and names the family.
 * @param onCall Called before each call.
 */
export async function recordHistory(
  storages: ReadonlyArray<Storage>,
  seed: number,
  onCall: () => void = () => undefined,
): Promise<ReadonlyArray<RecordedCall>> {
  const userId = `user-${seed}`
  const consentId = sha256(userId).slice(0, 22)
  const [first] = storages
  if (first === undefined) throw new Error('there is no storage')
  await giveConsent(first, { ...aGrant({ userId }), consentId })
  const family = { familyId: familyIdOf('family', consentId), consentId, userId }

  const choices = choicesOf(seed)
  const plans = Array.from({ length: CALLERS }, (_, caller) =>
    Array.from({ length: CALLS_OF_A_CALLER }, (__, index) =>
      // Most histories begin with the family.
      caller === 0 && index === 0 ? ({ kind: 'create', token: 0 } as const) : chooseCall(choices),
    ),
  )
  let moment = 0
  const recorded: Array<RecordedCall> = []
  await Promise.all(
    plans.map(async (calls, caller) => {
      const storage = storages[caller % storages.length] ?? first
      for (const call of calls) {
        onCall()
        moment += 1
        const begin = moment
        const result = await callStore(storage, family, call)
        moment += 1
        recorded.push({ call, begin, end: result === undefined ? undefined : moment, result })
      }
    }),
  )
  return recorded
}

/** Tries until the store is there: it may be started again. */
async function giveConsent(storage: Storage, grant: ConsentGrant): Promise<void> {
  for (;;) {
    try {
      await storage.consents.grant(grant)
      return
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      await nextTurn()
    }
  }
}

function chooseCall({ below, one }: Choices): Call {
  const kind = one([
    ...['rotate', 'rotate', 'rotate', 'rotate', 'rotate', 'rotate'],
    ...['find', 'find', 'create', 'revoke', 'delete-consent'],
  ] as const)
  switch (kind) {
    case 'rotate': {
      const used = below(TOKENS)
      return { kind, used, next: used + 1, request: below(REQUESTS) }
    }
    case 'create':
      return { kind, token: 0 }
    default:
      return { kind }
  }
}

interface FamilyNames {
  readonly familyId: string
  readonly consentId: string
  readonly userId: string
}

/** @returns `undefined` if the store failed: then nobody knows what it did. */
async function callStore(
  storage: Storage,
  names: FamilyNames,
  call: Call,
): Promise<Result | undefined> {
  try {
    return await resultOf(storage, names, call)
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}

async function resultOf(
  { families, consents }: Storage,
  { familyId, consentId, userId }: FamilyNames,
  call: Call,
): Promise<Result> {
  switch (call.kind) {
    case 'create': {
      const family = aFamily({
        familyId,
        consentId,
        userId,
        refreshToken: refreshToken(call.token),
      })
      return await families.create(family, NOW, ANYTIME)
    }
    case 'find': {
      const found = await families.find(familyId, 'client-1', NOW)
      return found === undefined ? 'none' : `token ${numberOf(found.refreshToken?.hash)}`
    }
    case 'rotate': {
      const { used, next, request } = call
      const requestHash = sha256(`request ${request}`)
      const replay = {
        usedTokenHash: refreshToken(used).hash,
        requestHash,
        encryptedResponse: String(next),
        until: NOW + 30,
      }
      const rotation = aRotation(used, next, { requestHash, replay })
      const outcome = await families.rotate(familyId, rotation, NOW)
      return outcome.outcome === 'replayed'
        ? `replayed ${outcome.encryptedResponse}`
        : outcome.outcome
    }
    case 'revoke': {
      const owner = await families.revoke(familyId, aFamilyRevocation(NOW + 660), NOW)
      return owner === undefined ? 'none' : 'owner'
    }
    case 'delete-consent':
      return String(await consents.delete(userId, 'client-1'))
  }
}

function numberOf(hash: string | undefined): number {
  return Array.from({ length: TOKENS + 1 }, (_, index) => index).findIndex(
    (index) => refreshToken(index).hash === hash,
  )
}
