import * as shape from './result-shape.ts'

/** User X granted scopes Y to client Z: later authorizations skip the consent screen. */
export interface Consent {
  /**
   * 22 random characters, unique among all consents there ever were. It stays when scopes are added. A
   * consent that is given again after it was revoked, or in another tenant, has another id.
   */
  readonly consentId: string
  /** The user who granted. */
  readonly userId: string
  /** The client that was granted access. */
  readonly clientId: string
  /** The user's tenant when the consent was given. In any other tenant it permits nothing. */
  readonly tenantId: string
  /**
   * Every scope that was granted and not withdrawn, in the order in which they were first granted. Without scopes,
   * after {@link ConsentStore.withdraw}, the consent permits nothing and is about to be deleted.
   */
  readonly scopes: ReadonlyArray<GrantedScope>
  /** When it was first given; seconds since the Unix epoch. */
  readonly createdAt: number
  /** When scopes were last granted, new ones or the same again; seconds since the Unix epoch. */
  readonly grantedAt: number
  /**
   * When tokens were last issued under it, to the hour; seconds since the Unix epoch. `undefined` when
   * none ever was.
   */
  readonly lastUsedAt: number | undefined
}

/** A scope that a user granted. */
export interface GrantedScope {
  readonly scope: string
  /** When it was first granted; seconds since the Unix epoch. */
  readonly grantedAt: number
}

/** A user grants scopes to a client, for the first time or once more. */
export interface ConsentGrant
  extends Pick<Consent, 'consentId' | 'userId' | 'clientId' | 'tenantId' | 'grantedAt'> {
  /** At least one. */
  readonly scopes: ReadonlyArray<string>
  /** Names the pending request that they are granted for, for {@link ConsentStore.withdraw}. Never used for another. */
  readonly requestKey: string
  /**
   * The last moment at which the grant may happen, by the clock of {@link TimedConsent.foundAtMilliseconds}. The
   * caller gives up then, and the user may deny or disconnect: a backend that was frozen must not bring the consent back.
   */
  readonly deadlineMilliseconds: number
  /** {@link TimedConsent.cancellation}. Nothing is granted if there was another cancellation since. */
  readonly cancellation: string
}

/** What was looked for, and when. */
export interface TimedConsent {
  /** `undefined` when there is none. */
  readonly consent: Consent | undefined
  /**
   * When the store looked: milliseconds since the Unix epoch by its own clock, whichever that is.
   * Only for {@link ConsentGrant.deadlineMilliseconds}.
   */
  readonly foundAtMilliseconds: number
  /** Names the last {@link ConsentStore.cancelGrants} for the user; `''` when there was none lately. */
  readonly cancellation: string
}

/** The result of granting. */
export type GrantOutcome =
  /** The consent has the scopes, unless it was revoked at that moment. */
  | 'granted'
  /**
   * The deadline has passed, and nothing is granted after it. Where a grant takes several steps, what it did in time may
   * stay: a family began under the new consent.
   */
  | 'late'
  /** The grants of the user were cancelled meanwhile. Nothing changed. */
  | 'cancelled'
  /** What the request granted was withdrawn: nothing is granted for it any more. */
  | 'withdrawn'
  /**
   * The consent that exists is of another tenant, or without scopes: it must not be used again. Nothing changed. Delete
   * it, and grant again.
   */
  | 'obsolete'

/** The grants of a user to a client for one pending request. */
export type GrantingRequest = Pick<ConsentGrant, 'userId' | 'clientId' | 'requestKey'>

/** Consents: one record per user and client. */
export interface ConsentStore {
  /**
   * Creates the consent of a user to a client or adds scopes to it, in one atomic step: concurrent calls
   * in one tenant lose no scopes. An existing consent keeps its `consentId`, `createdAt`, `lastUsedAt`
   * and when each of its scopes was first granted; the call replaces everything else.
   *
   * A consent never changes its tenant, and one without scopes, which is about to be deleted, is never used again: while
   * there is one of these, nothing is granted. So the caller deletes it, and reports that.
   *
   * @param grant Its `consentId` was never used before.
   */
  grant(grant: ConsentGrant): Promise<GrantOutcome>

  /** Finds the consent of a user to a client. */
  find(userId: string, clientId: string): Promise<Consent | undefined>

  /**
   * Like `find`, and returns what {@link ConsentStore.grant} needs, also if there is no consent: the store's time, and
   * whether grants were cancelled.
   */
  findTimed(userId: string, clientId: string): Promise<TimedConsent>

  /** Lists the consents of a user, most recently granted first. */
  list(userId: string): Promise<ReadonlyArray<Consent>>

  /**
   * Returns at most `limit` consents, in any order. To delete all, repeat until the result is empty.
   *
   * @param limit 1 to 1000.
   */
  listBatch(of: ConsentOwner, limit: number): Promise<ReadonlyArray<Consent>>

  /**
   * Withdraws what was granted for a request, and refuses its later grants for at least {@link WITHDRAWAL_SECONDS}: whether a
   * concurrent `grant()` happens before or after it, nothing of it stays.
   *
   * A scope stays that another request granted, too, or that the consent has had for {@link WITHDRAWAL_SECONDS}. Of
   * many requests that granted a scope before that, {@link MAXIMUM_GRANTING_REQUESTS} count. The families stay,
   * without the other scopes: {@link FoundTokenFamily.consentedScopes}.
   *
   * @returns The consent as it is now, perhaps without scopes; `undefined` when there is none.
   */
  withdraw(request: GrantingRequest, now: number): Promise<Consent | undefined>

  /**
   * Cancels the grants of a user that are under way: those for which `findTimed` was called before. A concurrent
   * `grant()` either has happened when this resolves, so that its consent is found, or never happens. This is known for
   * at least {@link WITHDRAWAL_SECONDS}.
   */
  cancelGrants(userId: string, now: number): Promise<void>

  /**
   * Deletes a consent and revokes its token families, in one step of constant cost: a family lives only
   * as long as its consent.
   *
   * @param expectedConsentId Deletes the consent only if it has this id.
   *
   * @returns `false` when it does not exist or has another id; nothing is changed then.
   */
  delete(userId: string, clientId: string, expectedConsentId?: string): Promise<boolean>
}

/** The consents of a tenant's users (by {@link Consent.tenantId}), or those to a client. */
export type ConsentOwner = { readonly tenantId: string } | { readonly clientId: string }

/**
 * By how much {@link Consent.lastUsedAt} may lag behind, in seconds. A refresh updates it only when it is
 * older than this: not every refresh writes the consent.
 */
export const USE_RESOLUTION_SECONDS = 3600

/** For how long after a grant it can be withdrawn, in seconds: longer than its pending request can be denied. */
export const WITHDRAWAL_SECONDS = 660

/**
 * How many of the requests that granted a scope are remembered, the first of them. If all of these are withdrawn, the
 * scope is removed.
 */
export const MAXIMUM_GRANTING_REQUESTS = 20

/**
 * Who granted a scope, as stores keep it: for each request when, in seconds since the Unix epoch. Once the first of
 * these can no longer be withdrawn, when it was: the scope then stays, whatever is withdrawn.
 */
export type ScopeGrants = number | Readonly<Record<string, number>>

/** When a scope was first granted. */
export function firstGrantedAt(grants: ScopeGrants): number {
  return typeof grants === 'number' ? grants : Math.min(...Object.values(grants))
}

const consent = shape.record<Consent>({
  consentId: shape.nonEmptyString,
  userId: shape.nonEmptyString,
  clientId: shape.nonEmptyString,
  tenantId: shape.nonEmptyString,
  scopes: shape.arrayOf(
    shape.record<GrantedScope>({ scope: shape.string, grantedAt: shape.number }),
  ),
  createdAt: shape.number,
  grantedAt: shape.number,
  lastUsedAt: shape.optional(shape.number),
})

const isOfConnection = (found: Consent, userId: string, clientId: string): boolean =>
  found.userId === userId && found.clientId === clientId

/** What the methods may resolve to. */
export const CONSENT_RESULTS: shape.ResultShapes<ConsentStore> = {
  grant: {
    words: '"granted", "late", "cancelled", "withdrawn" or "obsolete"',
    shape: shape.oneOf('granted', 'late', 'cancelled', 'withdrawn', 'obsolete'),
  },
  find: shape.orUndefined('a Consent', consent, isOfConnection),
  findTimed: {
    words: 'a TimedConsent',
    shape: shape.record<TimedConsent>({
      consent: shape.optional(consent),
      foundAtMilliseconds: shape.number,
      cancellation: shape.string,
    }),
    isRequested: ({ consent: found }: TimedConsent, userId: string, clientId: string) =>
      found === undefined || isOfConnection(found, userId, clientId),
  },
  list: shape.listOf(
    'Consents of this user',
    consent,
    (found: Consent, userId: string) => found.userId === userId,
  ),
  listBatch: shape.listOf(
    'Consents of this owner',
    consent,
    (found: Consent, owner: Partial<Consent>) =>
      found.tenantId === (owner.tenantId ?? found.tenantId) &&
      found.clientId === (owner.clientId ?? found.clientId),
  ),
  withdraw: shape.orUndefined(
    'a Consent',
    consent,
    (found: Consent, { userId, clientId }: GrantingRequest) =>
      isOfConnection(found, userId, clientId),
  ),
  cancelGrants: shape.ANYTHING,
  delete: shape.BOOLEAN,
}
