import assert from 'node:assert/strict'
import type { ConsentGrant } from '../consent-store.ts'
import { assertConsent, ruin } from './assertions.ts'
import { AWKWARD_KEYS, AWKWARD_USER_IDS, LOOKALIKE_CONNECTIONS } from './awkward-identifiers.ts'
import {
  ANYTIME,
  aConsent,
  aFamily,
  aGrant,
  CONSENT_ID,
  NOW,
  openConnected,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Finding, listing and deleting consents. */
export const consentCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'consents.find() returns what grant() was given',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      assertConsent(await consents.find('user-1', 'client-1'), aConsent())
    },
  },
  {
    name: 'consents.find() returns undefined for another user or another client',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      assert.equal(await consents.find('user-2', 'client-1'), undefined)
      assert.equal(await consents.find('user-1', 'client-2'), undefined)
      assert.equal(await consents.find('client-1', 'user-1'), undefined)
      assert.equal(await consents.find('constructor', 'name'), undefined)
    },
  },
  {
    name: 'consents.findTimed() finds what find() finds, and says when, also if there is none',
    async run(openStorage) {
      const { consents } = await openStorage()
      const before = await consents.findTimed('user-1', 'client-1')
      assert.equal(before.consent, undefined)
      await consents.grant(aGrant())
      const after = await consents.findTimed('user-1', 'client-1')
      assertConsent(after.consent, aConsent())
      assert.ok(Number.isSafeInteger(before.foundAtMilliseconds))
      assert.ok(Number.isSafeInteger(after.foundAtMilliseconds))
      assert.ok(after.foundAtMilliseconds >= before.foundAtMilliseconds)
      ruin(after.consent)
      assertConsent(await consents.find('user-1', 'client-1'), aConsent())
      const other = await consents.findTimed('user-2', 'client-1')
      assert.equal(other.consent, undefined)
    },
  },
  {
    name: 'consents.grant() after its deadline, by the clock of findTimed(), grants nothing',
    async run(openStorage) {
      const { consents } = await openStorage()
      const { foundAtMilliseconds: foundAt } = await consents.findTimed('user-1', 'client-1')
      const late = { deadlineMilliseconds: foundAt - 1 }
      assert.equal(await consents.grant(aGrant(late)), 'late')
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
      assert.deepEqual(await consents.list('user-1'), [])
      assert.deepEqual(await consents.listBatch({ clientId: 'client-1' }, 10), [])
      assert.deepEqual(await consents.listBatch({ tenantId: 'tenant:1' }, 10), [])
      const inTime = aGrant({ deadlineMilliseconds: foundAt + 60_000 })
      assert.equal(await consents.grant(inTime), 'granted')
      assertConsent(await consents.find('user-1', 'client-1'), aConsent())
      await consents.delete('user-1', 'client-1')
      const again = { ...late, consentId: 'a-later-consent-of-the' }
      assert.equal(await consents.grant(aGrant(again)), 'late')
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
    },
  },
  {
    name: 'consents.grant() after its deadline leaves a consent, and its families, as they were',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const { consent, foundAtMilliseconds } = await consents.findTimed('user-1', 'client-1')
      assert.ok(consent)
      for (const tenantId of ['tenant:1', 'tenant:2']) {
        const late = aGrant({
          tenantId,
          consentId: 'a-later-consent-of-the',
          scopes: ['more:read'],
          grantedAt: NOW + 1,
          deadlineMilliseconds: foundAtMilliseconds - 1,
        })
        assert.equal(await consents.grant(late), 'late')
        assertConsent(await consents.find('user-1', 'client-1'), consent)
        assert.deepEqual(await consents.listBatch({ tenantId: 'tenant:2' }, 10), [])
      }
      assert.ok(await families.find(aFamily().familyId, 'client-1', NOW))
    },
  },
  {
    name: 'consents.list() returns those of the user, most recently granted first',
    async run(openStorage) {
      const { consents } = await openStorage()
      const grantOf = (clientId: string, grantedAt: number): ConsentGrant =>
        aGrant({ clientId, grantedAt })
      await consents.grant(grantOf('client-1', NOW + 1))
      await consents.grant(grantOf('client-2', NOW + 2))
      await consents.grant(grantOf('client-3', NOW + 3))
      await consents.grant(aGrant({ userId: 'user-2', grantedAt: NOW + 4 }))
      await consents.grant(grantOf('client-2', NOW + 5))
      const listed = await consents.list('user-1')
      assert.deepEqual(
        listed.map(({ clientId, grantedAt }) => [clientId, grantedAt]),
        [
          ['client-2', NOW + 5],
          ['client-3', NOW + 3],
          ['client-1', NOW + 1],
        ],
      )
      assertConsent(listed[1], aConsent(grantOf('client-3', NOW + 3)))
    },
  },
  {
    name: 'consents.list() returns nothing for a user without consents',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      for (const userId of ['user-2', '*', 'constructor', '__proto__']) {
        assert.deepEqual(await consents.list(userId), [])
      }
    },
  },
  {
    name: 'consents.list() returns every one of many consents',
    async run(openStorage) {
      const { consents } = await openStorage()
      const ids = [...Array(150).keys()].map((index) => `client-${index}`)
      for (const [index, clientId] of ids.entries()) {
        await consents.grant(aGrant({ clientId, grantedAt: NOW + index }))
      }
      const listed = await consents.list('user-1')
      assert.deepEqual(listed.map(({ clientId }) => clientId).reverse(), ids)
    },
  },
  {
    name: 'consents.delete() returns whether there was a consent, and deletes no other',
    async run(openStorage) {
      const { consents } = await openStorage()
      const [otherUser, otherClient] = [{ userId: 'user-2' }, { clientId: 'client-2' }]
      await consents.grant(aGrant())
      await consents.grant(aGrant(otherUser))
      await consents.grant(aGrant(otherClient))
      assert.equal(await consents.delete('user-1', 'client-1'), true)
      assert.equal(await consents.delete('user-1', 'client-1'), false)
      assert.equal(await consents.delete('user-3', 'client-1'), false)
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
      assertConsent(await consents.find('user-2', 'client-1'), aConsent(otherUser))
      const [only, ...more] = await consents.list('user-1')
      assertConsent(only, aConsent(otherClient))
      assert.deepEqual(more, [])
    },
  },
  {
    name: 'consents.delete() of one consent leaves another that replaced it',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      assert.equal(await consents.delete('user-1', 'client-1', 'a-later-consent-of-the'), false)
      assertConsent(await consents.find('user-1', 'client-1'), aConsent())
      assert.equal(await consents.delete('user-1', 'client-1', CONSENT_ID), true)
      assert.equal(await consents.delete('user-1', 'client-1', CONSENT_ID), false)
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
    },
  },
  {
    name: 'consents are told apart by every character of user and client ids',
    async run(openStorage) {
      const { consents } = await openStorage()
      const connections = [
        ...AWKWARD_USER_IDS.map((userId) => ({ userId, clientId: 'client-1' })),
        ...AWKWARD_KEYS.map((clientId) => ({ userId: 'somebody', clientId })),
        ...LOOKALIKE_CONNECTIONS,
      ]
      const grantOf = (index: number): ConsentGrant =>
        aGrant({ ...connections[index], scopes: [`scope-${index}:read`] })
      for (const index of connections.keys()) await consents.grant(grantOf(index))
      for (const [index, { userId, clientId }] of connections.entries()) {
        assertConsent(await consents.find(userId, clientId), aConsent(grantOf(index)))
        const listed = await consents.list(userId)
        assert.ok(listed.every((consent) => consent.userId === userId))
        assert.equal(await consents.delete(userId, clientId), true)
        assert.equal(await consents.find(userId, clientId), undefined)
        assert.equal((await consents.list(userId)).length, listed.length - 1)
      }
    },
  },
  {
    name: 'consents are copies: changing one that was saved or found changes nothing',
    async run(openStorage) {
      const { consents } = await openStorage()
      const granted = aGrant()
      await consents.grant(granted)
      ruin(granted)
      ruin(await consents.find('user-1', 'client-1'))
      ruin((await consents.list('user-1'))[0])
      assertConsent(await consents.find('user-1', 'client-1'), aConsent())
    },
  },
]
