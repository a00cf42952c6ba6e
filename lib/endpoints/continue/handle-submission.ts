/**
 * Handles the submitted forms of the sign-in and consent pages.
 *
 * @module
 */

import type { Context } from 'koa'
import { scopesOf } from '../../consent/consent.ts'
import { formOriginOf, isFromOurPage, isFromSignInPage } from '../../http/browser-binding.ts'
import { redirectAfterPost } from '../../http/responses.ts'
import { isFromOwnPage } from '../../http/same-origin.ts'
import { attemptSignIn } from '../../http/sign-in.ts'
import { denyRequest, withdrawGrant } from '../../interaction/deny-request.ts'
import { grantConsent } from '../../interaction/grant-consent.ts'
import { type NextStep, nextStep } from '../../interaction/next-step.ts'
import {
  browserUserOf,
  currentSignIn,
  isFinishedByOther,
  isUsedUp,
  type PendingRequest,
} from '../../interaction/pending-request.ts'
import type { User } from '../../users/user.ts'
import {
  type ContinueDependencies,
  continueUrl,
  determineNextStep,
  type FoundRequest,
  type InteractionContext,
  sendRequestError,
  withNextStep,
} from './interaction-context.ts'
import { showSignIn } from './show-next-step.ts'

/**
 * Performs the action of a submitted form and redirects to the next step.
 *
 * The page may be outdated, because of the back button or another tab. A denial is final all the same, and
 * submitted credentials are checked. But nobody consents for an account that the page did not show.
 *
 * The next step is determined only where it matters: it asks the host about the current user, and a host that
 * cannot tell must not keep anybody from denying, or from choosing another account.
 *
 * @param form `undefined` when the body is no form, or incomplete.
 */
export async function handleSubmission(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  form: URLSearchParams | undefined,
): Promise<void> {
  const { request, bindingSecret } = found
  const token = form?.get('csrf') ?? null
  const isOurForm = isFromOwnPage(ctx, dependencies.issuer) && isFromOurPage(token, bindingSecret)
  if (form === undefined || !isOurForm) {
    await sendRequestError(dependencies, ctx, 403, 'form-rejected', found)
    return
  }
  const action = form.get('action')
  const canSignIn = (): boolean =>
    dependencies.hostSession === undefined && isFromSignInPage(token, bindingSecret)
  if (action === 'sign-in' && canSignIn()) {
    await signIn(dependencies, ctx, found, form)
  } else if (action === 'deny' || action === 'cancel') {
    await deny(dependencies, ctx, found)
  } else if (request.isDenied) {
    redirectAfterPost(ctx, dependencies.pendingRequests.resumeUrl(request))
  } else if (isUsedUp(request, currentSignIn(request)?.userId)) {
    await sendRequestError(dependencies, ctx, 400, 'request-finished', found)
  } else if (action === 'switch-account') {
    await switchAccount(dependencies, ctx, found)
  } else {
    await performForCurrentUser(dependencies, ctx, found, form)
  }
}

async function signIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  form: URLSearchParams,
): Promise<void> {
  const { request, client } = found
  const attempt = await attemptSignIn(dependencies, ctx, form, client.clientId)
  if (attempt.outcome === 'failed') {
    await showSignIn(dependencies, ctx, found, attempt.shown)
    return
  }
  const { userId } = attempt.user
  // A form submitted twice gets the same code again.
  if (request.issuedTo === userId && request.session?.userId === userId) {
    await finishAgain(dependencies, ctx, found, userId)
    return
  }
  const signedIn = await dependencies.browserSessions.signIn(ctx, userId, attempt.startedAt)
  if (request.isDenied || isUsedUp(request, userId)) {
    await finishAgain(dependencies, ctx, found, userId)
    return
  }
  const session = { ...signedIn, authenticatedAt: signedIn.at }
  const advanced = { ...request, session, progress: { signedIn } }
  const { next } = await determineNextStep(dependencies, { ...found, request: advanced })
  await proceed(dependencies, ctx, advanced, next)
}

/** Resumes a finished request again, unless its code was redeemed or was issued to another user. */
async function finishAgain(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  userId: string,
): Promise<void> {
  const { request } = found
  if (!request.isDenied && isUsedUp(request, userId)) {
    await sendRequestError(dependencies, ctx, 400, 'request-finished', found)
  } else {
    redirectAfterPost(ctx, dependencies.pendingRequests.resumeUrl(request))
  }
}

async function deny(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
): Promise<void> {
  const { request } = found
  const userId = browserUserOf(request)
  if (isFinishedByOther(request)) {
    // Only for the other: what this user allowed ends.
    if (userId !== undefined) await withdrawGrant(dependencies, request, userId, ctx.ip)
    await sendRequestError(dependencies, ctx, 400, 'request-finished', found)
    return
  }
  const denial = { reason: 'the user denied the request', userId: userId ?? null }
  await denyRequest(dependencies, request, denial, ctx.ip)
  redirectAfterPost(ctx, dependencies.pendingRequests.resumeUrl(request))
}

async function switchAccount(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
): Promise<void> {
  // A code was already issued to the other account.
  if (found.request.issuedTo !== undefined) {
    await sendRequestError(dependencies, ctx, 400, 'request-finished', found)
    return
  }
  const progress = { sessionDismissedAt: dependencies.now() }
  await proceed(dependencies, ctx, { ...found.request, progress }, { step: 'sign-in' })
}

/** Shows the next step for the current user. The user must confirm the account: the page did not show it. */
async function askForCurrentUser(
  dependencies: ContinueDependencies,
  ctx: Context,
  { request, next }: InteractionContext,
): Promise<void> {
  if (next.step === 'complete') {
    const { chosenUserId: _chosen, consent: _consent, ...progress } = request.progress
    const unconfirmed = { ...progress, mustConfirmAccount: true }
    await dependencies.pendingRequests.saveProgress(request, unconfirmed)
  }
  redirectAfterPost(ctx, continueUrl(dependencies, request))
}

async function performForCurrentUser(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  form: URLSearchParams,
): Promise<void> {
  const interaction = await determineNextStep(dependencies, found)
  const { request, next, bindingSecret, shown } = interaction
  const action = form.get('action')
  if (formOriginOf(form.get('csrf'), bindingSecret, shown) === 'outdated-page') {
    await askForCurrentUser(dependencies, ctx, interaction)
  } else if (action === 'allow' && next.step === 'consent') {
    await allow(dependencies, ctx, interaction, next.user)
  } else if (action === 'continue' && next.step === 'select-account') {
    const progress = { ...request.progress, chosenUserId: next.user.userId }
    const advanced = { ...interaction, request: { ...request, progress } }
    const { next: following } = withNextStep(dependencies, advanced, interaction)
    await proceed(dependencies, ctx, advanced.request, following)
  } else {
    redirectAfterPost(ctx, continueUrl(dependencies, request))
  }
}

async function allow(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
  user: User,
): Promise<void> {
  const { request, consent, earlier, refusal } = interaction
  const { userId } = user
  const { scopes } = request
  const signIn = currentSignIn(request)
  if (
    signIn === undefined ||
    earlier === undefined ||
    !(await grantConsent(dependencies, request, user, earlier, signIn.at, ctx.ip))
  ) {
    redirectAfterPost(ctx, continueUrl(dependencies, request))
    return
  }
  const advanced = { ...request, progress: { ...request.progress, consent: { userId, scopes } } }
  // If they are withdrawn by now, whoever resumes the request sees that.
  const granted = [...scopesOf(consent), ...scopes]
  const next = nextStep(advanced, user, refusal, granted, dependencies.now())
  await proceed(dependencies, ctx, advanced, next)
}

/** Saves progress, and redirects to the next page or, after the last one, to the authorization endpoint. */
async function proceed(
  dependencies: ContinueDependencies,
  ctx: Context,
  request: PendingRequest,
  next: NextStep,
): Promise<void> {
  const { pendingRequests } = dependencies
  if (next.step === 'complete') {
    await pendingRequests.complete(request, next.user.userId)
    redirectAfterPost(ctx, pendingRequests.resumeUrl(request))
  } else {
    await pendingRequests.saveProgress(request, request.progress)
    redirectAfterPost(ctx, continueUrl(dependencies, request))
  }
}
