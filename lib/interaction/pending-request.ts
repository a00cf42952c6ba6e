/**
 * The pending request: an authorization request parked while the user signs in and consents.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Consent } from '../consent/consent.ts'
import type { Redemption } from './request-endings.ts'

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
  /** Whom an authorization code was issued to. */
  readonly issuedTo: string | undefined
  /** Whether the client has redeemed the code. */
  readonly isRedeemed: boolean
  /** Whether its user denied it. That is final. */
  readonly isDenied: boolean
  /** Whether the client was sent its answer already: the code or, once it was denied, the error. */
  readonly isAnswered: boolean
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
  /**
   * Whether the account must be confirmed before the request is completed, because a page that showed
   * another one was answered.
   */
  readonly mustConfirmAccount?: boolean
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

/** A consent that was given for a pending request: what a denial takes back. */
export interface GivenConsent
  extends Pick<Consent, 'consentId' | 'userId' | 'clientId' | 'grantedAt'> {
  /** The scopes that were granted for the first time. */
  readonly newScopes: ReadonlyArray<string>
}

/** What was given for a pending request until it was denied. */
export interface Denied {
  readonly consents: ReadonlyArray<GivenConsent>
  readonly redemption: Redemption | undefined
}

/** The pending requests of an authorization server. */
export interface PendingRequests {
  /** Finds one, whether it ended or not. @returns `undefined` when there is none or it has expired. */
  find(ctx: Context, pendingRequestToken: string): Promise<PendingRequest | undefined>
  /**
   * Records progress.
   *
   * @param given A consent that was given with it.
   */
  saveProgress(request: PendingRequest, progress: Progress, given?: GivenConsent): Promise<void>
  /**
   * Records that all pages were answered.
   *
   * @param given A consent that was given with the last of them.
   */
  complete(request: PendingRequest, userId: string, given?: GivenConsent): Promise<void>
  /** Records that the client is sent its answer. */
  recordAnswer(request: PendingRequest): Promise<void>
  /** Whether its user denied it meanwhile. */
  wasDenied(request: PendingRequest): Promise<boolean>
  /** Ends one with `access_denied`, whatever it came to before: no code of it is good any more. */
  deny(request: PendingRequest, reason: string): Promise<Denied>
  /** The URL where the client gets the answer of one that was completed or denied. */
  answerUrl(request: PendingRequest): string
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

/**
 * Whether a pending request cannot lead a user to the client any more: its code was redeemed, so that
 * sending it once more would end what it began; or it was issued to somebody else.
 */
export function isUsedUp(request: PendingRequest, userId: string | undefined): boolean {
  const { issuedTo, isRedeemed } = request
  return isRedeemed || (issuedTo !== undefined && issuedTo !== userId)
}

/** The sign-in of the user a pending request would be answered for now. */
export function currentSignIn({ progress, session }: PendingRequest): SignIn | undefined {
  const { signedIn, sessionDismissedAt } = progress
  return signedIn ?? (sessionDismissedAt === undefined ? session : undefined)
}
