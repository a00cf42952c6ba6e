/**
 * oidc-provider, configured for the authorization endpoint. This folder is the only one that imports it.
 *
 * It validates authorization requests, keeps browser sessions, decides whether the user must interact, and
 * issues authorization codes. The endpoints for clients are ours (lib/endpoints).
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import mount from 'koa-mount'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { AuditLog } from '../audit/audit-log.ts'
import { appendToRedirectUri, isRedirectUriOf } from '../clients/redirect-uri.ts'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import type {
  PendingRequest,
  PendingRequestRecords,
  PendingRequests,
} from '../interaction/pending-request.ts'
import type { Denial, RequestEndings } from '../interaction/request-endings.ts'
import type { ClientLink } from '../pages/pages.ts'
import type { ServerPages } from '../pages/server-pages.ts'
import type { Storage } from '../storage/storage.ts'
import type { HostSession } from '../users/authentication.ts'
import type { BrowserSessions } from '../users/browser-sessions.ts'
import type { NotBefore } from '../users/not-before.ts'
import { recordProviderEvents } from './audit-events.ts'
import { applyDefaultScopes, normalizeQuery } from './authorization-request.ts'
import {
  createBrowserSessions,
  findSession,
  isAsStored,
  keepIdentifiers,
  keepLatestSignIn,
} from './browser-sessions.ts'
import { clientRecordOf } from './client-metadata.ts'
import { type ConfigurationInput, toProviderConfiguration } from './configuration.ts'
import { createErrorRenderer } from './error-renderer.ts'
import { createHostSessions } from './host-sessions.ts'
import { withoutInteractionCookies } from './interaction-cookies.ts'
import { createPendingRequests } from './pending-requests.ts'
import { QueryResponseProvider } from './query-response-provider.ts'
import { repeatCodes } from './repeated-codes.ts'
import { type ResumedRequest, requestStateOf, setRequestState } from './request-state.ts'
import { createStoredSessions } from './stored-sessions.ts'

/** Dependencies of the authorization endpoint. */
export interface AuthorizationEndpointDependencies
  extends Omit<
    ConfigurationInput,
    | 'artifacts'
    | 'authenticatedAt'
    | 'consents'
    | 'isSignedIn'
    | 'onAuthorizationRequest'
    | 'renderError'
    | 'resumeUrl'
    | 'sessions'
  > {
  readonly issuer: string
  readonly audit: AuditLog
  readonly pages: ServerPages
  readonly hostSession: HostSession | undefined
  /** The URL of the pages of a pending request. */
  readonly continueUrl: (pendingRequestToken: string) => string
  /** Creates the cookie jar of a request. */
  readonly createCookieJar: (ctx: Context) => Cookies
  readonly storage: Pick<Storage, 'artifacts' | 'consents'>
  readonly endings: RequestEndings
  /** Whether signing a user out everywhere has ended a sign-in of an instant. */
  readonly wasSignedOutSince: NotBefore['wasSignedOutSince']
  /** The scopes of a request without `scope`; none if that is an error. */
  readonly defaultScopes: ReadonlyArray<string>
}

/** The authorization endpoint. */
export interface AuthorizationEndpoint {
  /** Handles an authorization request. */
  readonly handle: (ctx: Context) => Promise<void>
  /**
   * Resumes a completed or denied request: redirects to the client.
   *
   * @param client The link back to the client, for the page that says that the request has expired.
   *
   * @returns What is sent to the client; `undefined` when nothing is: it failed, or the user must interact again.
   */
  readonly resume: (
    ctx: Context,
    request: PendingRequest,
    client: ClientLink | undefined,
  ) => Promise<ResponseToClient | undefined>
  readonly pendingRequests: PendingRequests
  readonly browserSessions: BrowserSessions
}

/** A response that is sent to the client. */
export interface ResponseToClient {
  /** Present when it says that the request was denied. */
  readonly denial: Denial | undefined
}

/** Creates the authorization endpoint. */
export function createAuthorizationEndpoint(
  input: AuthorizationEndpointDependencies,
): AuthorizationEndpoint {
  const { issuer, storage, audit, hostSession, pages } = input
  const resumeUrl = (uid: string): string => `${issuer}${AUTHORIZE_PATH}/${uid}`
  const sessions = createStoredSessions({ ...input, artifacts: storage.artifacts })
  const provider: Provider = new QueryResponseProvider(
    issuer,
    toProviderConfiguration({
      ...input,
      artifacts: storage.artifacts,
      consents: storage.consents,
      sessions,
      renderError: createErrorRenderer(pages),
      interactionUrl(ctx, pendingRequestToken, clientId) {
        const { resumed } = requestStateOf(ctx)
        return resumed === undefined
          ? input.interactionUrl(ctx, pendingRequestToken, clientId)
          : input.continueUrl(resumed.pendingRequestToken)
      },
      onAuthorizationRequest: async (ctx) => {
        if (!requestStateOf(ctx).resumed?.isDenied) hostSessions?.apply(ctx)
      },
      isSignedIn: (ctx, userId) =>
        hostSessions?.isSignedIn(ctx, userId) ?? ctx.oidc.session?.accountId === userId,
      authenticatedAt: (ctx) =>
        hostSessions === undefined
          ? ctx.oidc.session?.authTime()
          : hostSessions.authenticatedAt(ctx),
      resumeUrl,
    }),
  )
  const renewIdentifier = keepIdentifiers(provider)
  keepLatestSignIn(provider)
  const hostSessions = hostSession && createHostSessions(hostSession, renewIdentifier, input.now)
  pinUrlsAndCookies(provider)
  useClientRecords(provider)
  repeatCodes(provider)
  recordProviderEvents(provider, audit)
  const run = mount(provider)

  async function handle(
    ctx: Context,
    resumed?: ResumedRequest,
    records?: PendingRequestRecords,
  ): Promise<void> {
    setRequestState(ctx, {
      ...normalizeQuery(ctx, input.openIdConnect !== undefined, pages.languages),
      ...(resumed?.isDenied ? {} : await hostSessions?.read(ctx)),
      ...(resumed === undefined ? {} : { resumed }),
      records,
    })
    const hostCookies = ctx.cookies
    ctx.cookies = withoutInteractionCookies(
      input.createCookieJar(ctx),
      resumed?.pendingRequestToken,
      (name) => {
        const { session } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {}
        const isSession = session !== undefined && name === provider.cookieName('session')
        return isSession && isAsStored(session, requestStateOf(ctx).storedSession, input.now())
      },
    )
    try {
      await run(ctx, async () => undefined)
    } finally {
      ctx.cookies = hostCookies
    }
    // The redirect of oidc-provider itself, to our pages: the contract requires 302 after GET.
    if (ctx.status === 303) ctx.status = 302
  }

  return {
    pendingRequests: createPendingRequests(provider, {
      ...input,
      artifacts: storage.artifacts,
      sessions,
      resumeUrl,
    }),
    browserSessions: createBrowserSessions(
      provider,
      sessions,
      input.createCookieJar,
      renewIdentifier,
    ),
    handle(ctx) {
      applyDefaultScopes(ctx, input.defaultScopes)
      return handle(ctx)
    },
    async resume(ctx, request, client) {
      const { pendingRequestToken, redirectUri, completion, records } = request
      const { isDenied, isResponseSent } = request
      const { accountId } = records.session?.data ?? {}
      // Another user has signed in at the host since; oidc-provider would ask again.
      const isStale =
        hostSession !== undefined &&
        completion !== undefined &&
        accountId !== undefined &&
        accountId !== completion.userId
      if (isStale) await (await findSession(provider, input.createCookieJar(ctx)))?.destroy()
      const resumed = { pendingRequestToken, isDenied, isResponseSent, client }
      await handle(ctx, resumed, isStale ? undefined : records)
      const { denial } = requestStateOf(ctx)
      return isResponseToClient(ctx, redirectUri) ? { denial } : undefined
    },
  }
}

/** Whether the response redirects to the client; it may also be an error page, or a redirect to our pages. */
function isResponseToClient({ status, response }: Context, redirectUri: string): boolean {
  const location = response.get('Location')
  return status === 302 && location.startsWith(appendToRedirectUri(redirectUri, {}))
}

/**
 * Makes every URL start with the issuer, and every cookie use our jar. oidc-provider would derive URLs from
 * the Host header, and write some cookies with the settings of the host.
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

/** Makes oidc-provider check clients against our own records. */
function useClientRecords(provider: Provider): void {
  const { prototype } = provider.Client
  prototype.redirectUriAllowed = function (redirectUri) {
    return isRedirectUriOf(clientRecordOf(this), redirectUri)
  }
  // authorization-request.ts checks the grant type.
  prototype.responseTypeAllowed = () => true
}
