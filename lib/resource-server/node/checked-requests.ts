/**
 * What the middleware has found out about requests.
 *
 * It is not a property of the request: `req.auth` has another meaning and type in each package that sets it
 * (the MCP SDK, express-jwt, express-oauth2-jwt-bearer), and anything else in the host may set it, too.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { ConfigurationError } from '../../errors.ts'
import type { AccessTokenState, Caller, CallerState } from '../middleware/caller.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'

/** What is known about a request so far. */
export type CheckedRequest = Partial<AccessTokenState & CallerState>

const checkedRequests = new WeakMap<IncomingMessage, CheckedRequest>()

/** What is known about a request. */
export function checkedRequestOf(request: IncomingMessage): CheckedRequest {
  return checkedRequests.get(request) ?? {}
}

/** Adds to what is known about a request. */
export function addToRequest(request: IncomingMessage, found: CheckedRequest): void {
  checkedRequests.set(request, { ...checkedRequestOf(request), ...found })
}

/**
 * The access token of a request that `requireAccessToken` has passed on. Frozen.
 *
 * @param request The request of Node: `req` in Express, `request.raw` in Fastify.
 *
 * @throws {@link ConfigurationError} when that middleware did not run before.
 */
export function accessTokenOf(request: IncomingMessage): VerifiedAccessToken {
  const { accessToken } = checkedRequestOf(request)
  if (accessToken !== undefined) return accessToken
  const message = 'must be used behind requireAccessToken'
  throw new ConfigurationError([{ path: 'accessTokenOf', message }])
}

/**
 * The caller of a request that `requireCaller` or `requireTenant` has passed on. Frozen.
 *
 * @param request The request of Node: `req` in Express, `request.raw` in Fastify.
 *
 * @throws {@link ConfigurationError} when neither of the two ran before.
 */
export function callerOf(request: IncomingMessage): Caller {
  const { caller } = checkedRequestOf(request)
  if (caller !== undefined) return caller
  const message = 'must be used behind requireCaller or requireTenant'
  throw new ConfigurationError([{ path: 'callerOf', message }])
}
