/**
 * Taking the answer of a page: the form that its user submitted.
 *
 * @module
 */

import type { Context } from 'koa'
import { createConsentId } from '../../consent/consent-id.ts'
import type { Progress } from '../../interaction/pending-request.ts'
import type { SignInProblem } from '../../pages/pages.ts'
import type { Credentials } from '../../users/authentication.ts'
import type { User } from '../../users/user.ts'
import { readForm } from '../body.ts'
import { formOriginOf } from '../browser-binding.ts'
import { redirectAfterPost } from '../respond.ts'
import { showSignIn } from './show-next-step.ts'
import {
  type ContinueDependencies,
  continueUrl,
  refuse,
  type Situation,
  situate,
} from './situation.ts'

/** The longest email address there can be (RFC 5321 §4.5.3.1.3); whatever else is typed is cut there. */
const MAXIMUM_AUDITED_LENGTH = 254

/** Does what the user chose, and leads on. */
export async function takeAnswer(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
): Promise<void> {
  const { request, bindingSecret, next } = situation
  const form = await readForm(ctx)
  const shownUserId = next.step === 'sign-in' ? undefined : next.user.userId
  const origin = formOriginOf(form?.get('csrf') ?? null, bindingSecret, shownUserId)
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
  const { authenticateUser, signInThrottle, audit } = dependencies
  const username = form.get('username')?.trim() ?? ''
  const password = form.get('password') ?? ''
  const { clientId } = situation.client
  const account = username.toLowerCase()

  const authenticate = async (credentials: Credentials): Promise<User | undefined> =>
    username === '' ? undefined : await authenticateUser?.(credentials)
  const fail = async (status: number, problem: SignInProblem): Promise<void> => {
    const typed = username.slice(0, MAXIMUM_AUDITED_LENGTH)
    audit.record(
      { type: 'user.sign-in-failed', clientId, username: typed, reason: problem },
      ctx.ip,
    )
    await showSignIn(dependencies, ctx, situation, status, username, problem)
  }
  if (!(await signInThrottle.begin(ctx.ip, account))) {
    await fail(429, 'too-many-attempts')
    return
  }
  const user = await authenticate({ username, password }).catch((error: unknown) => {
    signInThrottle.takeBack(ctx.ip, account) // the host's failure, not the user's
    throw error
  })
  if (user === undefined) {
    await fail(400, 'invalid-credentials')
    return
  }
  signInThrottle.takeBack(ctx.ip, account)
  const { userId, tenantId } = user
  audit.record({ type: 'user.signed-in', clientId, userId, tenantId }, ctx.ip)
  await proceed(dependencies, ctx, situation, { signedInUserId: userId })
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
  const grantedAt = dependencies.now()
  const consentId = createConsentId()
  await dependencies.consents.grant({
    consentId,
    userId,
    clientId,
    tenantId,
    scopes,
    grantedAt,
  })
  dependencies.audit.record({ type: 'consent.granted', clientId, userId, tenantId, scopes }, ctx.ip)
  await proceed(dependencies, ctx, situation, { ...request.progress, consent: { userId, scopes } })
}

/** Records progress; goes to the end if that was all, or back to GET for the next page. */
async function proceed(
  dependencies: ContinueDependencies,
  ctx: Context,
  { request, client, bindingSecret }: Situation,
  progress: Progress,
): Promise<void> {
  const advanced = { ...request, progress }
  const situation = await situate(dependencies, advanced, client, bindingSecret)
  if (situation.next.step === 'complete') {
    const { userId } = situation.next.user
    redirectAfterPost(ctx, await dependencies.pendingRequests.complete(ctx, advanced, userId))
    return
  }
  await dependencies.pendingRequests.saveProgress(request, progress)
  redirectAfterPost(ctx, continueUrl(dependencies, request))
}
