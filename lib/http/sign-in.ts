/**
 * Checks the submitted credentials of every sign-in page.
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import type { SignInProblem, SignInView } from '../pages/pages.ts'
import type { AuthenticateUser, Credentials } from '../users/authentication.ts'
import type { FindUser, User } from '../users/user.ts'
import { parseIpAddress } from '../util/ip-address.ts'
import type { KnownBrowsers } from './known-browsers.ts'
import type { Throttle } from './throttle.ts'

/** The longest email address (RFC 5321 §4.5.3.1.3); longer user names are truncated in audit events. */
const MAXIMUM_AUDITED_LENGTH = 254

/** Dependencies of signing in. */
export interface SignInDependencies {
  readonly authenticateUser: AuthenticateUser | undefined
  readonly findUser: FindUser
  /** Shared by all sign-in pages. */
  readonly signInThrottle: Throttle
  /** Browsers whose attempts are counted separately. */
  readonly knownBrowsers: KnownBrowsers
  readonly audit: AuditLog
  readonly now: () => number
}

/** The result of a sign-in attempt. */
export type SignInAttempt =
  /** A user who was signed out everywhere since `startedAt` must sign in again. */
  | { readonly outcome: 'signed-in'; readonly user: User; readonly startedAt: number }
  | { readonly outcome: 'failed'; readonly shown: ShownSignIn }

/** What the sign-in page shows, and its status. */
export interface ShownSignIn
  extends Pick<SignInView, 'username' | 'problem' | 'retryAfterSeconds'> {
  readonly status: number
}

/** What it shows at first. */
export function firstSignIn(username = ''): ShownSignIn {
  return { status: 200, username, problem: undefined, retryAfterSeconds: undefined }
}

/**
 * Checks submitted credentials.
 *
 * @param clientId The client of the pending request, for the audit event.
 */
export async function attemptSignIn(
  dependencies: SignInDependencies,
  ctx: Context,
  form: URLSearchParams,
  clientId?: string,
): Promise<SignInAttempt> {
  const { authenticateUser, findUser, signInThrottle, knownBrowsers, audit } = dependencies
  const startedAt = dependencies.now()
  const username = form.get('username')?.trim() ?? ''
  const password = form.get('password') ?? ''
  const account = username.toLowerCase()

  const authenticate = async (credentials: Credentials): Promise<User | undefined> =>
    username === '' ? undefined : await authenticateUser?.(credentials)
  const fail = (
    status: number,
    problem: SignInProblem,
    subject?: User,
    retryAfterSeconds?: number,
  ): SignInAttempt => {
    // Not between the two halves of a character.
    const typed = username.slice(0, MAXIMUM_AUDITED_LENGTH).replace(/[\uD800-\uDBFF]$/, '')
    const reason = parseIpAddress(ctx.ip) === undefined ? 'address-unknown' : problem
    const { userId, tenantId } = subject ?? {}
    audit.record(
      { type: 'user.sign-in-failed', clientId, userId, tenantId, username: typed, reason },
      ctx.ip,
    )
    return { outcome: 'failed', shown: { status, username, problem, retryAfterSeconds } }
  }
  const knownBrowser = knownBrowsers.find(ctx, account)
  if (!(await signInThrottle.consume(ctx.ip, account, knownBrowser))) {
    const secondsLeft = await signInThrottle.retryAfterSeconds(ctx.ip, account, knownBrowser)
    const retryAfterSeconds = Math.max(1, secondsLeft) // the window may have just ended
    ctx.set('Retry-After', String(retryAfterSeconds))
    return fail(429, 'too-many-attempts', undefined, retryAfterSeconds)
  }
  const user = await authenticate({ username, password }).catch((error: unknown) => {
    signInThrottle.refund(ctx.ip, account, knownBrowser) // a failure of the host, not of the user
    throw error
  })
  if (user === undefined) return fail(400, 'invalid-credentials')
  signInThrottle.refund(ctx.ip, account, knownBrowser)
  if ((await findUser(user.userId)) === undefined) return fail(403, 'user-unavailable', user)
  knownBrowsers.remember(ctx, account)
  const { userId, tenantId } = user
  audit.record({ type: 'user.signed-in', clientId, userId, tenantId }, ctx.ip)
  return { outcome: 'signed-in', user, startedAt }
}
