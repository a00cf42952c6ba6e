/**
 * Who shows up at `/oauth/continue`, with which pending request, and what comes next.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Client } from '../../clients/client.ts'
import type { EndFormerConnection } from '../../consent/connections.ts'
import { type Consent, consentInTenant, scopesOf } from '../../consent/consent.ts'
import { type NextStep, nextStep } from '../../interaction/next-step.ts'
import {
  currentSignIn,
  type PendingRequest,
  type PendingRequests,
} from '../../interaction/pending-request.ts'
import type { ErrorKind, Pages } from '../../pages/pages.ts'
import type { Revoker } from '../../revocation/revoker.ts'
import type { ScopeCatalogue } from '../../scopes/scope-catalogue.ts'
import type { Storage } from '../../storage/storage.ts'
import type { HostSession } from '../../users/authentication.ts'
import type { SignOuts } from '../../users/sign-outs.ts'
import type { FindUser } from '../../users/user.ts'
import type { BrowserBinding } from '../browser-binding.ts'
import { continuePath } from '../paths.ts'
import { sendErrorPage } from '../respond.ts'
import type { SignInDependencies } from '../sign-in.ts'

/** What the route works with. */
export interface ContinueDependencies extends SignInDependencies {
  readonly issuer: string
  readonly pendingRequests: PendingRequests
  readonly binding: BrowserBinding
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly consents: Storage['consents']
  readonly revoker: Pick<Revoker, 'revokeConsent'>
  readonly endFormerConnection: EndFormerConnection
  readonly scopes: ScopeCatalogue
  readonly findUser: FindUser
  readonly hostSession: HostSession | undefined
  readonly pages: Pages
  /** Whether a user was signed out everywhere at an instant or since. */
  readonly wasSignedOutSince: SignOuts['wasSignedOutSince']
}

/** Everything known about the pending request that the browser shows. */
export interface Situation {
  readonly request: PendingRequest
  readonly client: Client
  /** What the user granted to the client earlier, in the tenant that they belong to now. */
  readonly consent: Consent | undefined
  /** Ties forms to this browser. */
  readonly bindingSecret: string
  readonly next: NextStep
}

/** Finds out, or answers with an error page and returns `undefined`. */
export async function findSituation(
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

/** Works out what comes next for a pending request. */
export async function situate(
  { findUser, consents }: ContinueDependencies,
  request: PendingRequest,
  client: Client,
  bindingSecret: string,
): Promise<Situation> {
  const userId = currentSignIn(request)?.userId
  const [user, found] =
    userId === undefined
      ? []
      : await Promise.all([findUser(userId), consents.find(userId, client.clientId)])
  const consent = consentInTenant(found, user?.tenantId)
  const next = nextStep(request, client, user, scopesOf(consent))
  return { request, client, consent, bindingSecret, next }
}

/** With a session of the host, being signed in there is being signed in here. */
async function withHostSession(
  { hostSession, now }: ContinueDependencies,
  ctx: Context,
  request: PendingRequest,
): Promise<PendingRequest> {
  if (hostSession === undefined) return request
  const at = now()
  // Saved with an earlier answer; the host may have signed the user out since.
  const { signedIn: _earlier, ...progress } = request.progress
  const atHost = await hostSession.signedInUser(ctx)
  if (atHost === undefined) return { ...request, progress, session: undefined }
  const { userId, authenticatedAt } = atHost
  const { sessionDismissedAt = Number.NEGATIVE_INFINITY } = progress
  const hasSignedInForThisRequest =
    authenticatedAt >= request.createdAt && authenticatedAt > sessionDismissedAt
  return hasSignedInForThisRequest
    ? { ...request, progress: { ...progress, signedIn: { userId, at } } }
    : { ...request, progress, session: { userId, at } }
}

/** The URL of the page for a pending request. */
export function continueUrl({ issuer }: ContinueDependencies, request: PendingRequest): string {
  return issuer + continuePath(request.pendingRequestToken)
}

/** Answers with an error page. */
export async function refuse(
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
