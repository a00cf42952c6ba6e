/**
 * Users: the people who sign in. The host owns them.
 *
 * @module
 */

/** A person who can sign in: the resource owner (RFC 6749 §1.1). */
export interface User {
  /** Stable identifier; the `sub` of access tokens. Never reassigned, never equal to a client's id. */
  readonly userId: string
  /** The tenant (customer workspace) the user belongs to. */
  readonly tenantId: string
  /** Shown on the pages, for example `Ada Lovelace`. */
  readonly name: string
  /** Shown below the name on the pages, for example `ada@acme.test`. */
  readonly email: string
  /**
   * Whether the user proved that the email address is theirs: the claim `email_verified`. Leave it out if that is not
   * known. This and the members below are claims of OpenID Connect (`openIdConnect`).
   */
  readonly emailVerified?: boolean | undefined
  /** URL of an image of the user: the claim `picture`. An https URL; http only for loopback addresses. */
  readonly picture?: string | undefined
  /**
   * Language of the user, a BCP 47 tag such as `en-GB`: the claim `locale`. Also decides on the
   * language of the pages, with or without OpenID Connect.
   */
  readonly locale?: string | undefined
  /** Time zone of the user, for example `Europe/London`: the claim `zoneinfo`. */
  readonly zoneinfo?: string | undefined
  /** When this information was last changed, in seconds since the Unix epoch: the claim `updated_at`. */
  readonly updatedAt?: number | undefined
}

/**
 * Finds a user.
 *
 * Called at every sign-in, authorization, code exchange and refresh. Return `undefined` for a user who does not
 * exist or is disabled: they can no longer sign in, nor their tokens be refreshed.
 */
export type FindUser = (userId: string) => Promise<User | undefined>
