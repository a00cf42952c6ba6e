/**
 * `@teamcast/oauth-server/resource-server`: protects an API with the access tokens that the
 * authorization server issues.
 *
 * @module
 */

export { ConfigurationError, type ErrorCode, type Issue, OAuthServerError } from '../errors.ts'
export { type AccessTokenVerifier, createAccessTokenVerifier } from './access-token-verifier.ts'
export type { AccessTokenRejection } from './answer-rejection.ts'
export { type BearerCredentials, parseBearerToken } from './bearer-token.ts'
export { type BearerChallenge, type BearerErrorCode, formatBearerChallenge } from './challenge.ts'
export {
  BearerTokenError,
  InsufficientScopeError,
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
  JwksUnavailableError,
  MalformedAuthorizationError,
  MissingAccessTokenError,
} from './errors.ts'
export { type AccessTokenState, requireAccessToken } from './require-access-token.ts'
export { requireScopes } from './require-scopes.ts'
export type { VerifiedAccessToken } from './verified-access-token.ts'
export type { AccessTokenVerifierOptions } from './verifier-options.ts'
