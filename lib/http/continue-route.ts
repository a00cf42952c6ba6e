/**
 * `/oauth/continue?prt=…`: the pages on which a user signs in and consents.
 *
 * GET shows what is needed next, POST takes the answer and leads back to GET, so that reload and the
 * back button do no harm.
 *
 * @module
 */

import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Client } from '../clients/client.ts'
import type { Consent } from '../consent/consent.ts'
import { createConsentId } from '../consent/consent-id.ts'
import { type NextStep, nextStep } from '../interaction/next-step.ts'
import {
  currentUserId,
  type PendingRequest,
  type PendingRequests,
  type Progress,
} from '../interaction/pending-request.ts'
import type { ErrorKind, FormView, Pages, SignInProblem } from '../pages/pages.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthenticateUser, Credentials, HostSession } from '../users/authentication.ts'
import type { FindUser, User } from '../users/user.ts'
import { readForm } from './body.ts'
import { type BrowserBinding, csrfTokenOf, formOriginOf } from './browser-binding.ts'
import { clientViewOf, scopeViewsOf } from './page-views.ts'
import { continuePath } from './paths.ts'
import { redirectAfterGet, redirectAfterPost, sendErrorPage, sendPage } from './respond.ts'
import type { Throttle } from './throttle.ts'

/** What the route works with. */
export interface ContinueDependencies {
  readonly issuer: string
  readonly pendingRequests: PendingRequests
  readonly binding: BrowserBinding
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly consents: Storage['consents']
  readonly scopes: ScopeCatalogue
  readonly findUser: FindUser
  readonly authenticateUser: AuthenticateUser | undefined
  readonly hostSession: HostSession | undefined
  readonly signInThrottle: Throttle
  readonly pages: Pages
  readonly audit: AuditLog
  readonly now: () => number
}

/** Everything known about the pending request that the browser shows. */
interface Situation {
  readonly request: PendingRequest
  readonly client: Client
  readonly consent: Consent | undefined
  /** Ties forms to this browser. */
  readonly bindingSecret: string
  readonly next: NextStep
}

/** Makes the route. */
export function createContinueRoute(
  dependencies: ContinueDependencies,
): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const situation = await findSituation(dependencies, ctx)
    if (situation === undefined) return
    if (ctx.method === 'POST') await takeAnswer(dependencies, ctx, situation)
    else await showNextStep(dependencies, ctx, situation)
  }
}

async function findSituation(
  dependencies: ContinueDependencies,
  ctx: Context,
): Promise<Situation | undefined> {
  const { pendingRequests, binding, findClient } = dependencies
  const token = ctx.query['prt']
  const request = typeof token === 'string' ? await pendingRequests.find(ctx, token) : undefined
  if (request === undefined) return refuse(dependencies, ctx, 400, 'request-expired')
  const bindingSecret = binding.find(ctx, request.pendingRequestToken)
  if (bindingSecret === undefined) return refuse(dependencies, ctx, 400, 'other-browser')
  const client = await findClient(request.clientId)
  if (client === undefined || !client.redirectUris.includes(request.redirectUri)) {
    return refuse(dependencies, ctx, 400, 'invalid-request')
  }
  const signedIn = await withHostSession(dependencies, ctx, request)
  return await situate(dependencies, signedIn, client, bindingSecret)
}

async function situate(
  { findUser, consents }: ContinueDependencies,
  request: PendingRequest,
  client: Client,
  bindingSecret: string,
): Promise<Situation> {
  const userId = currentUserId(request)
  const [user, consent] =
    userId === undefined
      ? []
      : await Promise.all([findUser(userId), consents.find(userId, client.clientId)])
  const next = nextStep(request, client, user, consent?.scopes ?? [])
  return { request, client, consent, bindingSecret, next }
}

/** With a session of the host, being signed in there is being signed in here. */
async function withHostSession(
  { hostSession }: ContinueDependencies,
  ctx: Context,
  request: PendingRequest,
): Promise<PendingRequest> {
  if (hostSession === undefined) return request
  // Saved with an earlier answer; the host may have signed the user out since.
  const { signedInUserId: _earlier, ...progress } = request.progress
  const signedIn = await hostSession.signedInUser(ctx)
  if (signedIn === undefined) return { ...request, progress, sessionUserId: undefined }
  const { userId, authenticatedAt } = signedIn
  const { sessionDismissedAt = Number.NEGATIVE_INFINITY } = progress
  const hasSignedInForThisRequest =
    authenticatedAt >= request.createdAt && authenticatedAt > sessionDismissedAt
  return hasSignedInForThisRequest
    ? { ...request, progress: { ...progress, signedInUserId: userId } }
    : { ...request, progress, sessionUserId: userId }
}

// ————— showing —————

async function showNextStep(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
): Promise<void> {
  const { pages, hostSession } = dependencies
  const { next, consent } = situation
  const shared = { client: clientViewOf(situation.client, situation.request.redirectUri) }
  switch (next.step) {
    case 'sign-in':
      if (hostSession !== undefined) leaveForHostSignIn(dependencies, ctx, situation, hostSession)
      else await showSignIn(dependencies, ctx, situation, 200, situation.request.loginHint ?? '')
      break
    case 'select-account': {
      const form = formOf(dependencies, situation, next.user)
      sendPage(ctx, 200, await pages.selectAccount({ ...shared, form, user: next.user }))
      break
    }
    case 'refuse-access': {
      recordTenantRefusal(dependencies, ctx, situation, next.user)
      const form = formOf(dependencies, situation, next.user)
      sendPage(ctx, 403, await pages.accessRefused({ ...shared, form, user: next.user }))
      break
    }
    case 'consent': {
      const granted = consent?.scopes ?? []
      const { scopes } = situation.request
      const isNew = (scope: string): boolean => !granted.includes(scope)
      // Asked again for what was granted already (prompt=consent, loopback): show it all.
      const asked = scopes.some(isNew) ? scopes.filter(isNew) : scopes
      const view = {
        ...shared,
        form: formOf(dependencies, situation, next.user),
        user: next.user,
        scopes: scopeViewsOf(asked, dependencies.scopes),
        grantedScopes: scopeViewsOf(
          scopes.filter((scope) => !asked.includes(scope)),
          dependencies.scopes,
        ),
      }
      sendPage(ctx, 200, await pages.consent(view))
      break
    }
    case 'complete':
      redirectAfterGet(ctx, await complete(dependencies, ctx, situation, next.user))
      break
  }
}

async function showSignIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  situation: Situation,
  status: number,
  username: string,
  problem?: SignInProblem,
): Promise<void> {
  const page = await dependencies.pages.signIn({
    client: clientViewOf(situation.client, situation.request.redirectUri),
    form: formOf(dependencies, situation, undefined),
    username,
    problem,
  })
  sendPage(ctx, status, page)
}

function formOf(
  dependencies: ContinueDependencies,
  { request, bindingSecret }: Situation,
  user: User | undefined,
): FormView {
  return {
    url: continueUrl(dependencies, request),
    hidden: { csrf: csrfTokenOf(bindingSecret, user?.userId) },
  }
}

function continueUrl({ issuer }: ContinueDependencies, request: PendingRequest): string {
  return issuer + continuePath(request.pendingRequestToken)
}

function leaveForHostSignIn(
  dependencies: ContinueDependencies,
  ctx: Context,
  { request }: Situation,
  hostSession: HostSession,
): void {
  const url = hostSession.signInUrl({
    returnTo: continueUrl(dependencies, request),
    mustReauthenticate:
      request.prompts.has('login') || request.progress.sessionDismissedAt !== undefined,
    loginHint: request.loginHint,
  })
  redirectAfterGet(ctx, url)
}

// ————— answering —————

async function takeAnswer(
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
    audit.record({ type: 'user.sign-in-failed', clientId, username, reason: problem }, ctx.ip)
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
    redirectAfterPost(ctx, await complete(dependencies, ctx, situation, situation.next.user))
    return
  }
  await dependencies.pendingRequests.saveProgress(request, progress)
  redirectAfterPost(ctx, continueUrl(dependencies, request))
}

function complete(
  { pendingRequests }: ContinueDependencies,
  ctx: Context,
  { request }: Situation,
  user: User,
): Promise<string> {
  return pendingRequests.complete(ctx, request, user.userId)
}

function recordTenantRefusal(
  { audit }: ContinueDependencies,
  ctx: Context,
  { client }: Situation,
  { userId, tenantId }: User,
): void {
  audit.record({ type: 'tenant.refused', clientId: client.clientId, userId, tenantId }, ctx.ip)
}

async function refuse(
  { pages }: ContinueDependencies,
  ctx: Context,
  status: number,
  kind: ErrorKind,
): Promise<undefined> {
  await sendErrorPage(ctx, status, pages, {
    kind,
    error: 'invalid_request',
    description: undefined,
  })
  return undefined
}
