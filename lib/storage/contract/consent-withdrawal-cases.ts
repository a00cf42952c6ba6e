import assert from 'node:assert/strict'
import {
  type ConsentStore,
  type GrantingRequest,
  type GrantOutcome,
  MAXIMUM_GRANTING_REQUESTS,
  WITHDRAWAL_SECONDS,
} from '../consent-store.ts'
import { assertConsent, CALLERS, concurrently } from './assertions.ts'
import {
  ANYTIME,
  aConsent,
  aFamily,
  aGrant,
  aRotation,
  NOW,
  openConnected,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const SUBJECT = { userId: 'user-1', clientId: 'client-1' }
const aRequest = (requestKey: string): GrantingRequest => ({ ...SUBJECT, requestKey })

async function grants(
  consents: ConsentStore,
  requestKey: string,
  scopes: ReadonlyArray<string>,
  grantedAt: number = NOW,
): Promise<GrantOutcome> {
  return await consents.grant(aGrant({ requestKey, scopes, grantedAt }))
}

async function scopesNow(consents: ConsentStore): Promise<ReadonlyArray<string> | undefined> {
  const found = await consents.find('user-1', 'client-1')
  return found?.scopes.map(({ scope }) => scope).sort()
}

/** Withdrawing what was granted for a request. */
export const consentWithdrawalCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'consents.withdraw() removes the scopes that no other request granted, and keeps the families',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await grants(consents, 'request-2', ['a:read', '__proto__', 'candidate:read'], NOW + 1)
      await grants(consents, 'request-3', ['a:read', "'c':read"], NOW + 2)
      const left = [
        { scope: 'interview:read', grantedAt: NOW },
        { scope: 'candidate:read', grantedAt: NOW },
        { scope: 'a:read', grantedAt: NOW + 2 },
        { scope: "'c':read", grantedAt: NOW + 2 },
      ]
      for (const _twice of [1, 2]) {
        const after = await consents.withdraw(aRequest('request-2'), NOW + 3)
        const { lastUsedAt = undefined } = after ?? {}
        const expected = {
          ...aConsent({ grantedAt: NOW + 2 }),
          createdAt: NOW,
          lastUsedAt,
          scopes: left,
        }
        assertConsent(after, expected)
        assertConsent(await consents.find('user-1', 'client-1'), expected)
      }
      assert(await families.find(aFamily().familyId, 'client-1', NOW))
    },
  },
  {
    name: 'consents.withdraw() of requests with the same scopes, in any order, leaves none after the last',
    async run(openStorage) {
      const { consents } = await openStorage()
      const requests = ['request-1', 'request-2', 'request-3']
      for (const order of [requests, requests.toReversed()]) {
        const keys = order.map((key) => `${order[0]}-${key}`)
        for (const key of keys) await grants(consents, key, ['a:read', 'b:read'])
        for (const key of keys.slice(0, -1)) {
          const after = await consents.withdraw(aRequest(key), NOW)
          assert.equal(after?.scopes.length, 2)
        }
        const last = await consents.withdraw(aRequest(keys.at(-1) ?? ''), NOW)
        assert.deepEqual(last?.scopes, [])
        assert.equal(await consents.delete('user-1', 'client-1', last?.consentId), true)
      }
    },
  },
  {
    name: 'consents.grant() after withdraw() of its request grants nothing, whether or not there is a consent',
    async run(openStorage) {
      const { consents } = await openStorage()
      assert.equal(await consents.withdraw(aRequest('request-1'), NOW), undefined)
      assert.equal(await grants(consents, 'request-1', ['a:read']), 'withdrawn')
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
      assert.deepEqual(await consents.list('user-1'), [])
      assert.equal(await grants(consents, 'request-2', ['b:read']), 'granted')
      const later = NOW + WITHDRAWAL_SECONDS - 1
      assert.equal(await grants(consents, 'request-1', ['a:read'], later), 'withdrawn')
      assertConsent(await consents.find('user-1', 'client-1'), aConsent({ scopes: ['b:read'] }))
      await consents.delete('user-1', 'client-1')
      assert.equal(await grants(consents, 'request-1', ['a:read']), 'withdrawn')
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
    },
  },
  {
    name: 'consents.withdraw() concerns neither another user nor another client, nor what their requests grant',
    async run(openStorage) {
      const { consents } = await openStorage()
      const others = [{ userId: 'user-2' }, { clientId: 'client-2' }]
      for (const other of others) await consents.grant(aGrant({ ...other, scopes: ['a:read'] }))
      await consents.withdraw(aRequest('request-1'), NOW)
      for (const other of others) {
        assert.equal(await consents.grant(aGrant({ ...other, scopes: ['b:read'] })), 'granted')
        const { userId, clientId } = aGrant(other)
        assert.equal((await consents.find(userId, clientId))?.scopes.length, 2)
      }
    },
  },
  {
    name: 'consents.withdraw() leaves a scope that the consent has had for so long that no request of then can be denied',
    async run(openStorage) {
      const { consents } = await openStorage()
      await grants(consents, 'request-1', ['a:read', 'b:read'])
      const before = NOW + WITHDRAWAL_SECONDS - 1
      await grants(consents, 'request-2', ['a:read', 'c:read'], before)
      await grants(consents, 'request-3', ['b:read', 'd:read'], before + 1)
      for (const key of ['request-2', 'request-3', 'request-1']) {
        await consents.withdraw(aRequest(key), before + 1)
      }
      assert.deepEqual(await scopesNow(consents), ['b:read'])
      assert.equal((await consents.find('user-1', 'client-1'))?.scopes[0]?.grantedAt, NOW)
      const muchLater = before + 2 * WITHDRAWAL_SECONDS
      await grants(consents, 'request-4', ['b:read'], muchLater)
      await consents.withdraw(aRequest('request-4'), muchLater)
      assert.deepEqual(await scopesNow(consents), ['b:read'])
    },
  },
  {
    name: 'consents.withdraw() of the first requests that granted a scope removes it, where many did',
    async run(openStorage) {
      const { consents } = await openStorage()
      const keys = Array.from({ length: MAXIMUM_GRANTING_REQUESTS + 5 }, (_, index) => `r${index}`)
      for (const key of keys) await grants(consents, key, ['a:read', `${key}:read`])
      const remembered = keys.slice(0, MAXIMUM_GRANTING_REQUESTS)
      for (const key of remembered.slice(0, -1)) await consents.withdraw(aRequest(key), NOW)
      assert((await scopesNow(consents))?.includes('a:read'))
      await consents.withdraw(aRequest(remembered.at(-1) ?? ''), NOW)
      const others = keys.slice(MAXIMUM_GRANTING_REQUESTS).map((key) => `${key}:read`)
      assert.deepEqual(await scopesNow(consents), others.sort())
    },
  },
  {
    name: 'consents.grant() under a consent without scopes changes nothing until that was deleted, and then creates a new one',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const empty = await consents.withdraw(aRequest('request-1'), NOW)
      assertConsent(empty, { ...aConsent(), scopes: [], lastUsedAt: NOW })
      const later = { consentId: 'a-later-consent-of-the', scopes: ['a:read'], grantedAt: NOW + 9 }
      const grant = aGrant({ ...later, requestKey: 'request-2' })
      assert.equal(await consents.grant(grant), 'obsolete')
      assert.deepEqual(await consents.find('user-1', 'client-1'), empty)
      assert.equal(await consents.delete('user-1', 'client-1', empty?.consentId), true)
      assert.equal(await consents.grant(grant), 'granted')
      assertConsent(await consents.find('user-1', 'client-1'), aConsent(later))
      assert.equal(await families.find(aFamily().familyId, 'client-1', NOW), undefined)
    },
  },
  {
    name: 'consents.grant() and withdraw() by 50 concurrent callers leave what the others granted, and nothing else',
    async run(openStorage) {
      const { consents } = await openStorage()
      await grants(consents, 'before', ['before:read'])
      const outcomes = await concurrently(async (caller) => {
        const requestKey = `caller-${caller}`
        const scopes = [`scope-${caller}:read`, 'before:read']
        const isWithdrawn = caller % 2 === 0
        const calls = [
          () => grants(consents, requestKey, scopes),
          async () => isWithdrawn && (await consents.withdraw(aRequest(requestKey), NOW)),
        ]
        const [outcome] = await Promise.all(calls.map((call) => call()))
        return outcome
      })
      assert.equal(outcomes.length, CALLERS)
      for (const outcome of outcomes) assert(['granted', 'withdrawn'].includes(String(outcome)))
      const kept = (await concurrently(async (caller) => caller)).filter((caller) => caller % 2)
      const expected = [...kept.map((caller) => `scope-${caller}:read`), 'before:read']
      assert.deepEqual(await scopesNow(consents), expected.sort())
    },
  },
  {
    name: 'consents.grant() and withdraw() of one request at once, 50 times, leave no scope and no usable consent',
    async run(openStorage) {
      const { consents } = await openStorage()
      await concurrently(async (caller) => {
        const userId = `user-${caller}`
        const grant = aGrant({ userId, consentId: `consent-of-caller-${100 + caller}-` })
        const withdraw = (): Promise<unknown> => consents.withdraw({ ...grant }, NOW)
        const both = [() => consents.grant(grant), withdraw, () => consents.grant(grant)]
        await Promise.all((caller % 2 ? both : both.toReversed()).map((call) => call()))
        const found = await consents.find(userId, 'client-1')
        assert.deepEqual(found?.scopes ?? [], [])
        assert.equal(await consents.grant(grant), 'withdrawn')
      })
    },
  },
  {
    name: 'families.find() says which of its scopes the consent still has, and keeps those that it had',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      const consented = aGrant().scopes
      const scopes = [...consented, '__proto__', "'c':read", 'never:granted']
      await grants(consents, 'request-2', ['__proto__', "'c':read", 'another:read'])
      await grants(consents, 'request-3', ["'c':read"])
      const { familyId } = aFamily()
      await families.create(aFamily({ scopes }), NOW, ANYTIME)
      const assertConsented = async (expected: ReadonlyArray<string>): Promise<void> => {
        const found = await families.find(familyId, 'client-1', NOW)
        assert.deepEqual(new Set(found?.consentedScopes), new Set(expected))
        assert.equal(found?.consentedScopes.length, expected.length)
        assert.deepEqual(found?.scopes, scopes)
      }

      await assertConsented(scopes.slice(0, -1))
      await consents.withdraw(aRequest('request-2'), NOW)
      await assertConsented([...consented, "'c':read"])
      await families.rotate(familyId, aRotation(0, 1), NOW)
      await consents.withdraw(aRequest('request-3'), NOW)
      await assertConsented(consented)
      const [first = ''] = consented
      await grants(consents, 'request-4', [first])
      await consents.withdraw(aRequest('request-1'), NOW)
      await assertConsented([first])
      await consents.withdraw(aRequest('request-4'), NOW)
      await assertConsented([])
    },
  },
]
