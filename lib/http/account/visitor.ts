/**
 * Who looks at the account pages, and how they sign in when nobody is.
 *
 * @module
 */

import type { Context } from 'koa'
import type { HostSession } from '../../users/authentication.ts'
import type { BrowserSessions } from '../../users/browser-sessions.ts'
import type { FindUser, User } from '../../users/user.ts'

/** What tells who it is. */
export interface VisitorDependencies {
  readonly hostSession: HostSession | undefined
  readonly browserSessions: BrowserSessions
  readonly findUser: FindUser
}

/** Whoever sent a request. */
export interface Visitor {
  /** Who is signed in; `undefined` for nobody, or nobody any more. */
  readonly user: User | undefined
  /** Whether there is a session all the same: of a user who is gone or disabled. */
  readonly hasStaleSession: boolean
}

/** Finds out who sent a request. */
export async function findVisitor(
  { hostSession, browserSessions, findUser }: VisitorDependencies,
  ctx: Context,
): Promise<Visitor> {
  const userId =
    hostSession === undefined
      ? await browserSessions.signedInUserId(ctx)
      : (await hostSession.signedInUser(ctx))?.userId
  const user = userId === undefined ? undefined : await findUser(userId)
  return { user, hasStaleSession: userId !== undefined && user === undefined }
}
