/**
 * Handles the submitted forms of the account pages.
 *
 * @module
 */

import type { Context } from 'koa'
import { readForm } from '../../http/body.ts'
import { formOriginOf, isFromOurPage } from '../../http/browser-binding.ts'
import { redirectAfterPost, sendErrorPage } from '../../http/responses.ts'
import { isFromOwnPage } from '../../http/same-origin.ts'
import { attemptSignIn } from '../../http/sign-in.ts'
import { type AccountDependencies, connectionsUrl, findCurrentUser } from './current-user.ts'
import { showSignIn } from './show-connections.ts'

/** Performs the action of a submitted form and redirects to the page. */
export async function handleSubmission(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<void> {
  const { cookies, issuer, pages } = dependencies
  // Before the user is looked up: a body may take minutes to arrive.
  const form = await readForm(ctx)
  const bindingSecret = isFromOwnPage(ctx, issuer) ? cookies.findBinding(ctx) : undefined
  if (
    form === undefined ||
    bindingSecret === undefined ||
    !isFromOurPage(form.get('csrf'), bindingSecret)
  ) {
    const error = { kind: 'form-rejected', error: 'invalid_request' } as const
    await sendErrorPage(ctx, 403, pages, { ...error, description: undefined, client: undefined })
    return
  }
  if (await perform(dependencies, ctx, form, bindingSecret)) {
    redirectAfterPost(ctx, connectionsUrl(dependencies))
  }
}

/**
 * Signing in and signing out are performed for an outdated page too, and need nobody to find the user.
 *
 * @returns `false` when the response is already sent.
 */
async function perform(
  dependencies: AccountDependencies,
  ctx: Context,
  form: URLSearchParams,
  bindingSecret: string,
): Promise<boolean> {
  const { hostSession, browserSessions } = dependencies
  const action = form.get('action')
  const hasOwnSessions = hostSession === undefined
  if (hasOwnSessions && action === 'sign-in') return await signIn(dependencies, ctx, form)
  if (hasOwnSessions && action === 'sign-out') await browserSessions.signOut(ctx)
  if (action === 'disconnect') await disconnect(dependencies, ctx, form, bindingSecret)
  return true
}

/** Disconnects a client of the current user, if the page showed that user: nobody may disconnect for another. */
async function disconnect(
  dependencies: AccountDependencies,
  ctx: Context,
  form: URLSearchParams,
  bindingSecret: string,
): Promise<void> {
  const { user, shown } = await findCurrentUser(dependencies, ctx)
  const origin = formOriginOf(form.get('csrf'), bindingSecret, shown)
  if (user === undefined || origin !== 'current-page') return
  const clientId = form.get('clientId') ?? ''
  if (await dependencies.disconnect(user.userId, clientId, ctx.ip)) {
    dependencies.cookies.setFlashMessage(ctx, clientId)
  }
}

/** @returns `false` when the sign-in page was sent again. */
async function signIn(
  dependencies: AccountDependencies,
  ctx: Context,
  form: URLSearchParams,
): Promise<boolean> {
  const attempt = await attemptSignIn(dependencies, ctx, form)
  if (attempt.outcome === 'failed') {
    await showSignIn(dependencies, ctx, attempt.shown)
    return false
  }
  await dependencies.browserSessions.signIn(ctx, attempt.user.userId, attempt.startedAt)
  return true
}
