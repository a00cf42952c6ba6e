import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { deleteConsents } from '../../lib/revocation/delete-consents.ts'
import type { Consent } from '../../lib/storage/consent-store.ts'

test('deleting consents: when one cannot be deleted, that is said when nothing is under way any more', async (t) => {
  const consents = ['ada', 'grace'].map((userId) => ({ userId, consentId: userId }) as Consent)
  const ada = Promise.withResolvers<boolean>()
  const deleted: Array<string> = []
  let isOver = false
  const deletion = deleteConsents(
    async () => consents,
    async ({ userId }) => {
      if (userId === 'ada') return await ada.promise
      throw new Error('the store is down')
    },
    ({ userId }) => deleted.push(userId),
  ).finally(() => {
    isOver = true
  })
  const failed = t.throwsAsync(deletion, { message: 'the store is down' })
  await setImmediate()
  t.false(isOver)
  ada.resolve(true)
  await failed
  t.deepEqual(deleted, ['ada'])
})
