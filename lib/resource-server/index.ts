/**
 * `@teamcast/oauth-server/resource-server`: protects an API with the access tokens that the
 * authorization server issues.
 *
 * @module
 */

export { ConfigurationError, type ErrorCode, type Issue, OAuthServerError } from '../errors.ts'
export { type AccessTokenVerifier, createAccessTokenVerifier } from './access-token-verifier.ts'
export type { ApiKey, ApiKeyCredentials, VerifyApiKey } from './api-keys.ts'
export { type BearerCredentials, parseBearerToken } from './bearer-token.ts'
export type { ApiKeyCaller, Caller, CallerState, ClientCaller, UserCaller } from './caller.ts'
export {
  AmbiguousRequestError,
  InvalidApiKeyError,
  TenantMismatchError,
  TenantMissingError,
} from './caller-errors.ts'
export { type BearerChallenge, type BearerErrorCode, formatBearerChallenge } from './challenge.ts'
export type { ChallengeOptions } from './challenge-options.ts'
export {
  BearerTokenError,
  InsufficientScopeError,
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
  MalformedAuthorizationError,
  MissingAccessTokenError,
  ProtectedResourceError,
} from './errors.ts'
export {
  createIntrospectionChecker,
  type IntrospectionCheckerOptions,
} from './introspection-checker.ts'
export type { IssuerClientOptions } from './issuer-client.ts'
export {
  type ProtectedResourceMetadataOptions,
  protectedResourceMetadata,
} from './protected-resource-metadata.ts'
export { type AccessTokenState, requireAccessToken } from './require-access-token.ts'
export { type RequireCallerOptions, requireCaller } from './require-caller.ts'
export { requireScopes } from './require-scopes.ts'
export { requireTenant, type TenantGuardOptions } from './require-tenant.ts'
export type { RevocationChecker } from './revocation-checker.ts'
export {
  createRevocationFeed,
  type RevocationFeed,
  type RevocationFeedHealth,
} from './revocation-feed.ts'
export type { RevocationFeedOptions } from './revocation-feed-options.ts'
export type { TenantOf } from './tenant-of.ts'
export { JwksUnavailableError, RevocationsUnavailableError } from './unavailable-errors.ts'
export type { VerifiedAccessToken } from './verified-access-token.ts'
export type { AccessTokenVerifierOptions } from './verifier-options.ts'
