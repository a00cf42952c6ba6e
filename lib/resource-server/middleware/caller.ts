/**
 * Who makes a request, by access token or by API key, and for which tenant.
 *
 * @module
 */

import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'

interface CallerInTenant {
  /** The tenant of the request, in which the caller may act. Read it here and nowhere else. */
  readonly tenantId: string
  /** What the caller may do. */
  readonly scopes: ReadonlySet<string>
}

/** A user, through a client. */
export interface UserCaller extends CallerInTenant {
  /** Discriminant. */
  readonly kind: 'user'
  /** The user on whose behalf the client acts. */
  readonly userId: string
  /** The client. */
  readonly clientId: string
  /** Only callers with an API key have one. */
  readonly keyId: undefined
  /** The token that says so. */
  readonly accessToken: VerifiedAccessToken
}

/** A client that acts for itself (the `client_credentials` grant). */
export interface ClientCaller extends CallerInTenant {
  /** Discriminant. */
  readonly kind: 'client'
  /** There is none. */
  readonly userId: undefined
  /** The client. */
  readonly clientId: string
  /** Only callers with an API key have one. */
  readonly keyId: undefined
  /** The token that says so. */
  readonly accessToken: VerifiedAccessToken
}

/** Whoever holds an API key of the platform. */
export interface ApiKeyCaller extends CallerInTenant {
  /** Discriminant. */
  readonly kind: 'api-key'
  /** There is none. */
  readonly userId: undefined
  /** There is none. */
  readonly clientId: undefined
  /** Identifies the key; not the key itself. */
  readonly keyId: string
  /** There is none. */
  readonly accessToken: undefined
}

/** Who makes a request. Frozen. */
export type Caller = UserCaller | ClientCaller | ApiKeyCaller

/** What {@link requireCaller} and {@link requireTenant} leave in `ctx.state`. */
export interface CallerState {
  /** Who makes the request. */
  caller: Caller
}

type Tenantless<CallerT> = CallerT extends Caller
  ? Omit<CallerT, 'tenantId'> & { readonly tenantId: string | undefined }
  : never

/** A caller whose credentials were checked, but not yet against the tenant of the request. */
export type AuthenticatedCaller = Tenantless<Caller>

/** Whom an access token stands for. */
export function callerOfToken(accessToken: VerifiedAccessToken): AuthenticatedCaller {
  const { clientId, userId, tenantId, scopes } = accessToken
  const common = { tenantId, clientId, keyId: undefined, scopes, accessToken }
  return userId === undefined
    ? { ...common, kind: 'client', userId }
    : { ...common, kind: 'user', userId }
}
