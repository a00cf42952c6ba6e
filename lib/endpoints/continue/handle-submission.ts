/**
 * Taking the answer of a page: the form that its user submitted.
 *
 * @module
 */

import type { Context } from 'koa'
import { scopesOf } from '../../consent/consent.ts'
import { createConsentId } from '../../consent/consent-id.ts'
import { readForm } from '../../http/body.ts'
import { formOriginOf, isFromSignInPage } from '../../http/browser-binding.ts'
import { redirectAfterPost } from '../../http/responses.ts'
import { isFromOwnPage } from '../../http/same-origin.ts'
import { attemptSignIn } from '../../http/sign-in.ts'
import { denyRequest } from '../../interaction/deny-request.ts'
import {
  currentSignIn,
  type GivenConsent,
  isUsedUp,
  type PendingRequest,
  type Progress,
} from '../../interaction/pending-request.ts'
import type { User } from '../../users/user.ts'
import {
  type ContinueDependencies,
  continueUrl,
  determineNextStep,
  type FoundRequest,
  type InteractionContext,
  refuse,
} from './interaction-context.ts'
import { showSignIn } from './show-next-step.ts'

/**
 * Does what the user chose, and leads on.
 *
 * The page may be out of date: the back button, or another tab. That must not turn what its user meant
 * into something else. Who refuses has refused; credentials that were typed are checked, and count; and
 * nobody agrees for an account that the page did not show.
 */
export async function handleSubmission(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
): Promise<void> {
  const { request, bindingSecret, shown } = interaction
  const form = await readForm(ctx)
  const token = form?.get('csrf') ?? null
  const origin = isFromOwnPage(ctx, dependencies.issuer)
    ? formOriginOf(token, bindingSecret, shown)
    : 'elsewhere'
  if (form === undefined || origin === 'elsewhere') {
    await refuse(dependencies, ctx, 403, 'form-rejected', interaction)
    return
  }
  const action = form.get('action')
  const canSignIn = dependencies.hostSession === undefined && isFromSignInPage(token, bindingSecret)
  if (action === 'sign-in' && canSignIn) {
    await signIn(dependencies, ctx, interaction, form)
  } else if (action === 'deny' || action === 'cancel') {
    await deny(dependencies, ctx, interaction)
  } else if (request.isDenied) {
    redirectAfterPost(ctx, dependencies.pendingRequests.answerUrl(request))
  } else if (isUsedUp(request, currentSignIn(request)?.userId)) {
    await refuse(dependencies, ctx, 400, 'request-finished', interaction)
  } else if (action === 'switch-account') {
    await switchAccount(dependencies, ctx, interaction)
  } else if (origin === 'outdated-page') {
    await showWhoIsSignedIn(dependencies, ctx, interaction)
  } else {
    await agree(dependencies, ctx, interaction, action)
  }
}

async function signIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
  form: URLSearchParams,
): Promise<void> {
  const { request, client } = interaction
  const attempt = await attemptSignIn(dependencies, ctx, form, client.clientId)
  if (attempt.outcome === 'failed') {
    const { status, username, problem } = attempt
    await showSignIn(dependencies, ctx, interaction, status, username, problem)
    return
  }
  const { userId } = attempt.user
  // Sent twice, it leads to where it led: to the code that this session was given.
  if (request.issuedTo === userId && request.session?.userId === userId) {
    await finishAgain(dependencies, ctx, interaction, userId)
    return
  }
  const signedIn = await dependencies.browserSessions.signIn(ctx, userId, attempt.at)
  if (request.isDenied || isUsedUp(request, userId)) {
    await finishAgain(dependencies, ctx, interaction, userId)
    return
  }
  const found = { ...interaction, request: { ...request, session: signedIn } }
  await proceed(dependencies, ctx, found, { signedIn })
}

/** Leads to where a request has led before, unless its code was redeemed or is somebody else's. */
async function finishAgain(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
  userId: string,
): Promise<void> {
  const { request } = interaction
  if (!request.isDenied && isUsedUp(request, userId)) {
    await refuse(dependencies, ctx, 400, 'request-finished', interaction)
  } else {
    redirectAfterPost(ctx, dependencies.pendingRequests.answerUrl(request))
  }
}

async function deny(
  dependencies: ContinueDependencies,
  ctx: Context,
  { request, next }: InteractionContext,
): Promise<void> {
  const reason =
    next.step === 'refuse-access'
      ? 'the user may not use this client'
      : 'the user denied the request'
  await denyRequest(dependencies, request, reason, ctx.ip)
  redirectAfterPost(ctx, dependencies.pendingRequests.answerUrl(request))
}

async function switchAccount(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
): Promise<void> {
  // The code is the other account's.
  if (interaction.request.issuedTo !== undefined) {
    await refuse(dependencies, ctx, 400, 'request-finished', interaction)
    return
  }
  await proceed(dependencies, ctx, interaction, { sessionDismissedAt: dependencies.now() })
}

/** Shows what is due now, and asks before it goes on with an account that the page did not show. */
async function showWhoIsSignedIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  { request, next }: InteractionContext,
): Promise<void> {
  if (next.step === 'complete') {
    const { chosenUserId: _chosen, consent: _consent, ...progress } = request.progress
    const asking = { ...progress, mustConfirmAccount: true }
    await dependencies.pendingRequests.saveProgress(request, asking)
  }
  redirectAfterPost(ctx, continueUrl(dependencies, request))
}

async function agree(
  dependencies: ContinueDependencies,
  ctx: Context,
  interaction: InteractionContext,
  action: string | null,
): Promise<void> {
  const { request, next } = interaction
  if (action === 'allow' && next.step === 'consent') {
    await allow(dependencies, ctx, interaction, next.user)
  } else if (action === 'continue' && next.step === 'select-account') {
    const chosenUserId = next.user.userId
    await proceed(dependencies, ctx, interaction, { ...request.progress, chosenUserId })
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
  const { request, client } = interaction
  const { userId, tenantId } = user
  const { clientId } = client
  const { scopes } = request
  const given = await keepConsent(dependencies, ctx, request, clientId, user)
  if (given === undefined) {
    redirectAfterPost(ctx, continueUrl(dependencies, request))
    return
  }
  dependencies.audit.record({ type: 'consent.granted', clientId, userId, tenantId, scopes }, ctx.ip)
  const progress = { ...request.progress, consent: { userId, scopes } }
  await proceed(dependencies, ctx, interaction, progress, given)
  // One that came meanwhile, from another tab, may not have seen the consent.
  if (await dependencies.pendingRequests.wasDenied(request)) {
    await deny(dependencies, ctx, interaction)
  }
}

/**
 * Keeps a consent.
 *
 * @returns `undefined` when the user was signed out everywhere meanwhile. Their consents are deleted
 *   then, and this one may have come after that: it must not stay behind.
 */
async function keepConsent(
  dependencies: ContinueDependencies,
  { ip }: Context,
  request: PendingRequest,
  clientId: string,
  { userId, tenantId }: User,
): Promise<GivenConsent | undefined> {
  const { consents, revoker, endFormerConnection, wasSignedOutSince, now } = dependencies
  const signIn = currentSignIn(request)
  const { scopes } = request
  const before = await consents.find(userId, clientId)
  // The store ends it too, with this grant; but here it is recorded.
  if (before !== undefined && before.tenantId !== tenantId)
    await endFormerConnection(before, { ip })
  const grant = { userId, clientId, tenantId, scopes, grantedAt: now() }
  await consents.grant({ consentId: createConsentId(), ...grant })
  const consent = await consents.find(userId, clientId)
  if (signIn === undefined || (await wasSignedOutSince(userId, signIn.at))) {
    if (consent !== undefined) await revoker.revokeConsent(consent)
    return undefined
  }
  const { consentId = '', grantedAt = grant.grantedAt } = consent ?? {}
  const known = scopesOf(before?.consentId === consentId ? before : undefined)
  const newScopes = scopes.filter((scope) => !known.includes(scope))
  return { consentId, userId, clientId, grantedAt, newScopes }
}

/**
 * Records progress; goes to the end if that was all, or back to GET for the next page.
 *
 * @param given A consent that was given with it.
 */
async function proceed(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  progress: Progress,
  given?: GivenConsent,
): Promise<void> {
  const { pendingRequests } = dependencies
  const advanced = { ...found.request, progress }
  const { next } = await determineNextStep(dependencies, { ...found, request: advanced })
  if (next.step === 'complete') {
    await pendingRequests.complete(advanced, next.user.userId, given)
    redirectAfterPost(ctx, pendingRequests.answerUrl(advanced))
  } else {
    await pendingRequests.saveProgress(advanced, progress, given)
    redirectAfterPost(ctx, continueUrl(dependencies, advanced))
  }
}
