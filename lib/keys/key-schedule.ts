/**
 * When keys are created, used and deleted: pure functions of the records and the time, so that instances
 * that read the same records do the same without talking to each other.
 *
 * There is always a next key. It is published for a whole rotation interval before it signs, so every
 * verifier has it by then, and instances switch from one key to the next by the time alone.
 *
 * @module
 */

import { MAXIMUM_ACCESS_TOKEN_TTL_SECONDS, SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { EncryptedKey } from '../storage/encrypted-key-store.ts'

/** What a key is for. */
export type KeyPurpose = EncryptedKey['purpose']

/** All purposes. */
export const KEY_PURPOSES: ReadonlyArray<KeyPurpose> = ['signing', 'cookie']

/** An instance that read the keys longer ago than this reads them again before it signs. */
export const KEY_LEASE_SECONDS = 10

/**
 * How long a key stays valid after it was revoked. No instance signs with it for longer than the lease, so
 * every instance stops accepting its tokens at the same time, although clocks may differ by a few seconds.
 */
export const REVOCATION_DELAY_SECONDS = 15

/** How long a key is published before it signs, at least: until caches of the JWKS have expired. */
export const PUBLISHED_BEFORE_USE_SECONDS = 600

/**
 * How old a key must be for a resource server that meets it in a token to find it: every instance has read
 * and publishes it, and a resource server that has just fetched the JWKS may fetch it again.
 */
export const DISCOVERABLE_AFTER_SECONDS = 60

/** How long what a key of each purpose signs is valid at most. */
const LONGEST_LIFE_SECONDS: Readonly<Record<KeyPurpose, number>> = {
  signing: MAXIMUM_ACCESS_TOKEN_TTL_SECONDS,
  cookie: SESSION_TTL_SECONDS,
}

/** For clock differences, here and at verifiers. */
const RETIREMENT_MARGIN_SECONDS = 300

/** What the schedule needs of a key. All keys of one call are of one purpose. */
export type ScheduledKey = Pick<
  EncryptedKey,
  'purpose' | 'generation' | 'createdAt' | 'activatesAt' | 'revokedAt'
>

/** The keys that verify; the first one signs. */
export function usableKeys<Key extends ScheduledKey>(
  keys: ReadonlyArray<Key>,
  now: number,
): ReadonlyArray<Key> {
  const signing = signingKeyOf(keys, now)
  const others = keys
    .filter((key) => key !== signing && !isRevoked(key, now))
    .sort((left, right) => right.generation - left.generation)
  return signing === undefined ? others : [signing, ...others]
}

/** The newest active key, or else the next one. A revoked key never signs. */
function signingKeyOf<Key extends ScheduledKey>(
  keys: ReadonlyArray<Key>,
  now: number,
): Key | undefined {
  const candidates = keys
    .filter(({ revokedAt }) => revokedAt === undefined)
    .sort((left, right) => left.generation - right.generation)
  return candidates.findLast(({ activatesAt }) => activatesAt <= now) ?? candidates[0]
}

/** The keys that will sign later, the next one first. */
export function nextKeys<Key extends ScheduledKey>(
  keys: ReadonlyArray<Key>,
  now: number,
): ReadonlyArray<Key> {
  const signing = signingKeyOf(keys, now)
  if (signing === undefined) return []
  return keys
    .filter(
      ({ revokedAt, generation }) => revokedAt === undefined && generation > signing.generation,
    )
    .sort((left, right) => left.generation - right.generation)
}

/** Maintenance that is due for the keys of a purpose. */
export interface Maintenance<Key> {
  /** The key to create. */
  readonly toCreate: Pick<EncryptedKey, 'generation' | 'activatesAt'> | undefined
  readonly toDelete: ReadonlyArray<Key>
}

/** Decides which maintenance is due for the keys of a purpose. */
export function maintenanceOf<Key extends ScheduledKey>(
  keys: ReadonlyArray<Key>,
  now: number,
  rotationSeconds: number,
): Maintenance<Key> {
  const toDelete = keys.filter(
    (key) => isRevoked(key, now) || now >= (retiresAtOf(key, keys) ?? Number.POSITIVE_INFINITY),
  )
  const generation = 1 + Math.max(0, ...keys.map((key) => key.generation))
  const signing = signingKeyOf(keys, now)
  if (signing === undefined) return { toCreate: { generation, activatesAt: now }, toDelete }
  if (nextKeys(keys, now).length > 0) return { toCreate: undefined, toDelete }
  const activatesAt = Math.max(
    signing.activatesAt + rotationSeconds,
    now + PUBLISHED_BEFORE_USE_SECONDS,
  )
  return { toCreate: { generation, activatesAt }, toDelete }
}

/** When everything that a key signed has expired; `undefined` while it has no successor. */
export function retiresAtOf(
  key: ScheduledKey,
  keys: ReadonlyArray<ScheduledKey>,
): number | undefined {
  const successors = keys
    .filter(({ generation, revokedAt }) => generation > key.generation && revokedAt === undefined)
    .map(({ activatesAt }) => activatesAt)
  if (successors.length === 0) return undefined
  return Math.min(...successors) + LONGEST_LIFE_SECONDS[key.purpose] + RETIREMENT_MARGIN_SECONDS
}

/** When {@link usableKeys} next changes for the same keys; infinity for never. */
export function nextChangeAfter(keys: ReadonlyArray<ScheduledKey>, now: number): number {
  const instants = keys.flatMap(({ activatesAt, revokedAt }) => [activatesAt, revokedAt ?? now])
  return Math.min(Number.POSITIVE_INFINITY, ...instants.filter((instant) => instant > now))
}

/** Whether a key was revoked and the revocation has taken effect. */
function isRevoked({ revokedAt }: ScheduledKey, now: number): boolean {
  return revokedAt !== undefined && revokedAt <= now
}
