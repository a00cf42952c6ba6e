/**
 * The keys in a store, as they are administered: listed, rotated, withdrawn. None of it needs the keys
 * themselves, nor the secret that they are encrypted under.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import { ConflictError } from '../errors.ts'
import type { EncryptedKey, EncryptedKeyStore, SealedKeyChange } from '../storage/storage.ts'
import {
  FOUND_WHEN_MET_SECONDS,
  KEY_PURPOSES,
  type KeyPurpose,
  nextKeys,
  PUBLISHED_BEFORE_USE_SECONDS,
  retiresAtOf,
  usableKeys,
  WITHDRAWAL_SECONDS,
} from './key-schedule.ts'

/** How often a change is tried again when somebody else changes the same key. */
const MAXIMUM_ATTEMPTS = 5

/** A key of the server, without the key. Instants are seconds since the Unix epoch. */
export interface ManagedKey {
  /** Names it; for a signing key, its `kid`. */
  readonly keyId: string
  readonly purpose: KeyPurpose
  /** Which of its purpose it is, counted from 1. */
  readonly generation: number
  /**
   * `standby` is published and signs next, `signing` is the one that signs, `previous` is published until
   * the last thing that it signed has expired, `withdrawn` is about to be refused, or already is.
   */
  readonly state: 'next' | 'signing' | 'previous' | 'revoked'
  readonly createdAt: number
  /** From when it signs, or did. */
  readonly activatesAt: number
  /** When it is removed; `undefined` as long as no key is there to follow it. */
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
 * Has the standby key sign from now on; or, if it was made a moment ago, as soon as everybody can have it.
 *
 * @returns The key; its `activatesAt` says when.
 *
 * @throws {@link ConflictError} when there is no standby key.
 */
export async function rotateStoredKey(
  store: EncryptedKeyStore,
  purpose: KeyPurpose,
  now: number,
  actor: Actor,
): Promise<EncryptedKey> {
  const standby = nextKeyOf(await store.list(), purpose, now)
  const activatesAt = Math.max(now, standby.createdAt + PUBLISHED_BEFORE_USE_SECONDS)
  return await activate(store, standby, activatesAt, changeOf('rotated', now, actor))
}

/**
 * Withdraws a key that must not be trusted any more. If it signs, the standby key does from now on; while
 * that is so young that resource servers cannot have found it, the key before does once more, if there is
 * one. The key itself is refused a few seconds later, when no instance can still sign with it.
 *
 * @returns The key, whose `revokedAt` says when; `undefined` when there is none.
 *
 * @throws {@link ConflictError} when it signs and there is no standby key.
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
    // The one that was standby when this key was found to sign: another call may have rotated since.
    const standby = nextKeyOf(keys, purpose, now)
    await activate(store, standby, Math.max(now, standby.createdAt + FOUND_WHEN_MET_SECONDS))
  }
  return await changeKey(store, key, (current) =>
    current.revokedAt === undefined
      ? withChange(
          { ...current, revokedAt: now + WITHDRAWAL_SECONDS },
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
  const [standby] = nextKeys(ofPurpose, now)
  if (standby !== undefined) return standby
  throw new ConflictError(
    `there is no standby ${purpose} key yet; an instance makes one when it next reads the keys`,
  )
}

async function activate(
  store: EncryptedKeyStore,
  standby: EncryptedKey,
  activatesAt: number,
  change?: SealedKeyChange,
): Promise<EncryptedKey> {
  const activated = await changeKey(store, standby, (current) =>
    current.activatesAt <= activatesAt ? current : withChange({ ...current, activatesAt }, change),
  )
  if (activated === undefined) throw new ConflictError('the standby key was removed meanwhile')
  return activated
}

function changeOf(
  type: SealedKeyChange['type'],
  at: number,
  { actorId, ip }: Actor,
): SealedKeyChange {
  return {
    type,
    at,
    ...(actorId === undefined ? {} : { actorId }),
    ...(ip === undefined ? {} : { ip }),
  }
}

/** Notes what somebody did: whoever reads the key tells it ({@link createChangeReporter}). */
function withChange(key: EncryptedKey, change: SealedKeyChange | undefined): EncryptedKey {
  return change === undefined ? key : { ...key, changes: [...(key.changes ?? []), change] }
}

/**
 * Changes a key, whatever else changes it at the same moment.
 *
 * @param change Returns the same object when there is nothing to do, also because it was done before.
 *
 * @returns The key as it is then; `undefined` when it is gone.
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
  throw new ConflictError('somebody else changes the key again and again')
}
