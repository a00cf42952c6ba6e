/**
 * When keys are made, used and removed: pure functions of the records and the time, so that instances
 * that read the same records do the same without talking to each other.
 *
 * There is always a standby key. It is published for a whole rotation interval before it signs, so
 * everybody who verifies has it by then, and the change from one key to the next is nothing but the time.
 *
 * @module
 */

import { MAXIMUM_ACCESS_TOKEN_TTL_SECONDS, SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { EncryptedKey } from '../storage/storage.ts'

/** What a key is for. */
export type KeyPurpose = EncryptedKey['purpose']

/** All purposes. */
export const KEY_PURPOSES: ReadonlyArray<KeyPurpose> = ['signing', 'cookie']

/** How old the keys that an instance signs with may be: older ones are read again first. */
export const KEY_LEASE_SECONDS = 10

/**
 * How long a key is still good after somebody withdrew it. No instance signs with it for longer than the
 * lease, so what it signed in good faith is refused everywhere at the same time, whatever few seconds the
 * clocks of the instances differ by.
 */
export const WITHDRAWAL_SECONDS = 15

/** How long a key is published before it signs, at least: until caches of the JWKS have expired. */
export const PUBLISHED_BEFORE_USE_SECONDS = 600

/**
 * How old a standby key must be to be found by who meets it in a token without having it yet: instances
 * have read it and publish it, and a resource server that has just fetched the JWKS fetches it again.
 */
export const FOUND_WHEN_MET_SECONDS = 60

/** The longest life of what a key of each purpose signs. */
const LONGEST_LIFE_SECONDS: Readonly<Record<KeyPurpose, number>> = {
  signing: MAXIMUM_ACCESS_TOKEN_TTL_SECONDS,
  cookie: SESSION_TTL_SECONDS,
}

/** For clocks that differ, here and at those who verify. */
const RETIREMENT_MARGIN_SECONDS = 300

/** What the schedule needs to know of a key. All of one call are of one purpose. */
export type ScheduledKey = Pick<
  EncryptedKey,
  'purpose' | 'generation' | 'createdAt' | 'activatesAt' | 'revokedAt'
>

/** The keys that verify, without those that are withdrawn; the first one signs. */
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

/** The newest that is active, or the next one to be. Nothing signs any more that somebody withdrew. */
function signingKeyOf<Key extends ScheduledKey>(
  keys: ReadonlyArray<Key>,
  now: number,
): Key | undefined {
  const candidates = keys
    .filter(({ revokedAt }) => revokedAt === undefined)
    .sort((left, right) => left.generation - right.generation)
  return candidates.findLast(({ activatesAt }) => activatesAt <= now) ?? candidates[0]
}

/** The keys that wait for their turn, the next one first. */
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

/** What has to be done about the keys of a purpose. */
export interface Maintenance<Key> {
  /** The key to make. */
  readonly toCreate: Pick<EncryptedKey, 'generation' | 'activatesAt'> | undefined
  /** Keys that are good for nothing any more. */
  readonly toDelete: ReadonlyArray<Key>
}

/** Decides what has to be done about the keys of a purpose. */
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

/** When the last thing that a key signed has expired; `undefined` while it has no successor. */
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

/** When {@link usableKeys} says something else for the same keys; infinity for never. */
export function nextChangeAfter(keys: ReadonlyArray<ScheduledKey>, now: number): number {
  const instants = keys.flatMap(({ activatesAt, revokedAt }) => [activatesAt, revokedAt ?? now])
  return Math.min(Number.POSITIVE_INFINITY, ...instants.filter((instant) => instant > now))
}

/** Whether a key is withdrawn, and nothing that it signed counts any more. */
function isRevoked({ revokedAt }: ScheduledKey, now: number): boolean {
  return revokedAt !== undefined && revokedAt <= now
}
