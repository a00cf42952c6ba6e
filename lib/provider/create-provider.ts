/**
 * oidc-provider, configured for the authorization endpoint. This folder is the only one that imports it.
 *
 * It parses and checks authorization requests, keeps browser sessions, decides when a person must be
 * asked, and issues authorization codes. The endpoints for clients are ours (lib/endpoints).
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context, Middleware } from 'koa'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { AuditLog } from '../audit/audit-log.ts'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import { PRIVATE_HEADERS } from '../http/responses.ts'
import type { PendingRequest, PendingRequests } from '../interaction/pending-request.ts'
import type { Pages } from '../pages/pages.ts'
import type { Storage } from '../storage/storage.ts'
import type { HostSession } from '../users/authentication.ts'
import type { BrowserSessions } from '../users/browser-sessions.ts'
import { recordProviderEvents } from './audit-events.ts'
import { ignoreForeignParameters } from './authorization-request.ts'
import { createBrowserSessions, findSession, keepIdentifiers } from './browser-sessions.ts'
import { clientRecordOf } from './client-metadata.ts'
import { type ConfigurationInput, toProviderConfiguration } from './configuration.ts'
import { createErrorRenderer } from './error-renderer.ts'
import { createHostSessions } from './host-sessions.ts'
import { withoutInteractionCookies } from './interaction-cookies.ts'
import { createPendingRequests } from './pending-requests.ts'
import { QueryResponseProvider } from './query-response-provider.ts'
import { repeatCodes } from './repeated-codes.ts'

/** What the provider is made of. */
export interface ProviderInput
  extends Omit<
    ConfigurationInput,
    'artifacts' | 'consents' | 'isSignedIn' | 'onAuthorizationRequest' | 'renderError' | 'resumeUrl'
  > {
  readonly issuer: string
  readonly audit: AuditLog
  readonly pages: Pages
  readonly hostSession: HostSession | undefined
  /** Creates the jar through which all cookies of a request go. */
  readonly createCookieJar: (ctx: Context) => Cookies
  readonly storage: Pick<Storage, 'artifacts' | 'consents'>
}

/** The authorization endpoint. */
export interface AuthorizationEndpoint {
  /** Handles an authorization request. */
  readonly handle: (ctx: Context) => Promise<void>
  /** Goes on with a pending request that was answered: sends the browser to the client. */
  readonly resume: (ctx: Context, request: PendingRequest) => Promise<void>
  readonly pendingRequests: PendingRequests
  readonly browserSessions: BrowserSessions
}

/** Creates the authorization endpoint. */
export function createAuthorizationEndpoint(input: ProviderInput): AuthorizationEndpoint {
  const { issuer, storage, audit, hostSession, pages } = input
  const resumeUrl = (uid: string): string => `${issuer}${AUTHORIZE_PATH}/${uid}`
  const provider: Provider = new QueryResponseProvider(
    issuer,
    toProviderConfiguration({
      ...input,
      artifacts: storage.artifacts,
      consents: storage.consents,
      renderError: createErrorRenderer(pages),
      onAuthorizationRequest: async (ctx) => hostSessions?.apply(ctx),
      isSignedIn: (ctx, userId) => hostSessions?.isSignedIn(ctx, userId) ?? true,
      resumeUrl,
    }),
  )
  const renewIdentifier = keepIdentifiers(provider)
  const hostSessions = hostSession && createHostSessions(hostSession, renewIdentifier, input.now)
  pinUrlsAndCookies(provider)
  decideAboutClients(provider)
  repeatCodes(provider)
  const repeated = new WeakSet<object>()
  recordProviderEvents(provider, audit, (ctx) => repeated.has(ctx))
  const [run] = provider.middleware as unknown as [Middleware]

  async function handle(ctx: Context, finishedRequest?: string): Promise<void> {
    ignoreForeignParameters(ctx)
    ctx.status = 200 // not what a middleware of the host may have said before
    await hostSessions?.read(ctx)
    const hostCookies = ctx.cookies
    ctx.cookies = withoutInteractionCookies(input.createCookieJar(ctx), finishedRequest)
    try {
      await run(ctx as Parameters<Middleware>[0], async () => undefined)
    } finally {
      ctx.cookies = hostCookies
    }
    // The contract says 302; oidc-provider redirects with 303, and only after a GET here.
    if (ctx.status === 303) ctx.status = 302
    ctx.set(PRIVATE_HEADERS)
  }

  return {
    pendingRequests: createPendingRequests(provider, {
      ...input,
      artifacts: storage.artifacts,
      resumeUrl,
    }),
    browserSessions: createBrowserSessions(provider, input.createCookieJar, renewIdentifier),
    handle: (ctx) => handle(ctx),
    async resume(ctx, { pendingRequestToken, completion, isAnswered }) {
      if (isAnswered) repeated.add(ctx)
      if (hostSession !== undefined) {
        const session = await findSession(provider, input.createCookieJar(ctx))
        // At the host, another user has signed in since it began. oidc-provider would ask.
        const isStale = session.accountId !== undefined && session.accountId !== completion?.userId
        if (isStale) await session.destroy()
      }
      await handle(ctx, pendingRequestToken)
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

/** What our own record of a client says, in place of what oidc-provider was told. */
function decideAboutClients(provider: Provider): void {
  const { prototype } = provider.Client
  prototype.redirectUriAllowed = function (redirectUri) {
    return clientRecordOf(this).redirectUris.includes(redirectUri)
  }
  // Whether the client may use the authorization code flow is asked in authorization-request.ts.
  prototype.responseTypeAllowed = () => true
}
