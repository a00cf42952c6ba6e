/**
 * Koa middleware: lets a request pass only with an access token or an API key of its tenant.
 *
 * @module
 */

import type { Context, Middleware } from 'koa'
import { type Members, optional } from '../../util/schema.ts'
import { AmbiguousRequestError } from '../errors.ts'
import { functionOption, readOptions } from '../options.ts'
import { type AccessTokenVerifier, resolveVerifier } from '../verify/access-token-verifier.ts'
import type { AccessTokenVerifierOptions } from '../verify/verifier-options.ts'
import { API_KEY_HEADER, authenticateApiKey, type VerifyApiKey } from './api-keys.ts'
import { type AuthenticatedCaller, type CallerState, callerOfToken } from './caller.ts'
import {
  type ChallengeOptions,
  challengeOptions,
  challengeParametersOf,
} from './challenge-options.ts'
import { bearerCredentialsOf, verifyBearerCredentials } from './request-credentials.ts'
import { onlyHeaderOf } from './request-headers.ts'
import { extendChallenges, passAfter } from './send-error-response.ts'
import { admitToTenant, type TenantGuardOptions, tenantGuardOptions } from './tenant-guard.ts'

/** How to find the tenant of a request, how to check API keys, and parameters of challenges. */
export interface RequireCallerOptions extends TenantGuardOptions, ChallengeOptions {
  /**
   * The host's check of API keys. Without one, `X-API-Key` is ignored.
   *
   * A request with an API key names its tenant in `X-Tenant-ID`, whatever `tenantOf` is.
   */
  readonly verifyApiKey?: VerifyApiKey
}

const requireCallerOptions: Members<RequireCallerOptions> = {
  ...tenantGuardOptions,
  ...challengeOptions,
  verifyApiKey: optional(functionOption),
}

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
  const used = resolveVerifier(verifier)
  const resolved = readOptions(requireCallerOptions, options)
  const { verifyApiKey } = resolved
  const parameters = challengeParametersOf(resolved, used.audience)

  async function authenticate(ctx: Context): Promise<AuthenticatedCaller> {
    const credentials = bearerCredentialsOf(ctx.req)
    const apiKey = verifyApiKey === undefined ? undefined : onlyHeaderOf(ctx.req, API_KEY_HEADER)
    if (verifyApiKey === undefined || apiKey === undefined) {
      return callerOfToken(await verifyBearerCredentials(used, credentials))
    }
    if (credentials.kind !== 'missing') throw new AmbiguousRequestError()
    return authenticateApiKey(ctx, apiKey, verifyApiKey, used.audience)
  }

  return async function requireCallerMiddleware(ctx, next) {
    extendChallenges(ctx, parameters)
    await passAfter(ctx, next, async () => {
      ctx.state.caller = await admitToTenant(ctx, await authenticate(ctx), resolved)
    })
  }
}
