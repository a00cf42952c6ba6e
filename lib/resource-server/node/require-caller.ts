/**
 * Middleware for hosts without Koa: lets a request pass only with an access token or an API key of its tenant.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import {
  createCallerCheck,
  type RequireCallerOptions,
  requireCallerOptions,
} from '../middleware/caller-check.ts'
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
 * Creates middleware that checks the credentials of each request, an access token or an API key, and that
 * they are for the tenant of the request; `callerOf(req)` returns the caller then.
 *
 * Responses to refused requests are those of `requireCaller` for Koa. Errors that `tenantOf` and
 * `verifyApiKey` throw go to `next(error)`.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
 * @param options How to find the tenant, how to check API keys, parameters of challenges, and a listener for
 *   refused requests. The host's functions receive the request; `{ parameter }` reads `req.params`.
 *
 * @throws {@link ConfigurationError} when options are rejected.
 */
export function requireCaller<RequestT extends IncomingMessage = IncomingMessage>(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
  options: RequireCallerOptions<RequestT> & GuardOptions = {},
): NodeMiddleware<RequestT> {
  const resolved = readOptions<RequireCallerOptions<RequestT> & GuardOptions>(
    { ...requireCallerOptions, ...guardOptions },
    options,
  )
  const check = createCallerCheck(resolveVerifier(verifier), resolved)
  return createGuard(async (request) => {
    listenToErrors(request, resolved)
    addToRequest(request, { caller: await check(request, request) })
  })
}
