/**
 * Who looks at the account pages, and how they sign in when nobody is.
 *
 * @module
 */

import type { Context } from 'koa'
import type { ShownUser } from '../../http/browser-binding.ts'
import type { HostSession } from '../../users/authentication.ts'
import type { BrowserSessions } from '../../users/browser-sessions.ts'
import type { FindUser, User } from '../../users/user.ts'

/** What tells who it is. */
export interface CurrentUserDependencies {
  readonly hostSession: HostSession | undefined
  readonly browserSessions: BrowserSessions
  readonly findUser: FindUser
}

/** Whoever sent a request. */
export interface CurrentUser {
  /** Who is signed in; `undefined` for nobody, or nobody any more. */
  readonly user: User | undefined
  /** What ties forms to them. */
  readonly shown: ShownUser | undefined
  /** Whether there is a session all the same: of a user who is gone or disabled. */
  readonly hasStaleSession: boolean
}

/** Finds out who sent a request. */
export async function findCurrentUser(
  { hostSession, browserSessions, findUser }: CurrentUserDependencies,
  ctx: Context,
): Promise<CurrentUser> {
  const signedIn =
    hostSession === undefined ? await browserSessions.find(ctx) : await atHost(hostSession, ctx)
  const user = signedIn && (await findUser(signedIn.userId))
  return {
    user,
    shown: user && signedIn,
    hasStaleSession: signedIn !== undefined && user === undefined,
  }
}

async function atHost(hostSession: HostSession, ctx: Context): Promise<ShownUser | undefined> {
  const signedIn = await hostSession.signedInUser(ctx)
  return signedIn && { userId: signedIn.userId }
}
