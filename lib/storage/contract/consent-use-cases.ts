import assert from 'node:assert/strict'
import { USE_RESOLUTION_SECONDS } from '../consent-store.ts'
import type { Storage } from '../storage.ts'
import { assertConsent, CALLERS, concurrently } from './assertions.ts'
import { REUSED, ROTATED } from './rotation-outcomes.ts'
import {
  ANYTIME,
  aConsent,
  aFamily,
  aFamilyRevocation,
  aGrant,
  aReplay,
  aRotation,
  CONSENT_ID,
  familyIdOf,
  familyWithoutRefreshToken,
  NOW,
  openConnected,
  refreshToken,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const { familyId } = aFamily()
const HOUR = USE_RESOLUTION_SECONDS
// Of families in whose life there is more than one use to note.
const expiresAt = NOW + 100 * HOUR
const durableToken = (index: number) => ({ ...refreshToken(index), expiresAt })

const durableFamily = (secret: string, createdAt: number = NOW) =>
  aFamily({
    familyId: familyIdOf(secret),
    createdAt,
    expiresAt,
    refreshToken: durableToken(0),
  })
const durableRotation = (used: number, next: number) =>
  aRotation(used, next, { expiresAt, refreshToken: durableToken(next) })

async function lastUseOf({ consents }: Storage): Promise<number | undefined> {
  const consent = await consents.find('user-1', 'client-1')
  assert.ok(consent !== undefined, 'the consent must exist')
  return consent.lastUsedAt
}

/** When a consent was last used. */
export const consentUseCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'consents have no lastUsedAt until a family is created',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      assert.equal(await lastUseOf(storage), undefined)
      assert.equal((await storage.consents.list('user-1'))[0]?.lastUsedAt, undefined)
    },
  },
  {
    name: 'families.create() sets lastUsedAt of its consent and no other, and changes nothing else',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      await consents.grant(aGrant({ clientId: 'client-2' }))
      await consents.grant(aGrant({ userId: 'user-2' }))
      await families.create(
        { ...familyWithoutRefreshToken(), createdAt: NOW + 7 },
        NOW + 7,
        ANYTIME,
      )
      const expected = { ...aConsent(), lastUsedAt: NOW + 7 }
      assertConsent(await consents.find('user-1', 'client-1'), expected)
      const listed = await consents.list('user-1')
      assertConsent(
        listed.find(({ clientId }) => clientId === 'client-1'),
        expected,
      )
      for (const other of [{ clientId: 'client-2' }, { userId: 'user-2' }]) {
        const { userId, clientId } = aGrant(other)
        assertConsent(await consents.find(userId, clientId), aConsent(other))
      }
    },
  },
  {
    name: 'families.create() moves lastUsedAt forward, never back',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      for (const [createdAt, noted] of [
        [NOW + 10, NOW + 10],
        [NOW + 12, NOW + 12],
        [NOW + 11, NOW + 12],
      ] as const) {
        await families.create(durableFamily(`family ${createdAt}`, createdAt), createdAt, ANYTIME)
        assert.equal(await lastUseOf(storage), noted)
      }
    },
  },
  {
    name: 'families.create() leaves lastUsedAt when nothing is created',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      await families.create(durableFamily('one'), NOW, ANYTIME)
      assert.equal(await families.create(durableFamily('one', NOW + 5), NOW + 5, ANYTIME), 'taken')
      const missing = 'consent-that-never-was'
      const familyOfNobody = aFamily({ consentId: missing, familyId: familyIdOf('x', missing) })
      assert.equal(await families.create(familyOfNobody, NOW + 5, ANYTIME), 'consent-not-found')
      assert.equal(await lastUseOf(storage), NOW)
    },
  },
  {
    name: 'families.rotate() sets lastUsedAt when it is older than an hour',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      await families.create(durableFamily('one'), NOW, ANYTIME)
      const id = familyIdOf('one')
      const uses = [
        [NOW + 1, NOW],
        [NOW + HOUR, NOW],
        [NOW + HOUR + 1, NOW + HOUR + 1],
        [NOW + HOUR + 2, NOW + HOUR + 1],
        [NOW + 9 * HOUR, NOW + 9 * HOUR],
      ] as const
      for (const [index, [now, noted]] of uses.entries()) {
        const outcome = await families.rotate(id, durableRotation(index, index + 1), now)
        assert.deepEqual(outcome, ROTATED)
        assert.equal(await lastUseOf(storage), noted)
      }
    },
  },
  {
    name: 'families.rotate() never moves lastUsedAt back',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      await families.create(durableFamily('one'), NOW, ANYTIME)
      await families.create(durableFamily('two', NOW + 5 * HOUR), NOW + 5 * HOUR, ANYTIME)
      await families.rotate(familyIdOf('one'), durableRotation(0, 1), NOW + 2 * HOUR)
      assert.equal(await lastUseOf(storage), NOW + 5 * HOUR)
    },
  },
  {
    name: 'families.rotate() leaves lastUsedAt when it is reused, replayed, not-found or late',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      const later = NOW + 2 * HOUR
      const rotateAt = async (secret: string, rotation = durableRotation(0, 2)) =>
        (await families.rotate(familyIdOf(secret), rotation, later)).outcome
      for (const secret of ['reused', 'replayed', 'revoked', 'late', 'expired']) {
        await families.create(durableFamily(secret), NOW, ANYTIME)
      }
      const replay = { ...aReplay(0, 'encrypted'), until: later + 1 }
      await families.rotate(familyIdOf('replayed'), { ...durableRotation(0, 1), replay }, NOW)
      await families.rotate(familyIdOf('reused'), durableRotation(0, 1), NOW)
      await families.revoke(familyIdOf('revoked'), aFamilyRevocation(expiresAt), NOW)
      const short = aRotation(0, 1, { expiresAt })
      await families.rotate(familyIdOf('expired'), short, NOW)

      assert.equal(await rotateAt('reused'), 'reused')
      assert.equal(await rotateAt('replayed'), 'replayed')
      assert.equal(await rotateAt('revoked'), 'not-found')
      assert.equal(await rotateAt('unknown'), 'not-found')
      assert.equal(await rotateAt('expired', durableRotation(1, 2)), 'not-found')
      const late = { ...durableRotation(0, 1), deadlineMilliseconds: 1 }
      assert.equal(await rotateAt('late', late), 'late')
      assert.equal(await lastUseOf(storage), NOW)
      assert.equal(await rotateAt('late'), 'rotated')
      assert.equal(await lastUseOf(storage), later)
    },
  },
  {
    name: 'families.rotate() of 50 families concurrently: all rotate, and lastUsedAt is set',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      const now = NOW + 2 * HOUR
      await concurrently((caller) =>
        families.create(durableFamily(`family ${caller}`), NOW, ANYTIME),
      )
      const outcomes = await concurrently((caller) =>
        families.rotate(familyIdOf(`family ${caller}`), durableRotation(0, 1), now + caller),
      )
      for (const outcome of outcomes) assert.deepEqual(outcome, ROTATED)
      const noted = (await lastUseOf(storage)) ?? 0
      assert.ok(noted >= now && noted < now + 50)
    },
  },
  {
    name: 'families.rotate() by 50 callers who must set lastUsedAt: one rotates, the others are reuse',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { families } = storage
      const now = NOW + 2 * HOUR
      await families.create(durableFamily('one'), NOW, ANYTIME)
      const outcomes = await concurrently((caller) =>
        families.rotate(familyIdOf('one'), durableRotation(0, caller + 1), now),
      )
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'rotated').length, 1)
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'reused').length, CALLERS - 1)
      assert.equal(await lastUseOf(storage), now)
    },
  },
  {
    name: 'consents.grant() keeps lastUsedAt, and starts without it after delete()',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      await families.create(aFamily(), NOW, ANYTIME)
      await consents.grant(aGrant({ scopes: ['more:read'], grantedAt: NOW + 9 }))
      assert.equal(await lastUseOf(storage), NOW)
      await consents.delete('user-1', 'client-1')
      await consents.grant(aGrant({ consentId: 'a-later-consent-of-the' }))
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), {
        outcome: 'not-found',
      })
      assert.equal(await lastUseOf(storage), undefined)
    },
  },
  {
    name: 'consents.grant() while families are created and rotated loses neither scopes nor lastUsedAt',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      const now = NOW + 2 * HOUR
      await concurrently((caller) => families.create(durableFamily(`old ${caller}`), NOW, ANYTIME))
      await concurrently(async (caller) => {
        const [, created, rotated] = await Promise.all([
          consents.grant(aGrant({ scopes: [`scope-${caller}:read`], grantedAt: now })),
          families.create(durableFamily(`new ${caller}`, now), now, ANYTIME),
          families.rotate(familyIdOf(`old ${caller}`), durableRotation(0, 1), now),
        ])
        assert.equal(created, 'created')
        assert.deepEqual(rotated, ROTATED)
      })
      const consent = await consents.find('user-1', 'client-1')
      assert.equal(consent?.consentId, CONSENT_ID)
      assert.equal(consent?.lastUsedAt, now)
      assert.equal(consent?.scopes.length, 52)
    },
  },
  {
    name: 'consents.delete() is never undone by a concurrent update of lastUsedAt',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      const now = NOW + 2 * HOUR
      const consentIdOf = (caller: number): string => `consent-of-caller-${100 + caller}-`
      await concurrently(async (caller) => {
        const consentId = consentIdOf(caller)
        const [userId, old] = [`user-${caller}`, familyIdOf('old', consentId)]
        await consents.grant(aGrant({ consentId, userId }))
        await families.create(
          { ...durableFamily('old'), familyId: old, consentId, userId },
          NOW,
          ANYTIME,
        )
        const begun = { ...durableFamily('new', now), consentId, userId }
        const [isDeleted] = await Promise.all([
          consents.delete(userId, 'client-1'),
          families.rotate(old, durableRotation(0, 1), now),
          families.create({ ...begun, familyId: familyIdOf('new', consentId) }, now, ANYTIME),
        ])
        assert.equal(isDeleted, true)
        assert.equal(await consents.find(userId, 'client-1'), undefined)
        const later = aGrant({ consentId: `later-of-caller-${100 + caller}---`, userId })
        await consents.grant(later)
        assertConsent(await consents.find(userId, 'client-1'), aConsent(later))
      })
    },
  },
  {
    name: 'families.rotate() of a used token leaves lastUsedAt even when there is none',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      await families.create(durableFamily('one'), NOW, ANYTIME)
      await families.rotate(familyIdOf('one'), durableRotation(0, 1), NOW)
      const reuse = await families.rotate(familyIdOf('one'), durableRotation(0, 2), NOW + 9 * HOUR)
      assert.deepEqual(reuse, REUSED)
      assert.equal((await consents.find('user-1', 'client-1'))?.lastUsedAt, NOW)
    },
  },
]
