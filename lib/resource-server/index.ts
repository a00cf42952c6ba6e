/**
 * `@teamcast/oauth-server/resource-server`: protects an API with the access tokens that the
 * authorization server issues.
 *
 * @module resource-server
 */

export { ConfigurationError, type ErrorCode, type Issue, OAuthServerError } from '../errors.ts'
export {
  AmbiguousRequestError,
  BearerTokenError,
  InsufficientScopeError,
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
  InvalidApiKeyError,
  JwksUnavailableError,
  MalformedAuthorizationError,
  MissingAccessTokenError,
  ProtectedResourceError,
  RevocationsUnavailableError,
  TenantMismatchError,
  TenantMissingError,
} from './errors.ts'
export {
  type ProtectedResourceMetadataOptions,
  protectedResourceMetadata,
} from './metadata/protected-resource-metadata.ts'
export type { ApiKey, ApiKeyCredentials, VerifyApiKey } from './middleware/api-keys.ts'
export type {
  AccessTokenState,
  ApiKeyCaller,
  Caller,
  CallerState,
  ClientCaller,
  UserCaller,
} from './middleware/caller.ts'
export type { RequireCallerOptions } from './middleware/caller-check.ts'
export {
  type BearerChallenge,
  type BearerErrorCode,
  formatBearerChallenge,
} from './middleware/challenge.ts'
export type { ChallengeOptions } from './middleware/challenge-options.ts'
export { requireAccessToken } from './middleware/require-access-token.ts'
export { requireCaller } from './middleware/require-caller.ts'
export { requireScopes } from './middleware/require-scopes.ts'
export { requireTenant } from './middleware/require-tenant.ts'
export type { TenantGuardOptions, TenantOf } from './middleware/tenant-guard.ts'
export {
  createIntrospectionChecker,
  type IntrospectionCheckerOptions,
} from './revocation/introspection-checker.ts'
export {
  createRevocationFeed,
  type RevocationFeed,
  type RevocationFeedHealth,
} from './revocation/revocation-feed.ts'
export type { RevocationFeedOptions } from './revocation/revocation-feed-options.ts'
export {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
} from './verify/access-token-verifier.ts'
export { type BearerCredentials, parseBearerToken } from './verify/bearer-token.ts'
export type { IssuerClientOptions } from './verify/issuer-client.ts'
export type { VerifiedAccessToken } from './verify/verified-access-token.ts'
export type { AccessTokenVerifierOptions, RevocationChecker } from './verify/verifier-options.ts'
