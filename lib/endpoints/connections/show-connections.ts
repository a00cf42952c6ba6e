/**
 * Shows the connections page, or the sign-in page before it.
 *
 * @module
 */

import type { Context } from 'koa'
import { csrfTokenOf, type ShownUser } from '../../http/browser-binding.ts'
import { inLanguage } from '../../http/page-views.ts'
import { redirectAfterGet, sendPage } from '../../http/responses.ts'
import { firstSignIn, type ShownSignIn } from '../../http/sign-in.ts'
import type { FormView } from '../../pages/pages.ts'
import type { User } from '../../users/user.ts'
import { type AccountDependencies, connectionsUrl, findCurrentUser } from './current-user.ts'

/** Shows the page, or redirects to the sign-in page of the host. */
export async function showConnections(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<void> {
  const { hostSession } = dependencies
  const { user, shown, hasStaleSession } = await findCurrentUser(dependencies, ctx)
  if (user !== undefined) {
    await showConnectionsOf(dependencies, ctx, user, shown)
  } else if (hostSession === undefined) {
    await showSignIn(dependencies, ctx, firstSignIn())
  } else {
    const url = await hostSession.signInUrl({
      returnTo: connectionsUrl(dependencies),
      // Otherwise the host would redirect back at once: there the user is signed in.
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
  { status, ...state }: ShownSignIn,
): Promise<void> {
  const form = formOf(dependencies, ctx, undefined)
  const { pages } = dependencies
  const context = pages.contextOf(ctx)
  const page = await pages.signIn({ ...context, client: undefined, form, ...state })
  sendPage(ctx, status, page)
}

async function showConnectionsOf(
  dependencies: AccountDependencies,
  ctx: Context,
  user: User,
  shown: ShownUser | undefined,
): Promise<void> {
  const { connections, cookies, findClient, hostSession, pages, now } = dependencies
  const disconnectedClientId = cookies.takeFlashMessage(ctx)
  const [list, disconnected] = await Promise.all([
    connections.list(user.userId),
    disconnectedClientId === undefined ? undefined : findClient(disconnectedClientId),
  ])
  const context = pages.contextOf(ctx, { user })
  const page = await pages.connections({
    ...context,
    form: formOf(dependencies, ctx, shown),
    user,
    connections: inLanguage(list, dependencies.scopes, context.language),
    disconnectedName: disconnected?.name,
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
