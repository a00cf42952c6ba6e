import test from 'ava'
import {
  maintenanceOf,
  nextChangeAfter,
  nextKeys,
  type ScheduledKey,
  usableKeys,
} from '../../lib/keys/key-schedule.ts'

const NOW = 1_800_000_000
const DAY = 86_400
const ROTATION = 90 * DAY
/** How long a signing key stays after its successor signs: the longest access token, and a margin. */
const KEPT = DAY + 300

function aKey(generation: number, changes: Partial<ScheduledKey> = {}): ScheduledKey {
  const createdAt = NOW - ROTATION
  return { purpose: 'signing', generation, createdAt, activatesAt: NOW, ...changes }
}

const generations = (keys: ReadonlyArray<ScheduledKey>): ReadonlyArray<number> =>
  keys.map(({ generation }) => generation)

const current = aKey(1, { activatesAt: NOW - 1 })
const next = aKey(2, { activatesAt: NOW + ROTATION })

test('schedule: without keys one is created that signs at once', (t) => {
  t.deepEqual(maintenanceOf([], NOW, ROTATION), {
    toCreate: { generation: 1, activatesAt: NOW },
    toDelete: [],
  })
  t.deepEqual(usableKeys([], NOW), [])
})

test('schedule: a key that signs gets a next key, one rotation after itself', (t) => {
  t.deepEqual(maintenanceOf([current], NOW, ROTATION).toCreate, {
    generation: 2,
    activatesAt: NOW - 1 + ROTATION,
  })
  t.is(maintenanceOf([current, next], NOW, ROTATION).toCreate, undefined)
})

test('schedule: a next key that comes late is still published ten minutes before it signs', (t) => {
  const forgotten = aKey(1, { activatesAt: NOW - 10 * ROTATION })
  t.is(maintenanceOf([forgotten], NOW, ROTATION).toCreate?.activatesAt, NOW + 600)
})

test('schedule: the next key verifies before it signs, and signs from the second on at which it activates', (t) => {
  const keys = [next, current]
  t.deepEqual(generations(usableKeys(keys, next.activatesAt - 1)), [1, 2])
  t.deepEqual(generations(usableKeys(keys, next.activatesAt)), [2, 1])
})

test('schedule: at activation the next key is created, and the previous key is kept until its last token has expired', (t) => {
  const keys = [current, next]
  const { activatesAt } = next
  t.deepEqual(maintenanceOf(keys, activatesAt, ROTATION), {
    toCreate: { generation: 3, activatesAt: activatesAt + ROTATION },
    toDelete: [],
  })
  t.deepEqual(maintenanceOf(keys, activatesAt + KEPT - 1, ROTATION).toDelete, [])
  t.deepEqual(maintenanceOf(keys, activatesAt + KEPT, ROTATION).toDelete, [current])
})

test('schedule: a previous cookie key is kept as long as a session lasts', (t) => {
  const keys = [current, next].map((key) => ({ ...key, purpose: 'cookie' as const }))
  const retiresAt = next.activatesAt + 14 * DAY + 300
  t.deepEqual(maintenanceOf(keys, retiresAt - 1, ROTATION).toDelete, [])
  t.deepEqual(generations(maintenanceOf(keys, retiresAt, ROTATION).toDelete), [1])
})

test('schedule: a revoked key stops signing at once, verifies until the revocation takes effect, and is then deleted', (t) => {
  const revoked = { ...current, revokedAt: NOW + 15 }
  const keys = [revoked, { ...next, activatesAt: NOW }]
  t.deepEqual(generations(usableKeys(keys, NOW)), [2, 1])
  t.deepEqual(generations(usableKeys(keys, NOW + 14)), [2, 1])
  t.deepEqual(generations(usableKeys(keys, NOW + 15)), [2])
  t.deepEqual(maintenanceOf(keys, NOW + 14, ROTATION).toDelete, [])
  t.deepEqual(maintenanceOf(keys, NOW + 15, ROTATION).toDelete, [revoked])
})

test('schedule: when the signing key is revoked the newest that is active signs, or else the next key whatever its time', (t) => {
  const previous = aKey(1, { activatesAt: NOW - DAY })
  const revoked = aKey(2, { activatesAt: NOW - 1, revokedAt: NOW + 15 })
  const next = aKey(3, { activatesAt: NOW })
  t.is(usableKeys([previous, revoked, next], NOW)[0], next)
  t.is(usableKeys([previous, revoked, aKey(3, { activatesAt: NOW + 1 })], NOW)[0], previous)
  const onlyNextKey = [revoked, aKey(3, { activatesAt: NOW + ROTATION })]
  t.is(usableKeys(onlyNextKey, NOW)[0]?.generation, 3)
})

test('schedule: a next key that is revoked gets a successor, and the signing key goes on', (t) => {
  const keys = [current, { ...next, revokedAt: NOW + 15 }]
  t.deepEqual(maintenanceOf(keys, NOW, ROTATION).toCreate, {
    generation: 3,
    activatesAt: NOW - 1 + ROTATION,
  })
  t.is(usableKeys(keys, NOW)[0], current)
  t.deepEqual(nextKeys(keys, NOW), [])
})

test('schedule: keys that are all revoked are followed by one that signs at once', (t) => {
  const keys = [aKey(7, { revokedAt: NOW })]
  t.deepEqual(maintenanceOf(keys, NOW, ROTATION), {
    toCreate: { generation: 8, activatesAt: NOW },
    toDelete: keys,
  })
})

test('schedule: the next change is the next activation or revocation', (t) => {
  const revoked = aKey(1, { activatesAt: NOW - DAY, revokedAt: NOW + 15 })
  t.is(nextChangeAfter([revoked, next], NOW), NOW + 15)
  t.is(nextChangeAfter([revoked, next], NOW + 15), next.activatesAt)
  t.is(nextChangeAfter([revoked, next], next.activatesAt), Number.POSITIVE_INFINITY)
})
