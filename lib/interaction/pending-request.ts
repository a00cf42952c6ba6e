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
  /** Who is signed in in this browser, now. */
  readonly session: SignIn | undefined
  /** When it was parked; seconds since the Unix epoch. */
  readonly createdAt: number
  /** What the user has done since. */
  readonly progress: Progress
  /** Whether all its pages were answered, and by whom. */
  readonly completion: Completion | undefined
  /** Whether its user refused. */
  readonly isDenied: boolean
}

/** A sign-in: as whom, and as of when it is known to be good; seconds since the Unix epoch. */
export interface SignIn {
  readonly userId: string
  readonly at: number
  /** The server's own session that it is; absent when the host keeps the sessions. */
  readonly sessionId?: string
}

/** What a user has done for a pending request. */
export interface Progress {
  /** Signed in for this request: the session that began with it. */
  readonly signedIn?: SignIn
  /** Confirmed this account. */
  readonly chosenUserId?: string
  /** When another account was asked for: the session of that moment does not count any more. */
  readonly sessionDismissedAt?: number
  /** What was allowed, and by whom: another user may be signed in since. */
  readonly consent?: { readonly userId: string; readonly scopes: ReadonlyArray<string> }
}

/** All pages of a pending request were answered. */
export interface Completion {
  /** By this user. */
  readonly userId: string
  /** Who signed in for this request, and not before. */
  readonly hasSignedIn: boolean
}

/** The pending requests of an authorization server. */
export interface PendingRequests {
  /** Finds one. @returns `undefined` when there is none or it has expired. */
  find(ctx: Context, pendingRequestToken: string): Promise<PendingRequest | undefined>
  /** Records progress. */
  saveProgress(request: PendingRequest, progress: Progress): Promise<void>
  /**
   * Ends one successfully.
   *
   * @returns Where to send the browser: it gets the code there.
   */
  complete(request: PendingRequest, userId: string): Promise<string>
  /**
   * Ends one with `access_denied`.
   *
   * @returns Where to send the browser.
   */
  deny(request: PendingRequest, reason: string): Promise<string>
}

/**
 * A pending request as the browser's own session may see it. What was done after a sign-in counts in the
 * session that began with it and nowhere else: whoever else has the request's cookie, because they made
 * the request and planted the cookie, has not signed in.
 */
export function inOwnSession(request: PendingRequest): PendingRequest {
  const { progress, session } = request
  if (progress.signedIn === undefined) return request
  const isTheirs = session !== undefined && session.sessionId === progress.signedIn.sessionId
  return isTheirs ? request : { ...request, progress: {} }
}

/** Whether all pages were answered, by the user for whom a pending request would be answered now. */
export function isComplete(request: PendingRequest): boolean {
  const { completion, progress } = request
  if (completion === undefined || completion.userId !== currentSignIn(request)?.userId) return false
  return !completion.hasSignedIn || progress.signedIn !== undefined
}

/** The sign-in of the user a pending request would be answered for now. */
export function currentSignIn({ progress, session }: PendingRequest): SignIn | undefined {
  const { signedIn, sessionDismissedAt } = progress
  return signedIn ?? (sessionDismissedAt === undefined ? session : undefined)
}
