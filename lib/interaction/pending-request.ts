/**
 * The pending request: an authorization request that waits while the user signs in and consents.
 *
 * @module
 */

import type { Context } from 'koa'
import type { ArtifactData } from '../storage/artifact-store.ts'
import type { Denial } from './request-endings.ts'

/** A pending authorization request and the progress of its user. */
export interface PendingRequest {
  /** Identifies it in `/oauth/continue?prt=…`. */
  readonly pendingRequestToken: string
  /** The client of the request. */
  readonly clientId: string
  /** Requested scopes. */
  readonly scopes: ReadonlyArray<string>
  readonly redirectUri: string
  /** The values of its `prompt` parameter. */
  readonly prompts: ReadonlySet<string>
  /** Its `login_hint` parameter. */
  readonly loginHint: string | undefined
  /** Its `ui_locales` parameter, if the pages have one of these languages. */
  readonly uiLocales: string | undefined
  /** Its `max_age` parameter: how old the sign-in may be. */
  readonly maxAgeSeconds: number | undefined
  /** The user whom its `id_token_hint` names. */
  readonly hintedUserId: string | undefined
  /** The current session of the browser. */
  readonly session: CurrentSession | undefined
  /** Seconds since the Unix epoch. */
  readonly createdAt: number
  /** What the user has done for it. */
  readonly progress: Progress
  /** Set when all pages were completed. */
  readonly completion: Completion | undefined
  /** The user that an authorization code was issued to. */
  readonly issuedTo: string | undefined
  /** Whether the client has received tokens for the code. */
  readonly isRedeemed: boolean
  /** Whether the user denied it. That is final. */
  readonly isDenied: boolean
  /** The user who denied it first; `undefined` when nobody did or nobody was signed in. */
  readonly deniedBy: string | undefined
  /** Whether the response was already sent to the client: the code or, after a denial, the error. */
  readonly isResponseSent: boolean
  readonly records: PendingRequestRecords
}

/** What a pending request was read from: whoever goes on in the same HTTP request does not read it again. */
export interface PendingRequestRecords {
  readonly request: ArtifactData
  readonly denial: Denial | undefined
  /** The session that the browser's cookie names; `undefined` when it has no cookie. */
  readonly session: { readonly id: string; readonly data: ArtifactData | undefined } | undefined
}

/** A sign-in of a user. */
export interface SignIn {
  readonly userId: string
  /** When it was last known to be valid; seconds since the Unix epoch. */
  readonly at: number
  /** The server's session; absent with sessions of the host. */
  readonly sessionId?: string
}

/** The session of the browser. */
export interface CurrentSession extends SignIn {
  /** When the user authenticated; seconds since the Unix epoch. */
  readonly authenticatedAt: number
}

/** What a user has done for a pending request. */
export interface Progress {
  /** The sign-in for this request. */
  readonly signedIn?: SignIn
  /** The account that the user confirmed. */
  readonly chosenUserId?: string
  /**
   * Whether the user must confirm the account, because a page that showed another account was submitted.
   */
  readonly mustConfirmAccount?: boolean
  /** When the user asked for another account: the session before that is ignored. */
  readonly sessionDismissedAt?: number
  /** The granted scopes, and the user who granted them: another user may be signed in by now. */
  readonly consent?: { readonly userId: string; readonly scopes: ReadonlyArray<string> }
}

/** The completion of all pages. */
export interface Completion {
  /** The user who completed them. */
  readonly userId: string
  /** Whether the user signed in for this request, not before it. */
  readonly hasSignedIn: boolean
}

/** A pending request expired between reading and writing it. */
export class PendingRequestExpiredError extends Error {
  override readonly name = 'PendingRequestExpiredError'
}

/**
 * The pending requests of an authorization server. Concurrent requests of a browser may write one at once: the
 * last one counts. What must not be lost, how it ended and what was granted, is in records of its own
 * (request-endings.ts).
 */
export interface PendingRequests {
  /** Finds a request, finished or not. @returns `undefined` when there is none or it has expired. */
  find(ctx: Context, pendingRequestToken: string): Promise<PendingRequest | undefined>
  /** Saves progress. @throws {@link PendingRequestExpiredError} */
  saveProgress(request: PendingRequest, progress: Progress): Promise<void>
  /** Records that all pages were completed. @throws {@link PendingRequestExpiredError} */
  complete(request: PendingRequest, userId: string): Promise<void>
  /** Records that the response to the client was prepared. @throws {@link PendingRequestExpiredError} */
  recordResponse(request: PendingRequest): Promise<void>
  /** The URL that resumes a completed or denied request: it redirects to the client. */
  resumeUrl(request: PendingRequest): string
}

/**
 * Applies the session of the browser to a pending request. The progress after a sign-in counts only in the
 * session of that sign-in: an attacker who started the request and planted its cookie must not share it.
 */
export function inOwnSession(request: PendingRequest): PendingRequest {
  const { progress, session } = request
  if (progress.signedIn === undefined) return request
  const isSameSession = session !== undefined && session.sessionId === progress.signedIn.sessionId
  return isSameSession ? request : { ...request, progress: {} }
}

/** Whether the current user has completed all pages. */
export function isComplete(request: PendingRequest): boolean {
  const { completion, progress } = request
  if (completion === undefined || completion.userId !== currentSignIn(request)?.userId) return false
  return !completion.hasSignedIn || progress.signedIn !== undefined
}

/**
 * Whether a pending request cannot be resumed for a user any more: its code was redeemed, and sending it
 * again would revoke the tokens; or the code was issued to another user.
 */
export function isUsedUp(request: PendingRequest, userId: string | undefined): boolean {
  const { issuedTo, isRedeemed } = request
  return isRedeemed || (issuedTo !== undefined && issuedTo !== userId)
}

/** Whether a user is another one than the `id_token_hint` of the request names. */
export function isOtherThanHinted(
  { hintedUserId }: Pick<PendingRequest, 'hintedUserId'>,
  userId: string,
): boolean {
  return hintedUserId !== undefined && hintedUserId !== userId
}

/**
 * Whether a pending request ended with a code for another user. Only that user may deny it: whoever planted it
 * in another user's browser must not.
 */
export function isFinishedByOther(request: PendingRequest): boolean {
  const { isDenied, issuedTo } = request
  return !isDenied && issuedTo !== undefined && issuedTo !== browserUserOf(request)
}

/** The user who is signed in in this browser, whether or not the pending request continues for them. */
export function browserUserOf({ progress, session }: PendingRequest): string | undefined {
  return (progress.signedIn ?? session)?.userId
}

/** The current sign-in of a pending request. */
export function currentSignIn({ progress, session }: PendingRequest): SignIn | undefined {
  const { signedIn, sessionDismissedAt } = progress
  return signedIn ?? (sessionDismissedAt === undefined ? session : undefined)
}
