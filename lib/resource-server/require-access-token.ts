/**
 * Koa middleware: lets a request pass only with a valid access token.
 *
 * @module
 */

import type { Context, Middleware } from 'koa'
import { type AccessTokenVerifier, createAccessTokenVerifier } from './access-token-verifier.ts'
import { answerRejection } from './answer-rejection.ts'
import { parseBearerToken } from './bearer-token.ts'
import {
  BearerTokenError,
  JwksUnavailableError,
  MalformedAuthorizationError,
  MissingAccessTokenError,
} from './errors.ts'
import type { VerifiedAccessToken } from './verified-access-token.ts'
import type { AccessTokenVerifierOptions } from './verifier-options.ts'

/** What {@link requireAccessToken} leaves in `ctx.state`. */
export interface AccessTokenState {
  /** The request's access token. */
  accessToken: VerifiedAccessToken
}

const isVerifier = (
  value: AccessTokenVerifier | AccessTokenVerifierOptions,
): value is AccessTokenVerifier =>
  typeof (value as AccessTokenVerifier | null)?.verify === 'function'

/**
 * Reads the Authorization header.
 *
 * Of several, Node keeps the first in `headers` and a proxy in front may have looked at the last.
 * Joined they are malformed. HTTP/2 requests lack `headersDistinct`.
 */
const authorizationOf = ({ req }: Pick<Context, 'req'>): string | undefined =>
  req.headersDistinct?.['authorization']?.join(', ') ?? req.headers.authorization

async function verifyRequest(
  verifier: AccessTokenVerifier,
  authorization: string | undefined,
): Promise<VerifiedAccessToken> {
  const credentials = parseBearerToken(authorization)
  switch (credentials.kind) {
    case 'missing':
      throw new MissingAccessTokenError(verifier.audience)
    case 'malformed':
      throw new MalformedAuthorizationError()
    case 'token':
      return verifier.verify(credentials.token)
  }
}

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
 * - 503 `temporarily_unavailable` with `Retry-After`: the issuer's keys cannot be had
 *
 * Nothing is thrown for these; the error is emitted as the application's `error` event, where
 * `InvalidAccessTokenError` has `reason` and `detail`. Put CORS middleware in front: a preflight
 * request never has a token.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
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
): Middleware<AccessTokenState> {
  const used = isVerifier(verifier) ? verifier : createAccessTokenVerifier(verifier)
  return async function requireAccessTokenMiddleware(ctx, next) {
    try {
      ctx.state.accessToken = await verifyRequest(used, authorizationOf(ctx))
    } catch (error) {
      if (!(error instanceof BearerTokenError || error instanceof JwksUnavailableError)) throw error
      answerRejection(ctx, error)
      return
    }
    await next()
  }
}
