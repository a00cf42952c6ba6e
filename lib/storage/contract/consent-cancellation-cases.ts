import assert from 'node:assert/strict'
import { type ConsentStore, type GrantOutcome, WITHDRAWAL_SECONDS } from '../consent-store.ts'
import { assertConsent, concurrently } from './assertions.ts'
import { AWKWARD_USER_IDS } from './awkward-identifiers.ts'
import { aConsent, aGrant, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Looks for a consent, as a grant does that begins. @returns A function that grants. */
async function beginGrant(
  consents: ConsentStore,
  changes: Parameters<typeof aGrant>[0] = {},
): Promise<() => Promise<GrantOutcome>> {
  const { userId, clientId } = aGrant(changes)
  const { cancellation } = await consents.findTimed(userId, clientId)
  return () => consents.grant(aGrant({ ...changes, cancellation }))
}

/** Cancelling the grants of a user. */
export const consentCancellationCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'consents.cancelGrants() cancels every grant of the user that is under way, and none that begins later',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant({ clientId: 'client-2', requestKey: 'before' }))
      const underWay = await Promise.all([
        beginGrant(consents),
        beginGrant(consents, { clientId: 'client-2', scopes: ['more:read'] }),
      ])
      await consents.cancelGrants('user-1', NOW)
      for (const grant of underWay) assert.equal(await grant(), 'cancelled')
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
      assert.equal((await consents.list('user-1')).length, 1)
      assert.equal((await consents.find('user-1', 'client-2'))?.scopes.length, 2)

      const later = await beginGrant(consents)
      assert.equal(await later(), 'granted')
      assert.equal((await consents.find('user-1', 'client-1'))?.scopes.length, 2)
      const twice = await beginGrant(consents)
      await consents.cancelGrants('user-1', NOW)
      for (const grant of [...underWay, later, twice]) assert.equal(await grant(), 'cancelled')
    },
  },
  {
    name: 'consents.cancelGrants() concerns no other user',
    async run(openStorage) {
      const { consents } = await openStorage()
      const grants = await Promise.all(
        AWKWARD_USER_IDS.map((userId) => beginGrant(consents, { userId })),
      )
      const [cancelled = ''] = AWKWARD_USER_IDS
      await consents.cancelGrants(cancelled, NOW)
      for (const [index, grant] of grants.entries()) {
        assert.equal(await grant(), index === 0 ? 'cancelled' : 'granted')
      }
    },
  },
  {
    name: 'consents.cancelGrants() is remembered for longer than a grant can be under way, and changes no consent',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      const before = await consents.find('user-1', 'client-1')
      assert.ok(before)
      const grantedAt = NOW + WITHDRAWAL_SECONDS - 1
      const grant = await beginGrant(consents, { grantedAt, scopes: ['more:read'] })
      await consents.cancelGrants('user-1', NOW)
      assertConsent(await consents.find('user-1', 'client-1'), before)
      await consents.cancelGrants('user-2', grantedAt)
      assert.equal(await grant(), 'cancelled')
      assertConsent(await consents.find('user-1', 'client-1'), before)
    },
  },
  {
    name: 'consents.cancelGrants() and delete() at once with grants of 50 callers leave what was granted afterwards, and nothing else',
    async run(openStorage) {
      const { consents } = await openStorage()
      await concurrently(async (caller) => {
        const userId = `user-${caller}`
        const consentId = `consent-of-caller-${100 + caller}-`
        const changes = { userId, consentId, scopes: ['a:read'] }
        if (caller % 3 === 0) await consents.grant(aGrant({ userId }))
        const grant = await beginGrant(consents, changes)
        const disconnect = async (): Promise<void> => {
          await consents.cancelGrants(userId, NOW)
          const found = await consents.find(userId, 'client-1')
          if (found !== undefined) await consents.delete(userId, 'client-1', found.consentId)
        }
        const both: ReadonlyArray<() => Promise<unknown>> = [grant, disconnect]
        await Promise.all((caller % 2 ? both : both.toReversed()).map((call) => call()))
        assert.equal(await consents.find(userId, 'client-1'), undefined)
        const later = { ...changes, consentId: `later-of-caller-${100 + caller}---` }
        assert.equal(await (await beginGrant(consents, later))(), 'granted')
        assert.equal(await grant(), 'cancelled')
        assertConsent(await consents.find(userId, 'client-1'), aConsent(later))
      })
    },
  },
]
