/**
 * What a host gives to `createAuthorizationServer`.
 *
 * @module
 */

import type { JWK } from 'jose'
import type { Context } from 'koa'
import type { AuditListener } from '../audit/audit-event.ts'
import type { ManagedKeys } from '../keys/managed-keys.ts'
import type { ExternalSigningKey } from '../keys/signing-key.ts'
import type { Pages } from '../pages/pages.ts'
import type { ProtectedResource } from '../resources/protected-resource.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthenticateUser, HostSession } from '../users/authentication.ts'
import type { FindUser } from '../users/user.ts'

/** Options of `createAuthorizationServer`. Everything wrong in them is reported at once. */
export type AuthorizationServerOptions = GeneralOptions &
  KeyOptions &
  SignInOptions &
  ResourceOptions

/** The keys of the server: managed ones, or ones that the host keeps. */
export type KeyOptions =
  | {
      /** Keys that are created, shared and rotated by themselves: see `openManagedKeys`. */
      readonly keys: ManagedKeys
      readonly signingKeys?: undefined
      readonly cookieKeys?: undefined
    }
  | {
      readonly keys?: undefined
      /**
       * RSA keys of at least 2048 bits: private ones, or ones that sign elsewhere. The first signs; all are
       * published.
       */
      readonly signingKeys: readonly [
        JWK | ExternalSigningKey,
        ...ReadonlyArray<JWK | ExternalSigningKey>,
      ]
      /**
       * Secrets of at least 32 characters. The first signs cookies; all verify. Not the host's `app.keys`.
       */
      readonly cookieKeys: readonly [string, ...ReadonlyArray<string>]
    }

/** How users sign in: on the server's own page, or in the host's own session. */
export type SignInOptions =
  | {
      /** Checks a password typed on the server's own sign-in page. */
      readonly authenticateUser: AuthenticateUser
      readonly hostSession?: undefined
    }
  | {
      readonly authenticateUser?: undefined
      /** Reads the host's own session instead of showing a sign-in page. */
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
       * The APIs, each with a token audience and scopes of its own. Every scope of the catalogue must be of
       * one at least.
       *
       * @see [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707.html)
       */
      readonly resources: ReadonlyArray<ProtectedResource>
    }

/** Options that stand by themselves. */
export interface GeneralOptions {
  /**
   * Issuer identifier: the https URL under which the server is reached from outside, without query,
   * fragment or trailing slash. `http` only for localhost, 127.0.0.1 and [::1]. Every URL the server
   * hands out starts with it, whatever the `Host` header says.
   *
   * @see [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
   */
  readonly issuer: string
  /** Where everything is kept; see the subpaths `./memory`, `./redis` and `./postgres`. */
  readonly storage: Storage
  /** Scopes and their sentences for the consent page. Defaults to `TEAMCAST_SCOPES`. */
  readonly scopes?: ScopeCatalogue
  /** Finds a user; asked at every step. */
  readonly findUser: FindUser
  /**
   * Decides who may use `/super-admin/oauth-clients`. Without it those paths are not the server's own. Failures
   * with what the request presents as `Authorization` or cookies are slowed down; while they are, it is not asked.
   */
  readonly authorizeSuperAdmin?: AuthorizeSuperAdmin
  /** Renderers that replace the server's own pages. */
  readonly pages?: Partial<Pages>
  /** Receives audit events, after the response; it can neither delay nor break one. */
  readonly onEvent?: AuditListener
  /**
   * For how long, in seconds, the same client repeating the same refresh request gets the same answer
   * again, because it may have lost the first one. 0 to 60; defaults to `0`: every reuse revokes.
   */
  readonly refreshTokenGraceSeconds?: number
  /**
   * For how long a call of the storage may take, in milliseconds. A request that needs a slower one is
   * answered with 503 and `Retry-After`. 100 to 30 000; defaults to `2000`.
   */
  readonly storageTimeoutMilliseconds?: number
  /**
   * For how long a client that was found is remembered, in milliseconds: how late a change of a client
   * made by another process may show. 0 to 60 000; defaults to `1000`. Deleting a client ends its
   * tokens at once all the same.
   */
  readonly clientCacheMilliseconds?: number
  /**
   * For how long it is remembered, in milliseconds, that an access token was not revoked: how late a
   * revocation may show at APIs that use the server's `revocations`. 0 to 60 000; defaults to `1000`.
   */
  readonly revocationCacheMilliseconds?: number
  /** Tells the time in whole seconds since the Unix epoch. Defaults to the machine's clock. */
  readonly clock?: () => number
}

/** Says whether a request comes from a SuperAdmin. */
export type AuthorizeSuperAdmin = (ctx: Context) => Promise<SuperAdminDecision> | SuperAdminDecision

/**
 * `unauthenticated` is answered with 401, and counts as a guess if there are credentials: say it for all that are
 * wrong. `forbidden`, for somebody else whom you know, is answered with 403. An object allows the request as
 * `allowed` does, and says who it is: the `actorId` of audit events.
 */
export type SuperAdminDecision =
  | 'allowed'
  | { readonly superAdminId: string }
  | 'unauthenticated'
  | 'forbidden'
