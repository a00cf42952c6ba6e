/**
 * Handles the submitted forms of the account pages.
 *
 * @module
 */

import type { Context } from 'koa'
import { readForm } from '../../http/body.ts'
import { type FormOrigin, formOriginOf, type ShownUser } from '../../http/browser-binding.ts'
import { redirectAfterPost, sendErrorPage } from '../../http/responses.ts'
import { isFromOwnPage } from '../../http/same-origin.ts'
import { attemptSignIn } from '../../http/sign-in.ts'
import type { User } from '../../users/user.ts'
import { type AccountDependencies, connectionsUrl, findCurrentUser } from './current-user.ts'
import { showSignIn } from './show-connections.ts'

/** Performs the action of a submitted form and redirects to the page. */
export async function handleSubmission(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<void> {
  // Before the user is looked up: a body may take minutes to arrive.
  const form = await readForm(ctx)
  const { user, shown } = await findCurrentUser(dependencies, ctx)
  const origin = originOf(dependencies, ctx, form, shown)
  if (form === undefined || origin === 'elsewhere') {
    const view = {
      kind: 'form-rejected',
      error: 'invalid_request',
      description: undefined,
      client: undefined,
    } as const
    await sendErrorPage(ctx, 403, dependencies.pages, view)
    return
  }
  if (await perform(dependencies, ctx, form, origin === 'current-page' ? user : undefined)) {
    redirectAfterPost(ctx, connectionsUrl(dependencies))
  }
}

/**
 * @param user The current user, if the page was shown to that user: nobody may disconnect for another
 *   user. Signing in and signing out are performed for an outdated page too.
 *
 * @returns `false` when the response is already sent.
 */
async function perform(
  dependencies: AccountDependencies,
  ctx: Context,
  form: URLSearchParams,
  user: User | undefined,
): Promise<boolean> {
  const { hostSession, browserSessions, disconnect, cookies } = dependencies
  const action = form.get('action')
  const hasOwnSessions = hostSession === undefined
  if (hasOwnSessions && action === 'sign-in') return await signIn(dependencies, ctx, form)
  if (hasOwnSessions && action === 'sign-out') await browserSessions.signOut(ctx)
  if (user !== undefined && action === 'disconnect') {
    const clientId = form.get('clientId') ?? ''
    if (await disconnect(user.userId, clientId, ctx.ip)) cookies.setFlashMessage(ctx, clientId)
  }
  return true
}

function originOf(
  { issuer, cookies }: AccountDependencies,
  ctx: Context,
  form: URLSearchParams | undefined,
  shown: ShownUser | undefined,
): FormOrigin {
  const binding = cookies.findBinding(ctx)
  if (binding === undefined || !isFromOwnPage(ctx, issuer)) return 'elsewhere'
  return formOriginOf(form?.get('csrf') ?? null, binding, shown)
}

/** @returns `false` when the sign-in page was sent again. */
async function signIn(
  dependencies: AccountDependencies,
  ctx: Context,
  form: URLSearchParams,
): Promise<boolean> {
  const attempt = await attemptSignIn(dependencies, ctx, form)
  if (attempt.outcome === 'failed') {
    await showSignIn(dependencies, ctx, attempt.status, attempt.username, attempt.problem)
    return false
  }
  await dependencies.browserSessions.signIn(ctx, attempt.user.userId, attempt.startedAt)
  return true
}
