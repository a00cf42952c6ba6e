/**
 * Loads the pending request of a browser at `/oauth/continue` and determines the next step.
 *
 * @module
 */

import type { Context } from 'koa'
import {
  type AccessRefusal,
  type AuthorizeStoredClient,
  findAccessRefusal,
} from '../../clients/client-access.ts'
import { isRedirectUriOf } from '../../clients/redirect-uri.ts'
import type { EndFormerConnection } from '../../connections/connections.ts'
import { consentInTenant, scopesOf } from '../../consent/consent.ts'
import type { BrowserBinding } from '../../http/browser-binding.ts'
import { clientLinkOf } from '../../http/page-views.ts'
import { operationOf } from '../../http/paths.ts'
import { sendErrorPage } from '../../http/responses.ts'
import type { SignInDependencies } from '../../http/sign-in.ts'
import { type EarlierConsent, findEarlierConsent } from '../../interaction/grant-consent.ts'
import { type NextStep, nextStep } from '../../interaction/next-step.ts'
import {
  currentSignIn,
  inOwnSession,
  isOtherThanHinted,
  type PendingRequest,
  PendingRequestExpiredError,
  type PendingRequests,
  type SignIn,
} from '../../interaction/pending-request.ts'
import type { RequestEndings } from '../../interaction/request-endings.ts'
import type { ErrorKind } from '../../pages/pages.ts'
import type { ServerPages } from '../../pages/server-pages.ts'
import type { Revoker } from '../../revocation/revoker.ts'
import type { ScopeCatalogue } from '../../scopes/scope-catalogue.ts'
import type { ArtifactStore } from '../../storage/artifact-store.ts'
import type { ClientRecord } from '../../storage/client.ts'
import type { Consent } from '../../storage/consent-store.ts'
import type { Storage } from '../../storage/storage.ts'
import type { HostSession } from '../../users/authentication.ts'
import type { BrowserSessions } from '../../users/browser-sessions.ts'
import type { User } from '../../users/user.ts'

/** Relative to the issuer. */
export const CONTINUE_PATH = '/oauth/continue'

/** Path and query of the page for a pending request. */
export function continuePath(pendingRequestToken: string): string {
  return `${CONTINUE_PATH}?${new URLSearchParams({ prt: pendingRequestToken })}`
}

/** Dependencies of the pages. */
export interface ContinueDependencies extends SignInDependencies {
  readonly issuer: string
  readonly pendingRequests: PendingRequests
  readonly endings: RequestEndings
  readonly browserSessions: Pick<BrowserSessions, 'signIn'>
  readonly binding: BrowserBinding
  readonly findClient: (clientId: string) => Promise<ClientRecord | undefined>
  readonly artifacts: ArtifactStore
  readonly consents: Storage['consents']
  readonly storageTimeoutMilliseconds: number
  readonly revoker: Pick<Revoker, 'revokeConsent' | 'preventFamily'>
  readonly endFormerConnection: EndFormerConnection
  readonly scopes: ScopeCatalogue
  readonly authorizeClient: AuthorizeStoredClient
  readonly hostSession: HostSession | undefined
  readonly pages: ServerPages
}

/** A pending request that was started in this browser. */
export interface FoundRequest {
  readonly request: PendingRequest
  readonly client: ClientRecord
  /** Binds forms to this browser. */
  readonly bindingSecret: string
}

/** What is known of the user of a pending request. */
export interface FoundUser {
  /** `undefined` when nobody is signed in, or the user does not exist any more. */
  readonly user: User | undefined
  /** Why the user may not continue, if so. */
  readonly refusal: AccessRefusal | 'other-account' | undefined
  /** The user's earlier consent to the client; `undefined` when nobody is signed in. */
  readonly earlier: EarlierConsent | undefined
}

/** A pending request with its next step. */
export interface InteractionContext extends FoundRequest, FoundUser {
  /** The user's earlier consent to the client, in the user's current tenant. */
  readonly consent: Consent | undefined
  readonly next: NextStep
  /** The sign-in that the page shows. */
  readonly shown: SignIn | undefined
}

/** Finds a pending request. Sends an error page and returns `undefined` if there is none. */
export async function findRequest(
  dependencies: ContinueDependencies,
  ctx: Context,
  token: unknown,
): Promise<FoundRequest | undefined> {
  const { pendingRequests, binding, findClient } = dependencies
  const bound = typeof token === 'string' ? binding.find(ctx, token) : undefined
  const request = typeof token === 'string' ? await pendingRequests.find(ctx, token) : undefined
  const clientId = request?.clientId ?? bound?.clientId
  const client = clientId === undefined ? undefined : await findClient(clientId)
  if (request === undefined)
    return sendRequestError(dependencies, ctx, 400, 'request-expired', { client })
  if (bound === undefined)
    return sendRequestError(dependencies, ctx, 400, 'other-browser', { client, request })
  if (client === undefined || !isRedirectUriOf(client, request.redirectUri)) {
    return sendRequestError(dependencies, ctx, 400, 'invalid-request', { client })
  }
  const { hostSession } = dependencies
  const current =
    hostSession === undefined
      ? inOwnSession(request)
      : await inHostSession(dependencies, hostSession, ctx, request)
  return { request: current, client, bindingSecret: bound.secret }
}

/** Finds the user of a pending request, and determines its next step. */
export async function determineNextStep(
  dependencies: ContinueDependencies,
  found: FoundRequest,
): Promise<InteractionContext> {
  return withNextStep(dependencies, found, await findUserOf(dependencies, found))
}

async function findUserOf(
  dependencies: ContinueDependencies,
  { request, client }: FoundRequest,
): Promise<FoundUser> {
  const { findUser, authorizeClient } = dependencies
  const signIn = currentSignIn(request)
  if (signIn === undefined) return { user: undefined, refusal: undefined, earlier: undefined }
  const { userId } = signIn
  const [user, earlier] = await Promise.all([
    findUser(userId),
    findEarlierConsent(dependencies, userId, client.clientId),
  ])
  const refusal =
    user &&
    (isOtherThanHinted(request, user.userId)
      ? 'other-account'
      : await findAccessRefusal(authorizeClient, client, user))
  return { user, refusal, earlier }
}

/** Determines the next step for a user who was found. */
export function withNextStep(
  { now }: Pick<ContinueDependencies, 'now'>,
  found: FoundRequest,
  { user, refusal, earlier }: FoundUser,
): InteractionContext {
  const { request } = found
  const consent = consentInTenant(earlier?.consent, user?.tenantId)
  const next = nextStep(request, user, refusal, scopesOf(consent), now())
  const shown = next.step === 'sign-in' ? undefined : currentSignIn(request)
  return { ...found, user, refusal, earlier, consent, next, shown }
}

/** Applies the session of the host to a pending request. */
async function inHostSession(
  { audit, now }: ContinueDependencies,
  hostSession: HostSession,
  ctx: Context,
  request: PendingRequest,
): Promise<PendingRequest> {
  const at = now()
  // The host may have signed the user out since the progress was saved.
  const { signedIn: _earlier, ...progress } = request.progress
  const hostUser = await hostSession.signedInUser(ctx).catch((error: unknown) => {
    // A host that cannot tell who is signed in must not keep the client from hearing of a denial.
    if (!request.isDenied) throw error
    audit.record({ type: 'server.error', error, operation: operationOf(ctx) }, ctx.ip)
    return undefined
  })
  if (hostUser === undefined) return { ...request, progress, session: undefined }
  const { userId, authenticatedAt } = hostUser
  const { sessionDismissedAt = Number.NEGATIVE_INFINITY } = progress
  const hasSignedInForThisRequest =
    authenticatedAt >= request.createdAt && authenticatedAt > sessionDismissedAt
  return hasSignedInForThisRequest
    ? { ...request, progress: { ...progress, signedIn: { userId, at } } }
    : { ...request, progress, session: { userId, at, authenticatedAt } }
}

/** Runs a step of a pending request. If the request expires meanwhile, sends the page that says so. */
export async function orRequestExpired(
  dependencies: ContinueDependencies,
  ctx: Context,
  found: FoundRequest,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step()
  } catch (error) {
    if (!(error instanceof PendingRequestExpiredError)) throw error
    await sendRequestError(dependencies, ctx, 400, 'request-expired', found)
  }
}

/** The URL of the page for a pending request. */
export function continueUrl({ issuer }: ContinueDependencies, request: PendingRequest): string {
  return issuer + continuePath(request.pendingRequestToken)
}

/**
 * Sends an error page. It links back to the client, if that is known.
 */
export async function sendRequestError(
  { pages }: ContinueDependencies,
  ctx: Context,
  status: number,
  kind: ErrorKind,
  {
    client,
    request,
  }: Partial<Pick<FoundRequest, 'request'>> & {
    readonly client: ClientRecord | undefined
  },
): Promise<undefined> {
  const view = {
    kind,
    error: 'invalid_request',
    description: undefined,
    client: client && clientLinkOf(client, request?.redirectUri),
  }
  await sendErrorPage(ctx, status, pages, view, { uiLocales: request?.uiLocales })
  return undefined
}
