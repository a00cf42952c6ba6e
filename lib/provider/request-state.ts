/**
 * What our functions need to know of a request while oidc-provider handles it.
 *
 * @module
 */

import type { PendingRequestRecords } from '../interaction/pending-request.ts'
import type { Denial } from '../interaction/request-endings.ts'
import type { ClientLink } from '../pages/pages.ts'
import type { HostSession } from '../users/authentication.ts'

/** The state of a request. */
export interface RequestState {
  /** Whether its `response_mode` is one that the server does not have. */
  readonly hasOtherResponseMode: boolean
  /** Its `id_token_hint`; a list if it was sent more than once. Absent if it is no OpenID Connect request. */
  readonly idTokenHint?: string | ReadonlyArray<string>
  /** The user who is signed in at the host; absent without `hostSession`. */
  readonly hostUser?: Awaited<ReturnType<HostSession['signedInUser']>>
  /** Present when a pending request is resumed. */
  readonly resumed?: ResumedRequest
  /** The session as it is stored, once it was found. */
  storedSession?: StoredSession
  /** The denial of the pending request, once it was found. */
  denial?: Denial
  /** What was read before oidc-provider reads it; absent as soon as the request has written anything. */
  records?: PendingRequestRecords | undefined
  /**
   * Why the client was not found. While oidc-provider handles another error, it takes a failure for an unknown client,
   * and does not redirect.
   */
  clientFailure?: unknown
}

/** What is stored of a session. */
export interface StoredSession {
  readonly jti: string
  readonly uid?: string | undefined
  readonly accountId?: string | undefined
  readonly loginTs?: number | undefined
  /** When it was saved; seconds since the Unix epoch. */
  readonly savedAt?: number | undefined
}

/** A pending request that is resumed. */
export interface ResumedRequest {
  readonly pendingRequestToken: string
  /** Whether it was denied: then the response does not depend on who is signed in, and the host is not asked. */
  readonly isDenied: boolean
  /** Whether its response was sent and recorded before. */
  readonly isResponseSent: boolean
  /** The link back to the client. */
  readonly client: ClientLink | undefined
}

const states = new WeakMap<object, RequestState>()

/** Sets the state of a request, before oidc-provider gets it. */
export function setRequestState(ctx: object, state: RequestState): void {
  states.set(ctx, state)
}

/** The state of a request. */
export function requestStateOf(ctx: object): RequestState {
  const state = states.get(ctx)
  if (state === undefined) throw new Error('the request has no state')
  return state
}
