/**
 * oidc-provider, configured for the contract. This folder is the only one that knows it.
 *
 * What it does for us: parses and checks authorization requests, keeps browser sessions, decides
 * when a person must be asked, issues authorization codes, authenticates clients, answers errors and
 * CORS. What it does not: issue, rotate, introspect or revoke tokens.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context, Middleware } from 'koa'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { AuditLog } from '../audit/audit-log.ts'
import { findClientSecret } from '../clients/client-secret.ts'
import type { NoteSecretUse } from '../clients/secret-uses.ts'
import type { GrantDependencies } from '../grants/grant.ts'
import {
  type ClientAuthenticationDependencies,
  refuseIfBlocked,
} from '../http/authenticate-client.ts'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import { PRIVATE_HEADERS } from '../http/respond.ts'
import type { PendingRequests } from '../interaction/pending-request.ts'
import type { Pages } from '../pages/pages.ts'
import type { HostSession } from '../users/authentication.ts'
import type { BrowserSessions } from '../users/browser-sessions.ts'
import { correctAnswer } from './answer-corrections.ts'
import { type AuthenticationFailure, recordProviderEvents } from './audit-events.ts'
import { ignoreForeignParameters } from './authorization-request.ts'
import { createBrowserSessions } from './browser-sessions.ts'
import { clientRecordOf } from './client-metadata.ts'
import { type ConfigurationInput, toProviderConfiguration } from './configuration.ts'
import { createErrorRenderer } from './error-renderer.ts'
import { registerGrants } from './grant-types.ts'
import { createHostSessions } from './host-sessions.ts'
import { finishedRequestOf, withoutInteractionCookies } from './interaction-cookies.ts'
import { createPendingRequests } from './pending-requests.ts'
import { QueryResponseProvider } from './query-response-provider.ts'
import { createTokenStatusEndpoints } from './token-status-endpoints.ts'

/** What the provider is made of. */
export interface ProviderInput
  extends Omit<
      ConfigurationInput,
      | 'artifacts'
      | 'consents'
      | 'isSignedIn'
      | 'onAuthorizationRequest'
      | 'renderError'
      | 'resumeUrl'
    >,
    GrantDependencies {
  readonly issuer: string
  readonly audit: AuditLog
  readonly pages: Pages
  readonly hostSession: HostSession | undefined
  /** Makes the jar through which all cookies of a request go. */
  readonly createCookieJar: (ctx: Context) => Cookies
  /** Whether a pending request was begun in this browser. */
  readonly isBoundToBrowser: (ctx: Context, pendingRequestToken: string) => boolean
  /** Slows down whoever guesses client secrets. */
  readonly clientThrottle: ClientAuthenticationDependencies['clientThrottle']
  readonly noteSecretUse: NoteSecretUse
}

/** The protocol endpoints. */
export interface ProtocolEndpoints {
  /** Handles authorize, token, introspect and revoke. */
  readonly handle: (ctx: Context) => Promise<void>
  readonly pendingRequests: PendingRequests
  readonly browserSessions: BrowserSessions
}

/** Builds the protocol endpoints. */
export function createProtocolEndpoints(input: ProviderInput): ProtocolEndpoints {
  const { issuer, storage, audit, hostSession, pages } = input
  const hostSessions = hostSession && createHostSessions(hostSession, input.now)
  const provider = new QueryResponseProvider(
    issuer,
    toProviderConfiguration({
      ...input,
      artifacts: storage.artifacts,
      consents: storage.consents,
      renderError: createErrorRenderer(pages),
      onAuthorizationRequest: async (ctx) => hostSessions?.apply(ctx),
      isSignedIn: (ctx, userId) => hostSessions?.isSignedIn(ctx, userId) ?? true,
      resumeUrl: (uid) => `${issuer}${AUTHORIZE_PATH}/${uid}`,
    }),
  )
  pinUrlsAndCookies(provider)
  decideAboutClients(provider, input)
  registerGrants(provider, input, audit)
  const failures = new WeakMap<object, AuthenticationFailure>()
  recordProviderEvents(provider, audit, (ctx, failure) => failures.set(ctx, failure))
  const answerTokenStatus = createTokenStatusEndpoints(provider, input, audit)
  const [run] = provider.middleware as unknown as [Middleware]

  const pendingRequests = createPendingRequests(provider, input)

  return {
    pendingRequests,
    browserSessions: createBrowserSessions(provider, input.createCookieJar),
    async handle(ctx) {
      ignoreForeignParameters(ctx)
      ctx.status = 200 // not what a middleware of the host may have said before
      // The other endpoints are for programs, which have no session.
      if (ctx.path.startsWith(AUTHORIZE_PATH)) await hostSessions?.read(ctx)
      const hostCookies = ctx.cookies
      const finished = finishedRequestOf(ctx, input.isBoundToBrowser)
      if (finished !== undefined) await pendingRequests.prepareResume(ctx, finished)
      ctx.cookies = withoutInteractionCookies(input.createCookieJar(ctx), finished)
      try {
        await run(ctx as Parameters<Middleware>[0], async () => undefined)
      } finally {
        ctx.cookies = hostCookies
      }
      await answerAuthenticationFailure(input, ctx, failures.get(ctx))
      await answerTokenStatus(ctx)
      correctAnswer(ctx as KoaContextWithOIDC)
      ctx.set(PRIVATE_HEADERS)
    },
  }
}

/**
 * oidc-provider derives URLs from the Host header and reads cookies with its own keys and `secure`
 * setting, but writes some with the host's. Here every URL starts with the issuer, and every cookie
 * goes through the jar that our middleware put on the context.
 */
function pinUrlsAndCookies(provider: Provider): void {
  const { prototype } = provider.OIDCContext
  prototype.urlFor = (name, options) => provider.urlFor(name, options)
  Object.defineProperty(prototype, 'cookies', {
    get(this: { readonly ctx: KoaContextWithOIDC }): Cookies {
      return this.ctx.cookies
    },
  })
}

/** Counts and audits that a client failed to authenticate. oidc-provider's 401 may become our 429. */
async function answerAuthenticationFailure(
  input: ProviderInput,
  ctx: Context,
  failure: AuthenticationFailure | undefined,
): Promise<void> {
  if (failure === undefined) return
  const { clientId, reason } = failure
  if (await refuseIfBlocked(input, ctx, clientId)) ctx.remove('WWW-Authenticate')
  else input.audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
}

/** What our own record of a client says, in place of what oidc-provider was told. */
function decideAboutClients(provider: Provider, { noteSecretUse, now }: ProviderInput): void {
  const { prototype } = provider.Client
  prototype.compareClientSecret = async function (presented) {
    const client = clientRecordOf(this)
    const secret = findClientSecret(presented, client.secrets, now())
    if (secret !== undefined) noteSecretUse(client, secret)
    return secret !== undefined
  }
  prototype.redirectUriAllowed = function (redirectUri) {
    return clientRecordOf(this).redirectUris.includes(redirectUri)
  }
  // We decide about these ourselves, and say `unauthorized_client` where oidc-provider would not.
  prototype.grantTypeAllowed = () => true
  prototype.responseTypeAllowed = () => true
}
