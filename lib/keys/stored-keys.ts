/**
 * Administers the keys in a store: lists, rotates and revokes them. None of it decrypts a key or needs
 * the secret.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import { ConflictError } from '../errors.ts'
import type {
  EncryptedKey,
  EncryptedKeyChange,
  EncryptedKeyStore,
} from '../storage/encrypted-key-store.ts'
import {
  DISCOVERABLE_AFTER_SECONDS,
  KEY_PURPOSES,
  type KeyPurpose,
  nextKeys,
  PUBLISHED_BEFORE_USE_SECONDS,
  REVOCATION_DELAY_SECONDS,
  retiresAtOf,
  usableKeys,
} from './key-schedule.ts'

/** How often a change is tried when something else changes the same key. */
const MAXIMUM_ATTEMPTS = 5

/** A key of the server, without the key. Instants are seconds since the Unix epoch. */
export interface ManagedKey {
  /** Names it; for a signing key, its `kid`. */
  readonly keyId: string
  readonly purpose: KeyPurpose
  /** Which of its purpose it is, counted from 1. */
  readonly generation: number
  /**
   * `next` is published and signs next, `signing` signs, `previous` is published until everything it signed
   * has expired, `revoked` is no longer valid, or will not be within seconds.
   */
  readonly state: 'next' | 'signing' | 'previous' | 'revoked'
  readonly createdAt: number
  /** From when it signs, or did. */
  readonly activatesAt: number
  /** When it is deleted; `undefined` while it has no successor. */
  readonly retiresAt: number | undefined
}

/** Lists the keys in a store, by purpose, the newest first. */
export async function listStoredKeys(
  store: EncryptedKeyStore,
  now: number,
): Promise<ReadonlyArray<ManagedKey>> {
  const keys = await store.list()
  return KEY_PURPOSES.flatMap((purpose) => {
    const ofPurpose = keys.filter((key) => key.purpose === purpose)
    return ofPurpose
      .map((key) => describe(key, ofPurpose, now))
      .sort((left, right) => right.generation - left.generation)
  })
}

function describe(key: EncryptedKey, keys: ReadonlyArray<EncryptedKey>, now: number): ManagedKey {
  const { keyId, purpose, generation, createdAt, activatesAt } = key
  return {
    keyId,
    purpose,
    generation,
    state: stateOf(key, keys, now),
    createdAt,
    activatesAt,
    retiresAt: key.revokedAt ?? retiresAtOf(key, keys),
  }
}

function stateOf(
  key: EncryptedKey,
  keys: ReadonlyArray<EncryptedKey>,
  now: number,
): ManagedKey['state'] {
  if (key.revokedAt !== undefined) return 'revoked'
  if (nextKeys(keys, now).includes(key)) return 'next'
  return usableKeys(keys, now)[0] === key ? 'signing' : 'previous'
}

/**
 * Activates the next key: now or, if it was created a moment ago, as soon as JWKS caches can have it.
 *
 * @returns The key; its `activatesAt` says when.
 *
 * @throws {@link ConflictError} when there is no next key.
 */
export async function rotateStoredKey(
  store: EncryptedKeyStore,
  purpose: KeyPurpose,
  now: number,
  actor: Actor,
): Promise<EncryptedKey> {
  const next = nextKeyOf(await store.list(), purpose, now)
  const activatesAt = Math.max(now, next.createdAt + PUBLISHED_BEFORE_USE_SECONDS)
  return await activate(store, next, activatesAt, changeOf('rotated', now, actor))
}

/**
 * Revokes a key that must no longer be trusted. If it is the one that signs, the next key is activated;
 * while that is too young for resource servers to find, the previous key signs once more, if there is one.
 * The revocation takes effect a few seconds later, when no instance can still sign with the key.
 *
 * @returns The key, whose `revokedAt` says when; `undefined` when there is none.
 *
 * @throws {@link ConflictError} when it signs and there is no next key.
 */
export async function revokeStoredKey(
  store: EncryptedKeyStore,
  keyId: string,
  now: number,
  actor: Actor,
): Promise<EncryptedKey | undefined> {
  const keys = await store.list()
  const key = keys.find((candidate) => candidate.keyId === keyId)
  if (key === undefined) return undefined
  const { purpose } = key
  const ofPurpose = keys.filter((candidate) => candidate.purpose === purpose)
  if (usableKeys(ofPurpose, now)[0] === key) {
    // The next key as of when this one was found to sign: another call may have rotated since.
    const next = nextKeyOf(keys, purpose, now)
    await activate(store, next, Math.max(now, next.createdAt + DISCOVERABLE_AFTER_SECONDS))
  }
  return await changeKey(store, key, (current) =>
    current.revokedAt === undefined
      ? withChange(
          { ...current, revokedAt: now + REVOCATION_DELAY_SECONDS },
          changeOf('revoked', now, actor),
        )
      : current,
  )
}

function nextKeyOf(
  keys: ReadonlyArray<EncryptedKey>,
  purpose: KeyPurpose,
  now: number,
): EncryptedKey {
  const ofPurpose = keys.filter((key) => key.purpose === purpose)
  const [next] = nextKeys(ofPurpose, now)
  if (next !== undefined) return next
  throw new ConflictError(
    `there is no next ${purpose} key yet; an instance creates one when it next reads the keys`,
  )
}

async function activate(
  store: EncryptedKeyStore,
  next: EncryptedKey,
  activatesAt: number,
  change?: EncryptedKeyChange,
): Promise<EncryptedKey> {
  const activated = await changeKey(store, next, (current) =>
    current.activatesAt <= activatesAt ? current : withChange({ ...current, activatesAt }, change),
  )
  if (activated === undefined) throw new ConflictError('the next key was deleted in the meantime')
  return activated
}

function changeOf(
  type: EncryptedKeyChange['type'],
  at: number,
  { actorId, ip }: Actor,
): EncryptedKeyChange {
  return {
    type,
    at,
    ...(actorId === undefined ? {} : { actorId }),
    ...(ip === undefined ? {} : { ip }),
  }
}

/** Records a change; an instance that reads the key reports it ({@link createChangeReporter}). */
function withChange(key: EncryptedKey, change: EncryptedKeyChange | undefined): EncryptedKey {
  return change === undefined ? key : { ...key, changes: [...(key.changes ?? []), change] }
}

/**
 * Changes a key, although others may change it at the same time.
 *
 * @param change Returns the same object when there is nothing to do.
 *
 * @returns The key afterwards; `undefined` when it does not exist.
 */
export async function changeKey(
  store: EncryptedKeyStore,
  { purpose, generation }: EncryptedKey,
  change: (current: EncryptedKey) => EncryptedKey,
): Promise<EncryptedKey | undefined> {
  for (let attempt = 0; attempt < MAXIMUM_ATTEMPTS; attempt += 1) {
    const keys = await store.list()
    const current = keys.find((key) => key.purpose === purpose && key.generation === generation)
    if (current === undefined) return undefined
    const changed = change(current)
    if (changed === current) return current
    const next = { ...changed, version: current.version + 1 }
    if (await store.update(next, current.version)) return next
  }
  throw new ConflictError('other processes keep changing the key; try again')
}
