/**
 * Taking the answer of a page: the form that its user submitted.
 *
 * @module
 */

import type { Context } from 'koa'
import { createConsentId } from '../../consent/consent-id.ts'
import {
  currentSignIn,
  type PendingRequest,
  type Progress,
} from '../../interaction/pending-request.ts'
import type { User } from '../../users/user.ts'
import { readForm } from '../body.ts'
import { formOriginOf } from '../browser-binding.ts'
import { redirectAfterPost } from '../respond.ts'
import { isFromOwnPage } from '../same-origin.ts'
import { attemptSignIn } from '../sign-in.ts'
import { showSignIn } from './show-next-step.ts'
import {
  type ContinueDependencies,
  continueUrl,
  type FoundRequest,
  refuse,
  type Situation,
  situate,
} from './situation.ts'

/** Does what the user chose, and leads on. */
export async function takeAnswer(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
): Promise<void> {
  const { request, bindingSecret, next, shown } = situation
  const form = await readForm(ctx)
  const origin = isFromOwnPage(ctx, dependencies.issuer)
    ? formOriginOf(form?.get('csrf') ?? null, bindingSecret, shown)
    : 'elsewhere'
  if (form === undefined || origin === 'elsewhere') {
    await refuse(dependencies, ctx, 403, 'form-rejected')
    return
  }

  const action = origin === 'outdated-page' ? 'none' : form.get('action')
  const permitted = `${next.step}:${action}`
  switch (permitted) {
    case 'sign-in:sign-in':
      await signIn(dependencies, ctx, situation, form)
      return
    case 'select-account:continue':
      await chooseAccount(dependencies, ctx, situation)
      return
    case 'select-account:switch-account':
    case 'refuse-access:switch-account':
    case 'consent:switch-account':
      await proceed(dependencies, ctx, situation, { sessionDismissedAt: dependencies.now() })
      return
    case 'consent:allow':
      await allow(dependencies, ctx, situation)
      return
    case 'sign-in:cancel':
    case 'select-account:cancel':
    case 'refuse-access:cancel':
    case 'consent:deny': {
      const reason =
        next.step === 'refuse-access'
          ? 'the user may not use this client'
          : 'the user denied the request'
      redirectAfterPost(ctx, await dependencies.pendingRequests.deny(request, reason))
      return
    }
    default:
      // The page is out of date: the back button, or another tab signed in. Show what is due now.
      redirectAfterPost(ctx, continueUrl(dependencies, request))
  }
}

async function signIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
  form: URLSearchParams,
): Promise<void> {
  const attempt = await attemptSignIn(dependencies, ctx, form, situation.client.clientId)
  if (attempt.outcome === 'failed') {
    const { status, username, problem } = attempt
    await showSignIn(dependencies, ctx, situation, status, username, problem)
    return
  }
  const { user, at } = attempt
  const signedIn = await dependencies.browserSessions.signIn(ctx, user.userId, at)
  const request = { ...situation.request, session: signedIn }
  await proceed(dependencies, ctx, { ...situation, request }, { signedIn })
}

async function chooseAccount(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
): Promise<void> {
  const { request, next } = situation
  if (next.step !== 'select-account') return
  const chosenUserId = next.user.userId
  await proceed(dependencies, ctx, situation, { ...request.progress, chosenUserId })
}

async function allow(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
): Promise<void> {
  const { request, client, next } = situation
  if (next.step !== 'consent') return
  const { userId, tenantId } = next.user
  const { clientId } = client
  const { scopes } = request
  if (!(await keepConsent(dependencies, ctx, request, clientId, next.user))) {
    redirectAfterPost(ctx, continueUrl(dependencies, request))
    return
  }
  dependencies.audit.record({ type: 'consent.granted', clientId, userId, tenantId, scopes }, ctx.ip)
  await proceed(dependencies, ctx, situation, { ...request.progress, consent: { userId, scopes } })
}

/**
 * Keeps a consent.
 *
 * @returns `false` when the user was signed out everywhere meanwhile. Their consents are deleted then,
 *   and this one may have come after that: it must not stay behind.
 */
async function keepConsent(
  dependencies: ContinueDependencies,
  { ip }: Context,
  request: PendingRequest,
  clientId: string,
  { userId, tenantId }: User,
): Promise<boolean> {
  const { consents, revoker, endFormerConnection, wasSignedOutSince, now } = dependencies
  const signIn = currentSignIn(request)
  const { scopes } = request
  const before = await consents.find(userId, clientId)
  // The store ends it too, with this grant; but here it is recorded.
  if (before !== undefined && before.tenantId !== tenantId)
    await endFormerConnection(before, { ip })
  const consentId = createConsentId()
  await consents.grant({ consentId, userId, clientId, tenantId, scopes, grantedAt: now() })
  if (signIn !== undefined && !(await wasSignedOutSince(userId, signIn.at))) return true
  const consent = await consents.find(userId, clientId)
  if (consent !== undefined) await revoker.revokeConsent(consent)
  return false
}

/** Records progress; goes to the end if that was all, or back to GET for the next page. */
async function proceed(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  progress: Progress,
): Promise<void> {
  const { request } = found
  const advanced = { ...request, progress }
  const situation = await situate(dependencies, { ...found, request: advanced })
  if (situation.next.step === 'complete') {
    const { userId } = situation.next.user
    redirectAfterPost(ctx, await dependencies.pendingRequests.complete(advanced, userId))
    return
  }
  await dependencies.pendingRequests.saveProgress(request, progress)
  redirectAfterPost(ctx, continueUrl(dependencies, request))
}
