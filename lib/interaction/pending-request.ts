/**
 * The pending request: an authorization request parked while the user signs in and consents.
 *
 * @module
 */

import type { Context } from 'koa'

/** A parked authorization request, and how far its user has come. */
export interface PendingRequest {
  /** Names it in `/oauth/continue?prt=…`. */
  readonly pendingRequestToken: string
  /** Client that asks. */
  readonly clientId: string
  /** What it asks for. */
  readonly scopes: ReadonlyArray<string>
  /** Where the answer goes. */
  readonly redirectUri: string
  /** The values of its `prompt` parameter. */
  readonly prompts: ReadonlySet<string>
  /** Its `login_hint` parameter. */
  readonly loginHint: string | undefined
  /** The browser's session, now. */
  readonly session: SignIn | undefined
  /** When it was parked; seconds since the Unix epoch. */
  readonly createdAt: number
  /** What the user has done since. */
  readonly progress: Progress
}

/** A sign-in: as whom, and as of when it is known to be good; seconds since the Unix epoch. */
export interface SignIn {
  readonly userId: string
  readonly at: number
}

/** What a user has done for a pending request. */
export interface Progress {
  /** Signed in for this request. */
  readonly signedIn?: SignIn
  /** Confirmed this account. */
  readonly chosenUserId?: string
  /** When another account was asked for: the session of that moment does not count any more. */
  readonly sessionDismissedAt?: number
  /** What was allowed, and by whom: another user may be signed in since. */
  readonly consent?: { readonly userId: string; readonly scopes: ReadonlyArray<string> }
}

/** The pending requests of an authorization server. */
export interface PendingRequests {
  /**
   * Finds one. A sign-in that was ended since, by signing the user out everywhere, is not part of its
   * progress.
   *
   * @returns `undefined` when there is none or it has expired.
   */
  find(ctx: Context, pendingRequestToken: string): Promise<PendingRequest | undefined>
  /** Records progress. */
  saveProgress(request: PendingRequest, progress: Progress): Promise<void>
  /**
   * Ends one successfully.
   *
   * @returns Where to send the browser: it gets the code there.
   */
  complete(ctx: Context, request: PendingRequest, userId: string): Promise<string>
  /**
   * Ends one with `access_denied`.
   *
   * @returns Where to send the browser.
   */
  deny(request: PendingRequest, reason: string): Promise<string>
}

/** The sign-in of the user a pending request would be answered for now. */
export function currentSignIn({ progress, session }: PendingRequest): SignIn | undefined {
  const { signedIn, sessionDismissedAt } = progress
  return signedIn ?? (sessionDismissedAt === undefined ? session : undefined)
}
