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
import { REPLICATED_STORES } from '../fail-over/replicated-stores.ts'
import { countSurvived, findLoss, goOn } from '../fail-over/survived.ts'

const PROMISES: Readonly<Record<string, string>> = {
  redis: 'what is lost was not replicated yet, and nothing else',
  postgres: 'what is lost was not replicated yet, and nothing else',
  'postgres-synchronous': 'nothing is lost',
}

for (const [name, open] of Object.entries(REPLICATED_STORES)) {
  test.serial(`${name}: when a replica takes over, ${PROMISES[name]}`, async (t) => {
    const store = await open()
    t.teardown(() => store.close())
    const { steps, lost } = await failOver(store)
    t.true(steps > 0)
    if (store.isSynchronous) t.is(lost, 0)
    else t.true(lost > 0, 'replication was held, so something is lost')
  })
}

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
  t.is(await countSurvived([storage, storage], history), 3)
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

test('the check tells the end of what was done from another part', (t) => {
  const histories = [
    { steps: [step(1, 2), step(5, 6), step(9, undefined)] },
    { steps: [step(3, 4), step(7, 8)] },
  ]
  t.deepEqual(findLoss(histories, [2, 2]), { lost: 0, isSuffix: true })
  t.deepEqual(findLoss(histories, [2, 1]), { lost: 1, isSuffix: true })
  t.deepEqual(findLoss(histories, [1, 1]), { lost: 2, isSuffix: true })
  t.deepEqual(findLoss(histories, [1, 2]), { lost: 1, isSuffix: false })
  t.deepEqual(findLoss(histories, [0, 2]), { lost: 2, isSuffix: false })
  t.deepEqual(findLoss(histories, [3, 1]), { lost: 1, isSuffix: false })
})
