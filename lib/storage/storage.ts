/**
 * The storage contract: everything the authorization server keeps, as domain verbs.
 *
 * Three rules hold for every implementation:
 *
 * - **One winner.** Every state change that decides who gets tokens is one atomic operation, and its
 *   result says who won. Nothing is decided by reading first and writing later.
 * - **Nothing usable at rest.** Keys of artifacts and every `…Hash` are SHA-256 values made by the caller,
 *   and a family id contains one. No store ever sees a token, a code, a secret or a cookie value.
 * - **Time is an argument.** Instants are whole seconds since the Unix epoch. A store has no clock: a
 *   record whose `expiresAt` is not after `now` does not exist, whether or not it was removed yet.
 *   After a call with such a `now`, a store may remove the record for good. The exceptions are the
 *   deadlines of `create` and `rotate`, which only the backend's own clock can judge.
 *
 * Keys of artifacts and families, client ids and `jti`s have 1 to 128 characters out of
 * `A–Z a–z 0–9 _ -`. A `userId` is the host's: any text without NUL. All of them are compared
 * character by character. Each store, and each kind of artifact, is a namespace of its own.
 *
 * Records are copies: changing one after it was saved or found changes nothing in the store. A member
 * whose value is `undefined` may come back absent, but never as `null`.
 *
 * The contract suite in `@teamcast/oauth-server/storage` checks all of this against any implementation.
 *
 * A failing backend is reported as {@link StorageError}.
 *
 * @module
 */

import { ARTIFACT_RESULTS, type ArtifactStore } from './artifact-store.ts'
import { CLIENT_RESULTS, type ClientStore } from './client-store.ts'
import { CONSENT_RESULTS, type ConsentStore } from './consent-store.ts'
import { ENCRYPTED_KEY_RESULTS, type EncryptedKeyStore } from './encrypted-key-store.ts'
import { PENDING_EVENT_RESULTS, type PendingEventStore } from './pending-event-store.ts'
import type { ResultShapes } from './result-shape.ts'
import { REVOCATION_RESULTS, type RevocationStore } from './revocation-store.ts'
import { FAMILY_RESULTS, type TokenFamilyStore } from './token-family-store.ts'

/** The stores of a storage. */
export interface Stores {
  /** Registered clients. Durable. */
  readonly clients: ClientStore
  /** Which scopes a user granted to a client. Durable. */
  readonly consents: ConsentStore
  /** Token families with their current refresh token. Durable, until their tokens expire. */
  readonly families: TokenFamilyStore
  /** Authorization codes, pending requests and how they ended, sessions. Ephemeral, but for codes. */
  readonly artifacts: ArtifactStore
  /** What was revoked while its tokens may still be valid. Durable. */
  readonly revocations: RevocationStore
  /** The server's own keys, encrypted, for the instances that share the storage. Durable. */
  readonly encryptedKeys: EncryptedKeyStore
  /** Audit events that are not reported yet. Durable, until an instance takes them. */
  readonly pendingEvents: PendingEventStore
}

/** Everything the authorization server persists. */
export interface Storage extends Stores {
  /** What the storage keeps its records in, for health checks. */
  readonly backends: ReadonlyArray<Backend>
}

/** A database, or whatever else a storage keeps its records in. */
export interface Backend {
  /** For people, for example `redis`. */
  readonly name: string
  /** Resolves when it responds, and can read and write. @throws {@link StorageError} when it cannot. */
  ping(): Promise<void>
  /** Its pool of connections right now; absent when it has none, or none that can be counted. */
  connections?(): BackendConnections
}

/** A pool of connections. */
export interface BackendConnections {
  /** How many are open. */
  readonly open: number
  /** How many of these are idle. */
  readonly idle: number
  /** How many calls wait for a connection. If there are always some, the pool is too small or the backend too slow. */
  readonly waiting: number
}

/** How a store is treated. */
interface StoreKind<Store> {
  /** Whether its records are durable, or ephemeral: they expire within minutes or days. */
  readonly lifetime: 'durable' | 'ephemeral'
  /** What its methods may resolve to. */
  readonly results: ResultShapes<Store>
}

/** Every kind of store, once: bounding, layering, result checks and options iterate over it. */
export const STORE_KINDS: { readonly [Name in keyof Stores]: StoreKind<Stores[Name]> } = {
  clients: { lifetime: 'durable', results: CLIENT_RESULTS },
  consents: { lifetime: 'durable', results: CONSENT_RESULTS },
  families: { lifetime: 'durable', results: FAMILY_RESULTS },
  artifacts: { lifetime: 'ephemeral', results: ARTIFACT_RESULTS },
  revocations: { lifetime: 'durable', results: REVOCATION_RESULTS },
  encryptedKeys: { lifetime: 'durable', results: ENCRYPTED_KEY_RESULTS },
  pendingEvents: { lifetime: 'durable', results: PENDING_EVENT_RESULTS },
}

/** Creates every store, each from its name. */
export function createStores(
  create: <Name extends keyof Stores>(name: Name) => Stores[Name],
): Stores {
  const names = Object.keys(STORE_KINDS) as Array<keyof Stores>
  const stores: Record<string, unknown> = {}
  for (const name of names) stores[name] = create(name)
  return stores as Partial<Stores> as Stores
}
