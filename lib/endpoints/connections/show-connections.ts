/**
 * Showing the page with a user's connections, or what comes before it: signing in.
 *
 * @module
 */

import type { Context } from 'koa'
import { csrfTokenOf, type ShownUser } from '../../http/browser-binding.ts'
import { redirectAfterGet, sendPage } from '../../http/responses.ts'
import type { FormView, SignInProblem } from '../../pages/pages.ts'
import type { User } from '../../users/user.ts'
import { type AccountDependencies, connectionsUrl } from './account-dependencies.ts'
import { findCurrentUser } from './current-user.ts'

/** Shows the page, or leaves for where the host signs users in. */
export async function showConnections(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<void> {
  const { hostSession } = dependencies
  const { user, shown, hasStaleSession } = await findCurrentUser(dependencies, ctx)
  if (user !== undefined) {
    await showConnectionsOf(dependencies, ctx, user, shown)
  } else if (hostSession === undefined) {
    await showSignIn(dependencies, ctx, 200, '')
  } else {
    const url = await hostSession.signInUrl({
      returnTo: connectionsUrl(dependencies),
      // Or the host, where somebody is signed in, would send them right back.
      mustReauthenticate: hasStaleSession,
      loginHint: undefined,
    })
    redirectAfterGet(ctx, url)
  }
}

/** Shows the sign-in page. */
export async function showSignIn(
  dependencies: AccountDependencies,
  ctx: Context,
  status: number,
  username: string,
  problem?: SignInProblem,
): Promise<void> {
  const form = formOf(dependencies, ctx, undefined)
  const page = await dependencies.pages.signIn({ client: undefined, form, username, problem })
  sendPage(ctx, status, page)
}

async function showConnectionsOf(
  dependencies: AccountDependencies,
  ctx: Context,
  user: User,
  shown: ShownUser | undefined,
): Promise<void> {
  const { connections, cookies, findClient, hostSession, pages, now } = dependencies
  const endedClientId = cookies.takeFlashMessage(ctx)
  const [list, ended] = await Promise.all([
    connections.list(user.userId),
    endedClientId === undefined ? undefined : findClient(endedClientId),
  ])
  const page = await pages.connections({
    form: formOf(dependencies, ctx, shown),
    user,
    connections: list,
    disconnectedName: ended?.name,
    canSignOut: hostSession === undefined,
    now: now(),
  })
  sendPage(ctx, 200, page)
}

function formOf(
  dependencies: AccountDependencies,
  ctx: Context,
  shown: ShownUser | undefined,
): FormView {
  const csrf = csrfTokenOf(dependencies.cookies.bind(ctx), shown)
  return { url: connectionsUrl(dependencies), hidden: { csrf } }
}
