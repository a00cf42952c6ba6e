import * as shape from './result-shape.ts'

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

/** Something that was revoked: its tokens that were issued before are no longer valid. */
export interface Revocation {
  readonly kind: RevocationKind
  /** Names it among its kind. The same alphabet as other keys. */
  readonly id: string
  /**
   * From when no verifier accepts an affected token, whatever its clock tolerance: at most 90 000 seconds
   * (25 hours) after the revocation is added.
   */
  readonly expiresAt: number
}

/**
 * Revocations: looked up one by one, and listed as a feed. One that has expired may be removed for good.
 */
export interface RevocationStore {
  /** Records a revocation. It may be added again; the later `expiresAt` counts. */
  add(revocation: Revocation): Promise<void>

  /** Whether something was revoked. */
  has(kind: RevocationKind, id: string, now: number): Promise<boolean>

  /**
   * Lists revocations that have not expired, in an order of the store's own.
   *
   * A run is all pages up to the first one whose `hasMore` is `false`. A reader that starts without a
   * cursor and always continues with `nextCursor` sees every revocation: at the latest in the first run
   * that starts after its `add` has resolved. An entry may appear more than once. An unknown cursor
   * starts from the beginning.
   */
  list(request: RevocationListRequest, now: number): Promise<RevocationPage>
}

/** Which revocations to list. */
export interface RevocationListRequest {
  /** The most items to return, 1 to 1000. */
  readonly limit: number
  /** `nextCursor` of an earlier page, however old; absent for all. */
  readonly cursor?: string
}

/** One page of revocations. */
export interface RevocationPage {
  /** The items, at most `limit`; may be empty although there are more. */
  readonly items: ReadonlyArray<Revocation>
  /** Opaque, 1 to 256 characters out of `A–Z a–z 0–9 _ . -`: where to continue, now or later. */
  readonly nextCursor: string
  /** Whether there are more now. */
  readonly hasMore: boolean
}

/** What the methods may resolve to. */
export const REVOCATION_RESULTS: shape.ResultShapes<RevocationStore> = {
  add: shape.ANYTHING,
  has: shape.BOOLEAN,
  list: {
    words: 'a RevocationPage',
    shape: shape.record<RevocationPage>({
      items: shape.arrayOf(
        shape.record<Revocation>({
          kind: shape.oneOf('access-token', 'family', 'consent', 'client', 'signing-key'),
          id: shape.nonEmptyString,
          expiresAt: shape.number,
        }),
      ),
      nextCursor: shape.nonEmptyString,
      hasMore: shape.boolean,
    }),
  },
}
