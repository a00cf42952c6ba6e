/**
 * The options of `createAuthorizationServer`.
 *
 * @module
 */

import type { JWK } from 'jose'
import type { Context } from 'koa'
import type { AuditListener } from '../audit/audit-event.ts'
import type { AuthorizeClient } from '../clients/client-access.ts'
import type { ManagedKeys } from '../keys/managed-keys.ts'
import type { ExternalSigningKey } from '../keys/signing-key.ts'
import type { OpenIdConnectOptions } from '../openid-connect/openid-connect-options.ts'
import type { PagesOptions } from '../pages/pages-options.ts'
import type { ProtectedResource } from '../resources/protected-resource.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthenticateUser, HostSession } from '../users/authentication.ts'
import type { FindUser } from '../users/user.ts'
import type { SuperAdminPagesOptions } from './super-admin-pages-options.ts'

/** Options of `createAuthorizationServer`. All problems are reported at once. */
export type AuthorizationServerOptions = GeneralOptions &
  KeyOptions &
  SignInOptions &
  ResourceOptions &
  SuperAdminOptions

/** The keys of the server: managed keys, or keys of the host. */
export type KeyOptions =
  | {
      /** Keys that the server creates, shares and rotates: see `openManagedKeys`. */
      readonly keys: ManagedKeys
      readonly signingKeys?: undefined
      readonly cookieKeys?: undefined
    }
  | {
      readonly keys?: undefined
      /**
       * RSA keys: private keys or external ones. The first signs; all are published.
       *
       * @range At least one, of at least 2048 bits
       */
      readonly signingKeys: readonly [
        JWK | ExternalSigningKey,
        ...ReadonlyArray<JWK | ExternalSigningKey>,
      ]
      /**
       * Secrets. The first signs cookies; all verify. Do not reuse `app.keys`.
       *
       * @range At least one, of at least 32 characters
       */
      readonly cookieKeys: readonly [string, ...ReadonlyArray<string>]
    }

/** How users sign in: on the server's sign-in page, or in a session of the host. */
export type SignInOptions =
  | {
      /** Checks a password from the server's sign-in page. */
      readonly authenticateUser: AuthenticateUser
      readonly hostSession?: undefined
    }
  | {
      readonly authenticateUser?: undefined
      /** Reads the session of the host instead of showing a sign-in page. */
      readonly hostSession: HostSession
    }

/** The APIs that tokens are for: one, or several. */
export type ResourceOptions =
  | {
      /**
       * Token audience of the one API: the `aud` of access tokens.
       *
       * @range An absolute URI without fragment
       * @defaultValue The issuer
       */
      readonly audience?: string
      readonly resources?: undefined
    }
  | {
      readonly audience?: undefined
      /**
       * The APIs, each with its own token audience and scopes. Every scope of the catalogue must belong to at
       * least one.
       *
       * @see [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707.html)
       */
      readonly resources: ReadonlyArray<ProtectedResource>
    }

/** Who SuperAdmins are, and whether there are pages for them. */
export type SuperAdminOptions =
  | {
      /**
       * Decides who may use `/super-admin/oauth-clients`, and the pages. Failed attempts with an `Authorization` header
       * or cookies are throttled; while they are, it is not called. Without it, the server serves neither.
       */
      readonly authorizeSuperAdmin: AuthorizeSuperAdmin
      /**
       * Pages for SuperAdmins at `/super-admin`, beside the API. `authorizeSuperAdmin` then recognises a browser, too,
       * usually by a cookie of the host.
       *
       * @defaultValue None: the server does not serve them
       */
      readonly superAdminPages?: SuperAdminPagesOptions | undefined
    }
  | {
      readonly authorizeSuperAdmin?: undefined
      readonly superAdminPages?: undefined
    }

/** All other options. */
export interface GeneralOptions {
  /**
   * Issuer identifier: the public https URL of the server, without query, fragment or trailing slash.
   * `http` only for localhost, 127.0.0.1 and [::1]. Every URL of the server starts with it; the `Host`
   * header is ignored.
   *
   * @see [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
   */
  readonly issuer: string
  /** The storage, from the subpath `./memory`, `./redis` or `./postgres`. */
  readonly storage: Storage
  /**
   * Scopes and their descriptions for the consent page.
   *
   * @range `resource:action`, at least one
   * @defaultValue `TEAMCAST_SCOPES`
   */
  readonly scopes?: ScopeCatalogue
  /**
   * Finds a user.
   *
   * @cost One call at every authorization, code exchange, refresh and userinfo request
   */
  readonly findUser: FindUser
  /**
   * OpenID Connect, which tells clients who signed in: the scopes `openid`, `profile` and `email`, ID tokens, the
   * userinfo endpoint and discovery. `{}` turns it on.
   *
   * @defaultValue Off: the server is an OAuth server only
   * @cost One more signature at each code exchange with `openid`
   */
  readonly openIdConnect?: OpenIdConnectOptions
  /**
   * Decides whether a user may use a client: lets a tenant block clients for its users. Called with a client that
   * the tenant rule allows, before consent and before a code is issued, and at every code exchange and refresh;
   * not at introspection.
   *
   * On `false`, the user sees a page that says so and the client gets `access_denied`, a code is not redeemed,
   * and a refresh revokes the token family. If it throws, or does not return within 30 seconds, the response is
   * 503, which costs the client neither its code nor its refresh token.
   *
   * @defaultValue Allows every client
   * @cost One call at every authorization, code exchange and refresh
   */
  readonly authorizeClient?: AuthorizeClient
  /**
   * Brand and languages of the server's own pages, and renderers that replace them.
   *
   * @defaultValue `defaultPages` in English, with Teamcast's brand
   */
  readonly pages?: PagesOptions
  /**
   * Receives audit events, after the response was sent.
   *
   * @defaultValue None: events are discarded
   */
  readonly onEvent?: AuditListener
  /**
   * Whether authorization requests must have `state`. PKCE, which every request has, already protects against CSRF,
   * and some libraries then leave `state` out.
   *
   * @defaultValue `false`
   *
   * @see [RFC 9700 §2.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.1)
   */
  readonly requireState?: boolean
  /**
   * The scopes of an authorization request without `scope`. A client must be registered for all of them.
   *
   * @defaultValue None: such a request is `invalid_scope`
   *
   * @see [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
   */
  readonly defaultScopes?: ReadonlyArray<string>
  /**
   * Refresh grace period: a client that repeats the same refresh request within it gets the same response again,
   * because it may have lost the first one. With `0`, every reuse of a refresh token revokes the family.
   *
   * @range 0 to 60 seconds
   * @defaultValue `0`
   * @cost About 2 kB more for each token family
   */
  readonly refreshTokenGraceSeconds?: number
  /**
   * Timeout of a storage call. A request that exceeds it gets 503 with `Retry-After`.
   *
   * @range 100 to 30 000 milliseconds
   * @defaultValue `2000`
   */
  readonly storageTimeoutMilliseconds?: number
  /**
   * How long clients are cached: how late a change by another process takes effect. Deleting a client
   * revokes its tokens at once all the same.
   *
   * @range 0 to 60 000 milliseconds
   * @defaultValue `1000`
   * @cost With `0`, one more storage call for each request
   */
  readonly clientCacheMilliseconds?: number
  /**
   * How long `revocations` caches that an access token is not revoked: how late a revocation takes effect at
   * APIs in the same process.
   *
   * @range 0 to 60 000 milliseconds
   * @defaultValue `1000`
   * @cost With `0`, one storage call for each request to the API
   */
  readonly revocationCacheMilliseconds?: number
  /**
   * Returns the time in whole seconds since the Unix epoch.
   *
   * @defaultValue The system clock
   */
  readonly clock?: () => number
}

/** Decides whether a request comes from a SuperAdmin. */
export type AuthorizeSuperAdmin = (ctx: Context) => Promise<SuperAdminDecision> | SuperAdminDecision

/**
 * `unauthenticated` leads to 401, and counts as a failed attempt if the request has credentials; `forbidden` leads
 * to 403. `allowed` and an object allow the request; the object also names the SuperAdmin, for the `actorId` of
 * audit events.
 */
export type SuperAdminDecision =
  | 'allowed'
  | { readonly superAdminId: string }
  | 'unauthenticated'
  | 'forbidden'
