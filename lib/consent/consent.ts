/**
 * Consent: which scopes a user granted to a client, kept so that later authorizations skip the screen.
 *
 * @module
 */

/** The lasting fact "user X granted scopes Y to client Z". */
export interface Consent {
  /**
   * Names this consent among all that ever were: 22 random characters, kept when scopes are added. A
   * consent that was withdrawn and given again is another one, with another id.
   */
  readonly consentId: string
  /** The user who granted. */
  readonly userId: string
  /** The client that was granted access. */
  readonly clientId: string
  /** The tenant the user belonged to. */
  readonly tenantId: string
  /** Every scope granted so far. */
  readonly scopes: ReadonlyArray<string>
  /** When scopes were last granted; seconds since the Unix epoch. */
  readonly grantedAt: number
}
