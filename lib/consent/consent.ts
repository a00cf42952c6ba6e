/**
 * Consent: which scopes a user granted to a client, kept so that later authorizations skip the screen.
 *
 * @module
 */

/** The durable fact "user X granted scopes Y to client Z". */
export interface Consent {
  /**
   * Names this consent among all that ever were: 22 random characters, kept when scopes are added. A
   * consent that was withdrawn and given again, or given again in another tenant, is another one, with
   * another id.
   */
  readonly consentId: string
  /** The user who granted. */
  readonly userId: string
  /** The client that was granted access. */
  readonly clientId: string
  /** The tenant the user belonged to when it was given. In any other tenant it permits nothing. */
  readonly tenantId: string
  /** Every scope granted so far, with its history: in the order in which they were first granted. */
  readonly scopes: ReadonlyArray<GrantedScope>
  /** When it began; seconds since the Unix epoch. */
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
  readonly scopes: ReadonlyArray<string>
}

/** A consent as far as it counts in a tenant: one that was given in another is none. */
export function consentInTenant(
  consent: Consent | undefined,
  tenantId: string | undefined,
): Consent | undefined {
  return consent?.tenantId === tenantId ? consent : undefined
}

/** The scopes of a consent without their history; none when there is no consent. */
export function scopesOf(consent: Consent | undefined): ReadonlyArray<string> {
  return consent?.scopes.map(({ scope }) => scope) ?? []
}
