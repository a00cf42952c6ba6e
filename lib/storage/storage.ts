/**
 * The storage contract: everything the authorization server keeps, as domain verbs.
 *
 * Three rules hold for every implementation:
 *
 * - **One winner.** Every state change that decides who gets tokens is one atomic operation, and its
 *   result says who won. Nothing is decided by reading first and writing later.
 * - **Nothing usable at rest.** Keys of artifacts and families, and every `…Hash`, are SHA-256 values
 *   made by the caller. No store ever sees a token, a code, a secret or a cookie value.
 * - **Time is an argument.** Instants are whole seconds since the Unix epoch. A store has no clock: a
 *   record whose `expiresAt` is not after `now` does not exist, whether or not it was removed yet.
 *   Once it was told such a `now`, a store may remove the record for good. The exceptions are the
 *   deadlines of rotations and of families that begin, which only the backend's own clock can judge.
 *
 * Keys of artifacts and families, client ids and `jti`s have 1 to 128 characters out of
 * `A–Z a–z 0–9 _ -`. A `userId` is the host's: any text without NUL. All of them are compared
 * character by character. Each store, and each kind of artifact, is a namespace of its own.
 *
 * Records are copies: changing one after it was saved, or after it was found, changes nothing in the
 * store. A member whose value is `undefined` may come back absent, but never as `null`.
 *
 * The suite in `@teamcast/oauth-server/testing` checks all of this against any implementation.
 *
 * A failing backend is reported as {@link StorageError}.
 *
 * @module
 */

import type { ClientAudience, ClientRecord, ClientType } from '../clients/client.ts'
import type { Consent, ConsentGrant, GrantedScope } from '../consent/consent.ts'

// For the adapters, which need the types of what they store and nothing else of those folders.
export type { ClientRecord, Consent, ConsentGrant, GrantedScope }

/** Everything the authorization server persists. */
export interface Storage {
  /** Registered clients. Durable. */
  readonly clients: ClientStore
  /** Which scopes a user granted to a client. Durable. */
  readonly consents: ConsentStore
  /** Token families with their current refresh token. They last as long as their tokens. */
  readonly families: TokenFamilyStore
  /** Authorization codes, pending requests and how they ended, sessions and sign-outs. Short-lived. */
  readonly artifacts: ArtifactStore
  /** What was revoked while tokens of it may still be good. Short-lived. */
  readonly revocations: RevocationStore
  /** The server's own keys, encrypted, for the instances that share the storage. Durable. */
  readonly encryptedKeys: EncryptedKeyStore
  /** What the storage keeps its records in, for health checks. */
  readonly backends: ReadonlyArray<Backend>
}

/** Registered clients. */
export interface ClientStore {
  /** Adds a client. @returns `false` when its `clientId` is taken; nothing is changed then. */
  insert(client: ClientRecord): Promise<boolean>

  /** Finds a client by its `clientId`. */
  find(clientId: string): Promise<ClientRecord | undefined>

  /**
   * Lists clients, newest `createdAt` first; among equals in an order of the store's own.
   *
   * Paging is stable: whatever was inserted, updated or deleted in between, every client that was
   * there from the first page to the last is listed exactly once. A cursor that no page ever had is
   * not an error: its page is empty, and the last.
   */
  list(request: ClientListRequest): Promise<Page<ClientRecord>>

  /**
   * Replaces a client, if it is still at `expectedVersion`. The caller leaves `createdAt`, `audience`,
   * `tenantId` and `clientType` as they were. The version may stay the same: see {@link ClientRecord}.
   *
   * @returns `false` when the client is gone or at another version; nothing is changed then.
   */
  update(client: ClientRecord, expectedVersion: number): Promise<boolean>

  /**
   * Deletes a client, and with it every family of its tokens, in one step of constant cost: see
   * {@link TokenFamilyStore.find}. Its id is never used again.
   *
   * @param expectedVersion If given, the client is deleted only at this version.
   *
   * @returns `false` when there was none, or not at that version; nothing is changed then.
   */
  delete(clientId: string, expectedVersion?: number): Promise<boolean>
}

/** Which clients to list. Filters that are absent let every client through. */
export interface ClientListRequest extends PageRequest {
  readonly audience?: ClientAudience
  readonly tenantId?: string
  readonly clientType?: ClientType
  /** A part of the name: any text. It and the name are compared as {@link searchableText} makes them. */
  readonly nameContains?: string
}

/** A text as names are searched by: without regard to case. */
export function searchableText(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Which page of a list to return. */
export interface PageRequest {
  /** The most items to return, 1 to 100. */
  readonly limit: number
  /** `nextCursor` of the page before; absent for the first page. */
  readonly cursor?: string
}

/** One page of a list. */
export interface Page<Item> {
  /** The items, at most `limit`. */
  readonly items: ReadonlyArray<Item>
  /** Opaque; names the next page. `undefined` on the last page. */
  readonly nextCursor: string | undefined
}

/** Consents: one record per user and client. */
export interface ConsentStore {
  /**
   * Adds scopes to the consent of a user to a client, or creates it, in one atomic step: of two
   * concurrent calls in one tenant neither loses its scopes. A consent that exists keeps its
   * `consentId`, its `createdAt`, its `lastUsedAt`, and when each of its scopes was first granted;
   * everything else becomes what this call says.
   *
   * A consent of another tenant is not added to: it is deleted in the same step, with every family
   * under it, and this call begins a new one. So a consent is of one tenant for as long as it lives.
   *
   * @param grant Its `consentId` was never used before.
   */
  grant(grant: ConsentGrant): Promise<void>

  /** Finds the consent of a user to a client. */
  find(userId: string, clientId: string): Promise<Consent | undefined>

  /** Lists the consents of a user, most recently granted first. */
  list(userId: string): Promise<ReadonlyArray<Consent>>

  /**
   * Lists some consents of everybody in a tenant, or to a client, in any order. Whoever deletes what is
   * listed and asks again has them all when nothing is listed any more.
   *
   * @param limit The most to list, 1 to 1000.
   */
  listBatch(of: ConsentOwner, limit: number): Promise<ReadonlyArray<Consent>>

  /**
   * Removes scopes from this very consent, in one atomic step. Its other scopes and its families stay.
   *
   * @returns `false` when it is gone; nothing is changed then.
   */
  removeScopes(
    consent: Pick<Consent, 'consentId' | 'userId' | 'clientId'>,
    scopes: ReadonlyArray<string>,
  ): Promise<boolean>

  /**
   * Deletes a consent, and with it every family that began under it, in one step of constant cost:
   * a family lives only as long as its consent.
   *
   * @param expectedConsentId If given, the consent is deleted only if it is this one.
   *
   * @returns `false` when there was none, or not this one; nothing is changed then.
   */
  delete(userId: string, clientId: string, expectedConsentId?: string): Promise<boolean>
}

/** Whose consents: those that users of a tenant gave (by {@link Consent.tenantId}), or a client has. */
export type ConsentOwner = { readonly tenantId: string } | { readonly clientId: string }

/**
 * How late {@link Consent.lastUsedAt} may be: a rotation is noted only when the use that is noted is
 * older than this, so that refreshing tokens does not write a consent each time. In seconds.
 */
export const USE_RESOLUTION_SECONDS = 3600

/**
 * A token family: every refresh and access token that descends from one authorization.
 *
 * The family *is* the state of its refresh token: it holds the hash of the one that is current and
 * nothing about the spent ones, so it has the same size after a thousand rotations.
 *
 * It lives while its record was neither revoked nor has expired and its consent exists.
 */
export interface TokenFamily {
  /**
   * The `grant_id` of its access tokens, 65 characters: its `consentId`, so that a store can keep both
   * in one place, and the base64url SHA-256 of the family's secret.
   */
  readonly familyId: string
  /** The consent under which it began. */
  readonly consentId: string
  /** Client the tokens were issued to. */
  readonly clientId: string
  /** Resource owner. */
  readonly userId: string
  /** Tenant the user belonged to when the family began. */
  readonly tenantId: string
  /** Scopes the user granted; no token of the family ever has more. */
  readonly scopes: ReadonlyArray<string>
  /** The token audiences that its access tokens may have, one each. */
  readonly resources: ReadonlyArray<string>
  /** When the authorization code was redeemed. */
  readonly createdAt: number
  /** The one refresh token that is good. Absent when the client may not use `refresh_token`. */
  readonly refreshToken?: CurrentRefreshToken
  /** The last rotation's answer, kept for a client that never received it. */
  readonly replay?: RefreshReplay
  /** When the last token of the family has expired; the record is worthless from then on. */
  readonly expiresAt: number
}

/** A family that was found. */
export interface FoundTokenFamily extends TokenFamily {
  /**
   * When it was found: milliseconds since the Unix epoch by the store's own clock, whichever that is.
   * Good for {@link Rotation.deadlineMilliseconds} and nothing else.
   */
  readonly foundAtMilliseconds: number
}

/** The refresh token of a family that has not been used yet. */
export interface CurrentRefreshToken {
  /** Base64url SHA-256 of the token. */
  readonly hash: string
  /** When it was issued. */
  readonly issuedAt: number
  /** When it expires. */
  readonly expiresAt: number
}

/** What lets a client that lost the answer to a refresh request ask again. */
export interface RefreshReplay {
  /** Hash of the refresh token that was spent. */
  readonly usedTokenHash: string
  /** Hash of the request that spent it; only the same request gets the answer again. */
  readonly requestHash: string
  /** The token response, encrypted under a key that only the spent token opens. */
  readonly encryptedResponse: string
  /** Until when it is given again: while `now` is before it. */
  readonly until: number
}

/** One rotation of a family's refresh token. */
export interface Rotation {
  /** Hash of the refresh token that the client presented. */
  readonly presentedTokenHash: string
  /** Hash of the request; see {@link RefreshReplay.requestHash}. */
  readonly requestHash: string
  /** The successor. */
  readonly refreshToken: CurrentRefreshToken
  /** Kept when the server has a retry window; `undefined` removes the one before. */
  readonly replay: RefreshReplay | undefined
  /** The family's new `expiresAt`. */
  readonly expiresAt: number
  /** If the presented token turns out to be spent: until when the revoked family is remembered. */
  readonly rememberRevokedUntil: number
  /**
   * The last moment at which the rotation may happen, by the clock of
   * {@link FoundTokenFamily.foundAtMilliseconds}. Its caller gives up then; a backend that was frozen
   * must not spend the client's token when it wakes up and nobody is waiting for the answer.
   */
  readonly deadlineMilliseconds: number
}

/** How a rotation ended. */
export type RotationOutcome =
  /** The presented token was current; the successor is now. */
  | { readonly outcome: 'rotated' }
  /** The presented token was spent by this very request within the retry window. Nothing changed. */
  | { readonly outcome: 'replayed'; readonly encryptedResponse: string }
  /** The presented token was not current: the family was revoked in the same step. */
  | { readonly outcome: 'reused' }
  /**
   * The family does not live; or the presented token is current but has expired. Nothing changed.
   */
  | { readonly outcome: 'not-found' }
  /** The deadline has passed. Nothing changed. */
  | { readonly outcome: 'late' }

/** How an attempt to begin a family ended. */
export type CreationOutcome =
  /** It lives. */
  | 'created'
  /** A family with this id lives, or was revoked and is still remembered. Nothing changed. */
  | 'taken'
  /** Its consent was withdrawn. Nothing changed. */
  | 'consent-not-found'
  /** The deadline has passed. Nothing changed. */
  | 'late'

/** Token families. */
export interface TokenFamilyStore {
  /**
   * Begins a family. This is the step that redeems an authorization code: the code determines the
   * `familyId`, so of any number of redemptions one creates the family.
   *
   * Its consent is noted as used at `family.createdAt`, unless a later use is noted.
   *
   * @param deadlineMilliseconds The last moment at which the family may begin, by the clock of
   *   {@link FoundArtifact.foundAtMilliseconds}. Its caller gives up then, and its code must still be good
   *   when the client tries again, however long a frozen backend or a lock has held the call up.
   *
   * @returns `created` to exactly one caller, for as long as the family's record lasts or, revoked, is
   *   remembered.
   */
  create(family: TokenFamily, now: number, deadlineMilliseconds: number): Promise<CreationOutcome>

  /**
   * Finds a family that lives.
   *
   * @param clientId The client that presents a token of the family. If it does not exist any more,
   *   neither does the family: deleting a client ends its tokens, whatever else is remembered of it.
   */
  find(familyId: string, clientId: string, now: number): Promise<FoundTokenFamily | undefined>

  /**
   * Replaces the current refresh token, in one atomic step, if the presented one is current. The
   * family's consent is then noted as used `now`, if the use that is noted is older than
   * {@link USE_RESOLUTION_SECONDS}.
   *
   * A presented token that is not current is reuse and revokes the family in the same step
   * (RFC 9700 §4.14.2), unless it is a retry: the last token that was spent, presented again by the
   * same request before `retry.until`. The caller has already found the family, and established that
   * the presented token was once issued for it.
   */
  rotate(familyId: string, rotation: Rotation, now: number): Promise<RotationOutcome>

  /**
   * Revokes a family: O(1), whatever its history. Once it has resolved, no rotation that ran at the
   * same time leaves the family alive.
   *
   * @param rememberUntil Until when `create` must still refuse this `familyId`: it may succeed again
   *   when `now` has reached it.
   *
   * @returns `false` when the family does not live; nothing is changed then.
   */
  revoke(familyId: string, rememberUntil: number, now: number): Promise<boolean>
}

/** What an artifact is. */
export type ArtifactKind =
  | 'AuthorizationCode'
  | 'PendingRequest'
  | 'Session'
  /** Since when the sessions of a user do not count any more. */
  | 'NotBefore'
  /** That a pending request was denied by its user. */
  | 'Denial'
  /** Which family began with the code of a pending request. */
  | 'Redemption'

/** An artifact's content: plain JSON. */
export type ArtifactData = Readonly<Record<string, unknown>>

/** An artifact that was found, and when. */
export interface FoundArtifact {
  readonly data: ArtifactData
  /**
   * When it was found: milliseconds since the Unix epoch by the clock of the storage's token families.
   * Good for the deadline of {@link TokenFamilyStore.create} and nothing else.
   */
  readonly foundAtMilliseconds: number
}

/** Short-lived records, found by the hash of the identifier that a browser or client holds. */
export interface ArtifactStore {
  /** Inserts or replaces. */
  save(kind: ArtifactKind, key: string, data: ArtifactData, expiresAt: number): Promise<void>

  /** Finds an artifact that has not expired. */
  find(kind: ArtifactKind, key: string, now: number): Promise<ArtifactData | undefined>

  /** Finds an artifact likewise, and says when, by the clock that judges when a family begins. */
  findTimed(kind: ArtifactKind, key: string, now: number): Promise<FoundArtifact | undefined>

  /** Deletes an artifact; does nothing when there is none. */
  delete(kind: ArtifactKind, key: string): Promise<void>
}

/** What was revoked. */
export type RevocationKind =
  /** One access token, by its `jti`. */
  | 'access-token'
  /** A token family, by its `familyId`: the `grant_id` of its access tokens. */
  | 'family'
  /** A consent, by its `consentId`, and so every family under it. */
  | 'consent'
  /** A client, by its `clientId`. */
  | 'client'
  /** A signing key, by its `kid`. */
  | 'signing-key'

/** Something that was revoked: every token of it that was issued before is worthless. */
export interface Revocation {
  readonly kind: RevocationKind
  /** Names it among its kind. The same alphabet as other keys. */
  readonly id: string
  /**
   * From when no verifier accepts a token that it could end, whatever clock tolerance it has: at most
   * 90 000 seconds (25 hours) after it is added.
   */
  readonly expiresAt: number
}

/**
 * What was revoked, to be asked for one by one, and to be followed as it grows. A revocation that has
 * expired may be removed for good.
 */
export interface RevocationStore {
  /** Records a revocation. It may be added again; the later `expiresAt` counts. */
  add(revocation: Revocation): Promise<void>

  /** Whether something was revoked. */
  has(kind: RevocationKind, id: string, now: number): Promise<boolean>

  /**
   * Lists revocations that have not expired, in an order of the store's own.
   *
   * Whoever begins without a cursor and follows `nextCursor` on and on is told of every revocation: of
   * one whose `add` has resolved, at the latest in the first run of pages that begins after that, a run
   * being all pages up to and with the one whose `hasMore` is `false`. It may be told again, but not for
   * ever. A cursor that no page of this storage ever had begins anew: better told twice than not at all.
   */
  list(request: RevocationListRequest, now: number): Promise<RevocationPage>
}

/** Which revocations to list. */
export interface RevocationListRequest {
  /** The most items to return, 1 to 1000. */
  readonly limit: number
  /** `nextCursor` of the page before, of whenever; absent for all there are. */
  readonly cursor?: string
}

/** One page of revocations. */
export interface RevocationPage {
  /** The items, at most `limit`; maybe none although there are more. */
  readonly items: ReadonlyArray<Revocation>
  /** Opaque, 1 to 256 characters out of `A–Z a–z 0–9 _ . -`: where to go on, now or later. */
  readonly nextCursor: string
  /** Whether there is more to be had now. */
  readonly hasMore: boolean
}

/** What somebody did to a key of the server. */
export interface SealedKeyChange {
  /** It signs before its time, or nothing that it signed counts any more. */
  readonly type: 'rotated' | 'revoked'
  /** When it was done. */
  readonly at: number
  /** Who did it, in the host's own terms. */
  readonly actorId?: string
  /** Address the request came from. */
  readonly ip?: string
  /** Names the instance that reports it to its host. Absent until one does. */
  readonly reportedBy?: string
}

/** A key of the server, encrypted before it got here. */
export interface EncryptedKey {
  /** Names it; for a signing key, its `kid`. The same alphabet as other keys. */
  readonly keyId: string
  /** What it is for. */
  readonly purpose: 'signing' | 'cookie'
  /** Which of its purpose it is, counted from 1: there is one of each number. */
  readonly generation: number
  /** The encrypted key. */
  readonly encrypted: string
  /** When it was made. */
  readonly createdAt: number
  /** From when it is the one of its purpose that signs, until another one is. */
  readonly activatesAt: number
  /** From when nothing that it signed counts any more. Absent unless somebody withdrew it. */
  readonly revokedAt?: number
  /** What somebody did to it, in this order; at most one of each type. Absent when nobody did anything. */
  readonly changes?: ReadonlyArray<SealedKeyChange>
  /** Counts the versions of this record, from 1. */
  readonly version: number
}

/** The server's own keys. */
export interface EncryptedKeyStore {
  /**
   * Adds a key, unless there is one of its purpose and generation.
   *
   * @returns `true` to exactly one caller per purpose and generation.
   */
  insert(key: EncryptedKey): Promise<boolean>

  /** Lists all keys, in any order. */
  list(): Promise<ReadonlyArray<EncryptedKey>>

  /**
   * Replaces the key of its purpose and generation, if that is still at `expectedVersion`.
   *
   * @returns `false` when it is gone or at another version; nothing is changed then.
   */
  update(key: EncryptedKey, expectedVersion: number): Promise<boolean>

  /** Deletes the key of a purpose and generation. @returns `false` when there was none. */
  delete(purpose: EncryptedKey['purpose'], generation: number): Promise<boolean>
}

/** A database, or whatever else a storage keeps its records in. */
export interface Backend {
  /** For people, for example `redis`. */
  readonly name: string
  /** Resolves when it answers, and can read and write. @throws {@link StorageError} when it cannot. */
  ping(): Promise<void>
}
