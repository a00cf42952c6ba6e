/** What a replica has that takes over while the store is used: `npm run fail-over` does more of it. */

import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { RotationOutcome } from '@teamcast/oauth-server/storage'
import test from 'ava'
import {
  ANYTIME,
  aFamily,
  aRotation,
  NOW,
  openConnected,
} from '../../lib/storage/contract/sample-records.ts'
import { failOver } from '../fail-over/fail-over.ts'
import type { FamilyHistory, Step } from '../fail-over/history.ts'
import { REPLICATED_STORES, type ReplicatedStore } from '../fail-over/replicated-stores.ts'
import { countSurvived, findLoss, goOn, type Kept, type Loss } from '../fail-over/survived.ts'

const PROMISES: Readonly<Record<string, string>> = {
  redis: 'what is lost was not replicated yet, and nothing else',
  'redis-cluster': 'what is lost was not replicated yet, and nothing else',
  postgres: 'what is lost was not replicated yet, and nothing else',
  'postgres-synchronous': 'nothing is lost',
}

for (const [name, promise] of Object.entries(PROMISES)) {
  test.serial(`${name}: when a replica takes over, ${promise}`, async (t) => {
    const open = REPLICATED_STORES[name]
    if (open === undefined) throw new Error(`there is no ${name}`)
    const store = await open()
    t.teardown(() => store.close())
    const { steps, lost } = await failOver(store)
    t.true(steps > 0)
    if (store.losesNothing) t.is(lost, 0)
    else t.true(lost > 0, 'replication was held, so something is lost')
  })
}

/** A primary whose replica has the client only once it was waited for, if at all. */
function replicateInMemory(doesReplicate: boolean): ReplicatedStore {
  const storage = createMemoryStorage()
  let hasClient = false
  return {
    storages: [storage, storage],
    losesNothing: true,
    async untilReplicated() {
      hasClient = doesReplicate && (await storage.clients.has('client-1'))
    },
    holdReplication: () => undefined,
    async failOver() {
      if (!hasClient) await storage.clients.delete('client-1')
    },
    close: async () => undefined,
  }
}

test('the load begins when the replica has the client', async (t) => {
  await t.notThrowsAsync(failOver(replicateInMemory(true)))
})

test('a client that is gone is noticed', async (t) => {
  await t.throwsAsync(failOver(replicateInMemory(false)), { message: /the client is gone/ })
})

const step = (begin: number, end: number | undefined): Step => ({
  kind: 'rotate',
  tokens: [],
  begin,
  end,
})

/** A family with a used token and a current one. */
async function openRotated(): Promise<readonly [Storage, FamilyHistory]> {
  const storage = await openConnected(async () => createMemoryStorage())
  const { userId, consentId, familyId } = aFamily()
  await storage.families.create(aFamily(), NOW, ANYTIME)
  await storage.families.rotate(familyId, aRotation(0, 1), NOW)
  const steps = (['consent', 'create', 'rotate'] as const).map((kind, index) => ({
    ...{ kind, tokens: kind === 'consent' ? [] : [index - 1] },
    ...{ begin: 2 * index, end: 2 * index + 1 },
  }))
  return [storage, { userId, consentId, familyId, steps }]
}

test('a family that lives after its revocation is noticed', async (t) => {
  const [storage, history] = await openRotated()
  t.deepEqual(await countSurvived([storage, storage], history), { steps: 3, isRecorded: false })
  await storage.revocations.add({ kind: 'family', id: history.familyId, expiresAt: NOW + 60 })
  await t.throwsAsync(countSurvived([storage, storage], history), { message: /alive after/ })
})

test('a token that is used a second time is noticed, whoever uses it', async (t) => {
  const [storage, history] = await openRotated()
  await t.notThrowsAsync(goOn([storage, storage], history, 3))

  const [other, itsHistory] = await openRotated()
  const rotate = async (): Promise<RotationOutcome> => ({ outcome: 'rotated' })
  const faulty = { ...other, families: { ...other.families, rotate } }
  await t.throwsAsync(goOn([faulty, faulty], itsHistory, 3), { message: /two used one/ })
})

const ALL: Kept = { entry: true, family: true, revocation: true }
const NOTHING: Kept = { entry: false, family: false, revocation: false }
const ONLY_FAMILY: Kept = { entry: true, family: true, revocation: false }
const ONLY_REVOCATION: Kept = { entry: false, family: false, revocation: true }

test('the check tells the end of what was done from another part', (t) => {
  const histories = [
    { steps: [step(1, 2), step(5, 6), step(9, undefined)] },
    { steps: [step(3, 4), step(7, 8)] },
  ]
  const loss = (counts: ReadonlyArray<number>, kept = [ALL, ALL]): Omit<Loss, 'unrecorded'> => {
    const survived = counts.map((count) => ({ steps: count, isRecorded: false }))
    const { unrecorded, ...more } = findLoss(histories, survived, kept)
    t.is(unrecorded, 0)
    return more
  }
  const isElsewhere = false
  t.deepEqual(loss([2, 2]), { lost: 0, isSuffix: true, isElsewhere })
  t.deepEqual(loss([2, 1]), { lost: 1, isSuffix: true, isElsewhere })
  t.deepEqual(loss([1, 1]), { lost: 2, isSuffix: true, isElsewhere })
  t.deepEqual(loss([1, 2]), { lost: 1, isSuffix: false, isElsewhere })
  t.deepEqual(loss([0, 2]), { lost: 2, isSuffix: false, isElsewhere })
  t.deepEqual(loss([3, 1]), { lost: 1, isSuffix: false, isElsewhere })

  // What another master has says nothing of what the primary passed on, and must all be there.
  t.deepEqual(loss([1, 2], [ALL, NOTHING]), { lost: 1, isSuffix: true, isElsewhere })
  t.deepEqual(loss([2, 1], [ALL, NOTHING]), { lost: 1, isSuffix: true, isElsewhere: true })
})

/** Of a revoked family. */
const REVOKED = [{ steps: [step(1, 2), { ...step(3, 4), kind: 'revoke' as const }] }]

test('a revocation can be gone only if both of its parts were on the primary', (t) => {
  const isElsewhere = (kept: Kept): boolean =>
    findLoss(REVOKED, [{ steps: 1, isRecorded: false }], [kept]).isElsewhere
  t.false(isElsewhere(ALL))
  // What is left of it ends the family: whoever finds it finishes the revocation.
  t.true(isElsewhere(ONLY_FAMILY))
  t.true(isElsewhere(ONLY_REVOCATION))
  t.true(isElsewhere(NOTHING))
})

test('a dead family can be missing from the feed only if it was on another master', (t) => {
  const loss = (kept: Kept): Loss => findLoss(REVOKED, [{ steps: 2, isRecorded: false }], [kept])
  const unrecorded = { lost: 0, unrecorded: 1, isSuffix: true }
  t.deepEqual(loss(ONLY_REVOCATION), { ...unrecorded, isElsewhere: false })
  // The primary had passed on that it is dead, and the feed's part is older.
  t.deepEqual(loss(ALL), { ...unrecorded, isElsewhere: true })
  t.deepEqual(loss(ONLY_FAMILY), { ...unrecorded, isElsewhere: true })
  t.deepEqual(loss(NOTHING), { ...unrecorded, isElsewhere: true })
})

test('what is missing from the feed must be the end, too', (t) => {
  const later = { steps: [step(5, 6)] }
  const isSuffix = (kept: Kept): boolean =>
    findLoss(
      [...REVOKED, later],
      [
        { steps: 2, isRecorded: false },
        { steps: 1, isRecorded: false },
      ],
      [ONLY_REVOCATION, kept],
    ).isSuffix
  t.false(isSuffix(ALL))
  t.true(isSuffix(NOTHING))
})
