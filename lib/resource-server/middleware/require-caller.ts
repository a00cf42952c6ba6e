/**
 * Koa middleware: lets a request pass only with an access token or an API key of its tenant.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { readOptions } from '../options.ts'
import { type AccessTokenVerifier, resolveVerifier } from '../verify/access-token-verifier.ts'
import type { AccessTokenVerifierOptions } from '../verify/verifier-options.ts'
import type { CallerState } from './caller.ts'
import {
  createCallerCheck,
  type RequireCallerOptions,
  requireCallerOptions,
} from './caller-check.ts'
import { passAfter } from './send-error-response.ts'

/**
 * Creates middleware that checks the credentials of each request, an access token or an API key, and
 * that they are for the tenant of the request. It puts the caller into `ctx.state.caller`.
 *
 * Only requests that pass reach the middleware behind. Invalid access tokens get the responses of
 * `requireAccessToken`; the others have a JSON body `{error, error_description}` and
 * `Cache-Control: no-store`:
 *
 * - 400 `invalid_request`: both an access token and an API key, or a header twice
 * - 400 `tenant_missing`: an API key or a client without tenant, and the request names no tenant
 * - 401 `invalid_api_key`: the API key is unknown, or of another tenant
 * - 403 `tenant_mismatch`: the credentials are not for the tenant of the request
 *
 * Nothing is thrown for these; the error is emitted as the application's `error` event.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
 * @param options How to find the tenant, how to check API keys, and parameters of challenges.
 *
 * @throws {@link ConfigurationError} when options are rejected.
 *
 * @example
 *
 * An API for access tokens and API keys
 *
 * ```ts
 * const app = new Koa<CallerState>()
 * const issuer = 'https://mayaapi.teamcast.ai'
 * app.use(
 *   requireCaller(
 *     { issuer, audience: issuer },
 *     { verifyApiKey: ({ apiKey, tenantId }) => apiKeys.find(apiKey, tenantId) },
 *   ),
 * )
 * app.use(requireScopes('interview:read'))
 * app.use((ctx) => {
 *   ctx.body = { tenant: ctx.state.caller.tenantId }
 * })
 * ```
 */
export function requireCaller(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
  options: RequireCallerOptions = {},
): Middleware<CallerState> {
  const check = createCallerCheck(
    resolveVerifier(verifier),
    readOptions<RequireCallerOptions>(requireCallerOptions, options),
  )
  return async function requireCallerMiddleware(ctx, next) {
    await passAfter(ctx, next, async () => {
      ctx.state.caller = await check(ctx.req, ctx)
    })
  }
}
