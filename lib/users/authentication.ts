/**
 * How users prove who they are: with a password on our page, or in the host's own session.
 *
 * @module
 */

import type { Context } from 'koa'
import type { User } from './user.ts'

/** What a person typed on the sign-in page. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * Checks credentials.
 *
 * Return `undefined` when they are wrong, and take as long for an unknown user name as for a wrong
 * password. Attempts are throttled by user name and by address before they get here.
 */
export type AuthenticateUser = (credentials: Credentials) => Promise<User | undefined>

/** Reads the session in which the host's own pages signed the user in. */
export interface HostSession {
  /** Who is signed in, and since when (seconds since the Unix epoch); `undefined` for nobody. */
  readonly signedInUser: (
    ctx: Context,
  ) => Promise<{ readonly userId: string; readonly authenticatedAt: number } | undefined>
  /**
   * Where the host signs users in: an http or https URL, or a path from `/`. The host sends the browser to
   * `returnTo` afterwards.
   */
  readonly signInUrl: (request: HostSignInRequest) => Promise<string> | string
}

/** What the host's sign-in page is asked to do. */
export interface HostSignInRequest {
  /** Absolute URL to send the browser to when the user has signed in. */
  readonly returnTo: string
  /** Whether the user must prove who they are, or choose an account, even if already signed in. */
  readonly mustReauthenticate: boolean
  /** What the client believes the user name to be. */
  readonly loginHint: string | undefined
}
