/**
 * Koa middleware: lets a request pass only with a valid access token.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { z } from 'zod'
import { ProtectedResourceError } from '../errors.ts'
import { type AccessTokenVerifier, resolveVerifier } from '../verify/access-token-verifier.ts'
import { readOptions, scopesOption } from '../verify/option-issues.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'
import type { AccessTokenVerifierOptions } from '../verify/verifier-options.ts'
import {
  type ChallengeOptions,
  challengeParametersOf,
  resourceMetadataOption,
} from './challenge-options.ts'
import { bearerCredentialsOf, verifyBearerCredentials } from './request-credentials.ts'
import { extendChallenges, sendErrorResponse } from './send-error-response.ts'

/** What {@link requireAccessToken} leaves in `ctx.state`. */
export interface AccessTokenState {
  /** The request's access token. */
  accessToken: VerifiedAccessToken
}

const challengeOptions = z.strictObject({
  resourceMetadata: resourceMetadataOption,
  scopes: scopesOption.optional(),
})

/**
 * Creates middleware that verifies the access token of each request and puts it into
 * `ctx.state.accessToken`.
 *
 * A request that fails does not reach the middleware behind. It is answered right here, with status,
 * `WWW-Authenticate`, `Cache-Control: no-store` and a JSON body `{error, error_description}`:
 *
 * - 401, a challenge without error code: no Bearer credentials. A token in the query or the body
 *   does not count
 * - 400 `invalid_request`: an Authorization header that breaks the syntax, or several of them
 * - 401 `invalid_token`: a token that is not accepted; which check failed is not told
 * - 503 `temporarily_unavailable` with `Retry-After`: the issuer's keys cannot be had, or it cannot be
 *   found out whether the token was revoked
 *
 * Nothing is thrown for these; the error is emitted as the application's `error` event, where
 * `InvalidAccessTokenError` has `reason` and `detail`. Put CORS middleware in front: a preflight
 * request never has a token.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
 * @param options What challenges say beside the error.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API in which every route needs a token
 *
 * ```ts
 * const app = new Koa<AccessTokenState>()
 * const issuer = 'https://mayaapi.teamcast.ai'
 * app.use(requireAccessToken({ issuer, audience: issuer }))
 * app.use((ctx) => {
 *   ctx.body = { hello: ctx.state.accessToken.userId }
 * })
 * ```
 *
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export function requireAccessToken(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
  options: ChallengeOptions = {},
): Middleware<AccessTokenState> {
  const used = resolveVerifier(verifier)
  const parameters = challengeParametersOf(readOptions(challengeOptions, options), used.audience)
  return async function requireAccessTokenMiddleware(ctx, next) {
    extendChallenges(ctx, parameters)
    try {
      ctx.state.accessToken = await verifyBearerCredentials(used, bearerCredentialsOf(ctx.req))
    } catch (error) {
      if (!(error instanceof ProtectedResourceError)) throw error
      sendErrorResponse(ctx, error)
      return
    }
    await next()
  }
}
