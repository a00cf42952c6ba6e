/**
 * The current user of the account pages.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Connections, Disconnect } from '../../connections/connections.ts'
import type { ShownUser } from '../../http/browser-binding.ts'
import type { PageCookies } from '../../http/page-cookies.ts'
import type { SignInDependencies } from '../../http/sign-in.ts'
import type { ServerPages } from '../../pages/server-pages.ts'
import type { ScopeCatalogue } from '../../scopes/scope-catalogue.ts'
import type { Client } from '../../storage/client.ts'
import type { HostSession } from '../../users/authentication.ts'
import type { BrowserSessions } from '../../users/browser-sessions.ts'
import type { User } from '../../users/user.ts'

/** Relative to the issuer. */
export const CONNECTIONS_PATH = '/account/connections'

/** Dependencies of the account pages. */
export interface AccountDependencies extends SignInDependencies {
  readonly issuer: string
  readonly connections: Pick<Connections, 'list'>
  readonly disconnect: Disconnect
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly hostSession: HostSession | undefined
  readonly browserSessions: BrowserSessions
  readonly cookies: PageCookies
  readonly scopes: ScopeCatalogue
  readonly pages: ServerPages
}

/** The current user of a request. */
export interface CurrentUser {
  /** `undefined` when nobody is signed in, or the user does not exist any more. */
  readonly user: User | undefined
  /** The user and session that the CSRF token is bound to. */
  readonly shown: ShownUser | undefined
  /** Whether the session belongs to a deleted or disabled user. */
  readonly hasStaleSession: boolean
}

/** The URL of the connections page. */
export function connectionsUrl({ issuer }: Pick<AccountDependencies, 'issuer'>): string {
  return issuer + CONNECTIONS_PATH
}

/** Finds the current user. */
export async function findCurrentUser(
  { hostSession, browserSessions, findUser }: AccountDependencies,
  ctx: Context,
): Promise<CurrentUser> {
  const signedIn =
    hostSession === undefined
      ? await browserSessions.find(ctx)
      : await findHostUser(hostSession, ctx)
  const user = signedIn && (await findUser(signedIn.userId))
  return {
    user,
    shown: user && signedIn,
    hasStaleSession: signedIn !== undefined && user === undefined,
  }
}

async function findHostUser(
  hostSession: HostSession,
  ctx: Context,
): Promise<ShownUser | undefined> {
  const signedIn = await hostSession.signedInUser(ctx)
  return signedIn && { userId: signedIn.userId }
}
