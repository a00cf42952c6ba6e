/**
 * How users authenticate: with a password on our sign-in page, or in a session of the host.
 *
 * @module
 */

import type { Context } from 'koa'
import type { User } from './user.ts'

/** Submitted credentials. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * Checks credentials.
 *
 * Return `undefined` when they are wrong. Take the same time for an unknown user name and a wrong password.
 * Attempts are already throttled by user name and address.
 */
export type AuthenticateUser = (credentials: Credentials) => Promise<User | undefined>

/** The session of the host, whose own pages sign users in. */
export interface HostSession {
  /**
   * The current user and the time of the sign-in (seconds since the Unix epoch); `undefined` when nobody is
   * signed in.
   */
  readonly signedInUser: (
    ctx: Context,
  ) => Promise<{ readonly userId: string; readonly authenticatedAt: number } | undefined>
  /**
   * The URL of the host's sign-in page: an http or https URL, or a path from `/`. The page must redirect to
   * `returnTo` after the sign-in.
   */
  readonly signInUrl: (request: HostSignInRequest) => Promise<string> | string
}

/** The request to the host's sign-in page. */
export interface HostSignInRequest {
  /** Absolute URL to redirect to after the sign-in. */
  readonly returnTo: string
  /** Whether the user must authenticate or choose an account even if already signed in. */
  readonly mustReauthenticate: boolean
  /** The `login_hint` of the client. */
  readonly loginHint: string | undefined
}
