/**
 * The caller of a request, by access token or API key, and its tenant.
 *
 * @module
 */

import { ConfigurationError } from '../../errors.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'

interface CallerInTenant {
  /** The tenant of the request, in which the caller may act. Read it from here only. */
  readonly tenantId: string
  /** What the caller may do. */
  readonly scopes: ReadonlySet<string>
}

/** A user, by way of a client. */
export interface UserCaller extends CallerInTenant {
  readonly kind: 'user'
  /** The user on whose behalf the client acts. */
  readonly userId: string
  /** The client. */
  readonly clientId: string
  /** Only callers with an API key have one. */
  readonly keyId: undefined
  /** The token of the request. */
  readonly accessToken: VerifiedAccessToken
}

/** A client that acts for itself (the `client_credentials` grant). */
export interface ClientCaller extends CallerInTenant {
  readonly kind: 'client'
  readonly userId: undefined
  /** The client. */
  readonly clientId: string
  /** Only callers with an API key have one. */
  readonly keyId: undefined
  /** The token of the request. */
  readonly accessToken: VerifiedAccessToken
}

/** The holder of an API key of the platform. */
export interface ApiKeyCaller extends CallerInTenant {
  readonly kind: 'api-key'
  readonly userId: undefined
  readonly clientId: undefined
  /** Identifies the key; not the key itself. */
  readonly keyId: string
  readonly accessToken: undefined
}

/** The caller of a request. Frozen. */
export type Caller = UserCaller | ClientCaller | ApiKeyCaller

/** What {@link requireCaller} and {@link requireTenant} put into `ctx.state`. */
export interface CallerState {
  /** The caller of the request. */
  caller: Caller
}

/** What {@link requireAccessToken} puts into `ctx.state`. */
export interface AccessTokenState {
  /** The request's access token. */
  accessToken: VerifiedAccessToken
}

type Tenantless<CallerT> = CallerT extends Caller
  ? Omit<CallerT, 'tenantId'> & { readonly tenantId: string | undefined }
  : never

/** A caller with valid credentials, not yet checked against the tenant of the request. */
export type AuthenticatedCaller = Tenantless<Caller>

/** The caller with an access token. */
export function callerOfToken(accessToken: VerifiedAccessToken): AuthenticatedCaller {
  const { clientId, userId, tenantId, scopes } = accessToken
  const common = { tenantId, clientId, keyId: undefined, scopes, accessToken }
  return userId === undefined
    ? { ...common, kind: 'client', userId }
    : { ...common, kind: 'user', userId }
}

/**
 * The caller that a middleware in front has found.
 *
 * @param middleware The middleware that needs it, for the error.
 *
 * @throws {@link ConfigurationError} when there is none.
 */
export function authenticatedCallerOf(
  { caller, accessToken }: Partial<CallerState & AccessTokenState>,
  middleware: string,
): AuthenticatedCaller {
  if (caller !== undefined) return caller
  if (accessToken !== undefined) return callerOfToken(accessToken)
  const message = 'must be used behind requireAccessToken or requireCaller'
  throw new ConfigurationError([{ path: middleware, message }])
}
