/**
 * Middleware for hosts without Koa: lets a request pass only with a valid access token.
 *
 * @module
 */

import { type ChallengeOptions, challengeOptions } from '../middleware/challenge-options.ts'
import { createAccessTokenCheck } from '../middleware/request-credentials.ts'
import { readOptions } from '../options.ts'
import { type AccessTokenVerifier, resolveVerifier } from '../verify/access-token-verifier.ts'
import type { AccessTokenVerifierOptions } from '../verify/verifier-options.ts'
import { addToRequest } from './checked-requests.ts'
import {
  createGuard,
  type GuardOptions,
  guardOptions,
  listenToErrors,
  type NodeMiddleware,
} from './node-middleware.ts'

/**
 * Creates middleware that verifies the access token of each request; `accessTokenOf(req)` returns it then.
 *
 * Responses to refused requests are those of `requireAccessToken` for Koa. They are sent from here, so that no
 * error handler of the host drops `WWW-Authenticate`. Put CORS middleware in front: a preflight request
 * never has a token.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
 * @param options Further parameters of challenges, and a listener for refused requests.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API of Express in which every route needs a token
 *
 * ```ts
 * const app = express()
 * const issuer = 'https://mayaapi.teamcast.ai'
 * app.use(requireAccessToken({ issuer, audience: issuer }))
 * app.get('/', (req, res) => {
 *   res.json({ hello: accessTokenOf(req).userId })
 * })
 * ```
 *
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export function requireAccessToken(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
  options: ChallengeOptions & GuardOptions = {},
): NodeMiddleware {
  const resolved = readOptions({ ...challengeOptions, ...guardOptions }, options)
  const check = createAccessTokenCheck(resolveVerifier(verifier), resolved)
  return createGuard(async (request) => {
    listenToErrors(request, resolved)
    addToRequest(request, { accessToken: await check(request) })
  })
}
