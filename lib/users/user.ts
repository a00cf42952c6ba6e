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
}

/**
 * Finds a user.
 *
 * Called at every sign-in, authorization, code exchange and refresh. Return `undefined` for a user who does not
 * exist or is disabled: they can no longer sign in, nor their tokens be refreshed.
 */
export type FindUser = (userId: string) => Promise<User | undefined>
