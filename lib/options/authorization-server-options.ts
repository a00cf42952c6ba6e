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
import type { Pages } from '../pages/pages.ts'
import type { ProtectedResource } from '../resources/protected-resource.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthenticateUser, HostSession } from '../users/authentication.ts'
import type { FindUser } from '../users/user.ts'

/** Options of `createAuthorizationServer`. All problems are reported at once. */
export type AuthorizationServerOptions = GeneralOptions &
  KeyOptions &
  SignInOptions &
  ResourceOptions

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
       * RSA keys of at least 2048 bits: private keys or external ones. The first signs; all are published.
       */
      readonly signingKeys: readonly [
        JWK | ExternalSigningKey,
        ...ReadonlyArray<JWK | ExternalSigningKey>,
      ]
      /**
       * Secrets of at least 32 characters. The first signs cookies; all verify. Do not reuse `app.keys`.
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
       * Token audience of the one API: the `aud` of access tokens, an absolute URI. Defaults to the issuer.
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
  /** The storage; see the subpaths `./memory`, `./redis` and `./postgres`. */
  readonly storage: Storage
  /** Scopes and their descriptions for the consent page. Defaults to `TEAMCAST_SCOPES`. */
  readonly scopes?: ScopeCatalogue
  /** Finds a user; called at every authorization, code exchange, refresh and userinfo request. */
  readonly findUser: FindUser
  /**
   * OpenID Connect, which tells clients who signed in: the scopes `openid`, `profile` and `email`, ID tokens, the
   * userinfo endpoint and discovery. `{}` turns it on. Without it, the server is an OAuth server only.
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
   * Defaults to allowing every client.
   */
  readonly authorizeClient?: AuthorizeClient
  /**
   * Decides who may use `/super-admin/oauth-clients`. Without it, the server does not serve that path. Failed
   * attempts with an `Authorization` header or cookies are throttled; while they are, it is not called.
   */
  readonly authorizeSuperAdmin?: AuthorizeSuperAdmin
  /** Renderers that replace the server's own pages. */
  readonly pages?: Partial<Pages>
  /** Receives audit events. Called after the response was sent. */
  readonly onEvent?: AuditListener
  /**
   * Whether authorization requests must have `state`. Defaults to `false`: PKCE, which every request has, already
   * protects against CSRF, and some libraries then leave `state` out.
   *
   * @see [RFC 9700 §2.1](https://www.rfc-editor.org/rfc/rfc9700.html#section-2.1)
   */
  readonly requireState?: boolean
  /**
   * The scopes of an authorization request without `scope`. Defaults to none: such a request is `invalid_scope`.
   * A client must be registered for all of them.
   *
   * @see [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
   */
  readonly defaultScopes?: ReadonlyArray<string>
  /**
   * Refresh grace period in seconds: a client that repeats the same refresh request within it gets the same
   * response again, because it may have lost the first one. 0 to 60; defaults to `0`: every reuse of a
   * refresh token revokes the family.
   */
  readonly refreshTokenGraceSeconds?: number
  /**
   * Timeout of a storage call, in milliseconds. A request that exceeds it gets 503 with `Retry-After`.
   * 100 to 30 000; defaults to `2000`.
   */
  readonly storageTimeoutMilliseconds?: number
  /**
   * For how long clients are cached, in milliseconds: how late a change by another process takes effect.
   * 0 to 60 000; defaults to `1000`. Deleting a client revokes its tokens at once all the same.
   */
  readonly clientCacheMilliseconds?: number
  /**
   * For how long `revocations` caches that an access token is not revoked, in milliseconds: how late a
   * revocation takes effect at APIs in the same process. 0 to 60 000; defaults to `1000`.
   */
  readonly revocationCacheMilliseconds?: number
  /** Returns the time in whole seconds since the Unix epoch. Defaults to the system clock. */
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
