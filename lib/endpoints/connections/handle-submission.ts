/**
 * Taking the answer of an account page: the form that its user submitted.
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
import { type AccountDependencies, connectionsUrl } from './account-dependencies.ts'
import { findCurrentUser } from './current-user.ts'
import { showSignIn } from './show-connections.ts'

/** Does what the user chose, and leads back to the page. */
export async function handleSubmission(
  dependencies: AccountDependencies,
  ctx: Context,
): Promise<void> {
  const { user, shown } = await findCurrentUser(dependencies, ctx)
  const form = await readForm(ctx)
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
 * @param user Whom the page shows, if that is who is signed in now: nobody disconnects for somebody else.
 *   But credentials that were typed are checked, and who signs out is signed out, whatever another tab did
 *   meanwhile.
 *
 * @returns `false` when it has answered.
 */
async function perform(
  dependencies: AccountDependencies,
  ctx: Context,
  form: URLSearchParams,
  user: User | undefined,
): Promise<boolean> {
  const { hostSession, browserSessions, disconnect, cookies } = dependencies
  const action = form.get('action')
  // With sessions of its own, the host signs users in and out.
  const isOurs = hostSession === undefined
  if (isOurs && action === 'sign-in') return await signIn(dependencies, ctx, form)
  if (isOurs && action === 'sign-out') await browserSessions.signOut(ctx)
  if (user !== undefined && action === 'disconnect') {
    const clientId = form.get('clientId') ?? ''
    if (await disconnect(user.userId, clientId, ctx.ip)) cookies.leaveFlashMessage(ctx, clientId)
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

/** @returns `false` when the page was shown again. */
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
  await dependencies.browserSessions.signIn(ctx, attempt.user.userId, attempt.at)
  return true
}
