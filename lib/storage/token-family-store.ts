import * as shape from './result-shape.ts'

/**
 * A token family: every refresh and access token that descends from one authorization.
 *
 * The family *is* the state of its refresh token. It holds the hash of the current one and nothing about
 * those before, so it has the same size after a thousand rotations.
 *
 * It exists until it is revoked or expires, or its client or consent is deleted.
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
  /** The user's tenant when the family began. */
  readonly tenantId: string
  /** Scopes the user granted; no token of the family ever has more. */
  readonly scopes: ReadonlyArray<string>
  /** The token audiences that its access tokens may have, one each. */
  readonly resources: ReadonlyArray<string>
  /** When the authorization code was redeemed. */
  readonly createdAt: number
  /** The one valid refresh token. Absent when the client may not use `refresh_token`. */
  readonly refreshToken?: CurrentRefreshToken
  /** The last refresh response, for a client that did not receive it. */
  readonly replay?: RefreshReplay
  /** When the last access token of the family expires. */
  readonly accessTokensExpireAt: number
  /** When the last token of the family expires, or its id may be taken again. */
  readonly expiresAt: number
}

/** A family that was found. */
export interface FoundTokenFamily extends TokenFamily {
  /**
   * Those of its scopes that its consent still has, in any order, read in the same atomic step as the family. A user
   * may have taken scopes back since: {@link ConsentStore.withdraw}.
   */
  readonly consentedScopes: ReadonlyArray<string>
  /**
   * When it was found: milliseconds since the Unix epoch by the store's own clock, whichever that is.
   * Only for {@link Rotation.deadlineMilliseconds}.
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

/** A refresh response that is replayed when the same request is repeated within the grace period. */
export interface RefreshReplay {
  /** Hash of the refresh token that was used. */
  readonly usedTokenHash: string
  /** Hash of the request that used it; only the same request gets the response again. */
  readonly requestHash: string
  /** The token response, encrypted under a key derived from the used token. */
  readonly encryptedResponse: string
  /** When the grace period ends: the response is replayed while `now` is before it. */
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
  /** Present when there is a grace period; `undefined` removes the one before. */
  readonly replay: RefreshReplay | undefined
  /** The family's new `accessTokensExpireAt`. */
  readonly accessTokensExpireAt: number
  /** The family's new `expiresAt`. */
  readonly expiresAt: number
  /**
   * The last moment at which the rotation may happen, by the clock of
   * {@link FoundTokenFamily.foundAtMilliseconds}. The caller gives up then: a backend that was frozen must
   * not use up the client's token when nobody waits for the response.
   */
  readonly deadlineMilliseconds: number
}

/** The result of a rotation. */
export type RotationOutcome =
  /** The presented token was current; the successor is now. */
  | { readonly outcome: 'rotated' }
  /** The same request had used the presented token within the grace period. Nothing changed. */
  | { readonly outcome: 'replayed'; readonly encryptedResponse: string }
  /** The presented token was not current. Nothing changed: the caller must revoke the family. */
  | { readonly outcome: 'reused' }
  /** The family does not exist, or the presented token is current but has expired. Nothing changed. */
  | { readonly outcome: 'not-found' }
  /** The deadline has passed. Nothing changed. */
  | { readonly outcome: 'late' }

/** The revocation of a family. */
export interface FamilyRevocation {
  /** The client of the family. */
  readonly clientId: string
  /** Until when `create` refuses its `familyId`. */
  readonly rememberUntil: number
  /** For how long after `accessTokensExpireAt` it stays among the revocations. */
  readonly toleranceSeconds: number
}

/** Whose family it was. */
export type FamilyOwner = Pick<TokenFamily, 'userId' | 'tenantId'>

/** The result of creating a family. */
export type CreationOutcome =
  /** The family exists now. */
  | 'created'
  /** A family with this id exists, or was revoked and its id is still taken. Nothing changed. */
  | 'taken'
  /** Its consent was deleted. Nothing changed. */
  | 'consent-not-found'
  /** The deadline has passed. Nothing changed. */
  | 'late'

/** Token families. */
export interface TokenFamilyStore {
  /**
   * Creates a family. This step redeems an authorization code: the code determines the `familyId`, so of
   * any number of redemptions one creates the family.
   *
   * Sets {@link Consent.lastUsedAt} to `family.createdAt`, unless it is later already.
   *
   * @param deadlineMilliseconds The last moment at which the family may begin, by the clock of
   *   {@link FoundArtifact.foundAtMilliseconds}. The caller gives up then, and the code must still be valid
   *   when the client tries again, however long a frozen backend or a lock delayed the call.
   *
   * @returns `created` to exactly one caller, for as long as the family's record lasts or its id is
   *   remembered as revoked.
   */
  create(family: TokenFamily, now: number, deadlineMilliseconds: number): Promise<CreationOutcome>

  /**
   * Finds a family that exists.
   *
   * @param clientId The client that presents a token of the family. If it does not exist, neither does
   *   the family: deleting a client revokes its tokens.
   */
  find(familyId: string, clientId: string, now: number): Promise<FoundTokenFamily | undefined>

  /**
   * Replaces the current refresh token if the presented one is current, in one atomic step. Sets
   * {@link Consent.lastUsedAt} to `now` if it is older than {@link USE_RESOLUTION_SECONDS}.
   *
   * A presented token that is not current is reuse, for which the caller revokes the family
   * (RFC 9700 §4.14.2). The exception is a replay: the last used token, presented again by the same
   * request before `replay.until`. The caller has found the family, and has verified that the presented
   * token was once issued for it.
   */
  rotate(familyId: string, rotation: Rotation, now: number): Promise<RotationOutcome>

  /**
   * Revokes a family and adds it to the {@link RevocationStore}, until all of its access tokens have expired: O(1),
   * whatever its history. Never revokes one without the other; a backend that cannot do both in one step adds
   * the revocation first. Once it has resolved, no concurrent rotation leaves the family untouched.
   *
   * @returns The owner, to exactly one caller; `undefined` when the family does not exist or is another
   *   client's: nothing is changed then.
   */
  revoke(
    familyId: string,
    revocation: FamilyRevocation,
    now: number,
  ): Promise<FamilyOwner | undefined>
}

const strings = shape.arrayOf(shape.string)

const foundFamily = shape.record<FoundTokenFamily>({
  familyId: shape.nonEmptyString,
  consentId: shape.nonEmptyString,
  clientId: shape.nonEmptyString,
  userId: shape.nonEmptyString,
  tenantId: shape.nonEmptyString,
  scopes: strings,
  resources: strings,
  createdAt: shape.number,
  refreshToken: shape.optional(
    shape.record<CurrentRefreshToken>({
      hash: shape.nonEmptyString,
      issuedAt: shape.number,
      expiresAt: shape.number,
    }),
  ),
  replay: shape.optional(
    shape.record<RefreshReplay>({
      usedTokenHash: shape.nonEmptyString,
      requestHash: shape.nonEmptyString,
      encryptedResponse: shape.nonEmptyString,
      until: shape.number,
    }),
  ),
  accessTokensExpireAt: shape.number,
  expiresAt: shape.number,
  consentedScopes: strings,
  foundAtMilliseconds: shape.number,
})

const rotationOutcome = shape.record<RotationOutcome>({
  outcome: shape.oneOf('rotated', 'replayed', 'reused', 'not-found', 'late'),
})
const replayed = shape.record<Extract<RotationOutcome, { outcome: 'replayed' }>>({
  outcome: shape.oneOf('replayed'),
  encryptedResponse: shape.nonEmptyString,
})

/** What the methods may resolve to. */
export const FAMILY_RESULTS: shape.ResultShapes<TokenFamilyStore> = {
  create: {
    words: '"created", "taken", "consent-not-found" or "late"',
    shape: shape.oneOf('created', 'taken', 'consent-not-found', 'late'),
  },
  find: shape.orUndefined(
    'a FoundTokenFamily',
    foundFamily,
    (found: TokenFamily, familyId: string) => found.familyId === familyId,
  ),
  rotate: {
    words: 'a RotationOutcome',
    shape: (value) =>
      rotationOutcome(value) ??
      ((value as RotationOutcome).outcome === 'replayed' ? replayed(value) : undefined),
  },
  revoke: shape.orUndefined(
    'a FamilyOwner',
    shape.record<FamilyOwner>({ userId: shape.nonEmptyString, tenantId: shape.nonEmptyString }),
  ),
}
