/**
 * Koa middleware: lets a request pass only with an access token or an API key of its tenant.
 *
 * @module
 */

import type { Context, Middleware } from 'koa'
import { z } from 'zod'
import { ProtectedResourceError } from '../errors.ts'
import { type AccessTokenVerifier, resolveVerifier } from '../verify/access-token-verifier.ts'
import { functionOf, NO_BOOLEAN, readOptions, scopesOption } from '../verify/option-issues.ts'
import type { AccessTokenVerifierOptions } from '../verify/verifier-options.ts'
import { API_KEY_HEADER, authenticateApiKey, type VerifyApiKey } from './api-keys.ts'
import { type AuthenticatedCaller, type CallerState, callerOfToken } from './caller.ts'
import { AmbiguousRequestError } from './caller-errors.ts'
import {
  type ChallengeOptions,
  challengeParametersOf,
  resourceMetadataOption,
} from './challenge-options.ts'
import { bearerCredentialsOf, verifyBearerCredentials } from './request-credentials.ts'
import type { TenantGuardOptions } from './require-tenant.ts'
import { extendChallenges, sendErrorResponse } from './send-error-response.ts'
import { onlyHeaderOf, readTenant, tenantOfOption } from './tenant-of.ts'
import { admitToTenant } from './tenant-policy.ts'

/** Whom to let pass, into which tenant, and what challenges say. */
export interface RequireCallerOptions extends TenantGuardOptions, ChallengeOptions {
  /**
   * The host's check of API keys. Without one, `X-API-Key` is ignored.
   *
   * A request with an API key names its tenant in `X-Tenant-ID`, wherever `tenantOf` looks.
   */
  readonly verifyApiKey?: VerifyApiKey
}

const requireCallerOptions = z.strictObject({
  tenantOf: tenantOfOption,
  allowTenantlessClients: z.boolean(NO_BOOLEAN).default(false),
  verifyApiKey: functionOf<VerifyApiKey>().optional(),
  resourceMetadata: resourceMetadataOption,
  scopes: scopesOption.optional(),
})

/**
 * Creates middleware that checks the credentials of each request, an access token or an API key, and
 * that they are of the tenant that the request is about. It puts both into `ctx.state.caller`.
 *
 * A request that fails does not reach the middleware behind. Access tokens are refused as
 * `requireAccessToken` refuses them; beyond that, with a JSON body `{error, error_description}` and
 * `Cache-Control: no-store`:
 *
 * - 400 `invalid_request`: an access token and an API key at once, or a header twice
 * - 400 `tenant_missing`: an API key or a tenantless client, and no tenant named
 * - 401 `invalid_api_key`: the host does not know the key, or not for this tenant
 * - 403 `tenant_mismatch`: the credentials are not of the tenant that the request is about
 *
 * Nothing is thrown for these; the error is emitted as the application's `error` event.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
 * @param options Where the tenant is, how API keys are checked, and what challenges say.
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
  const { tenantOf, allowTenantlessClients, verifyApiKey } = resolved
  const parameters = challengeParametersOf(resolved, used.audience)

  async function authenticate(ctx: Context): Promise<AuthenticatedCaller> {
    const credentials = bearerCredentialsOf(ctx.req)
    const apiKey = verifyApiKey === undefined ? undefined : onlyHeaderOf(ctx, API_KEY_HEADER)
    if (verifyApiKey === undefined || apiKey === undefined) {
      return callerOfToken(await verifyBearerCredentials(used, credentials))
    }
    if (credentials.kind !== 'missing') throw new AmbiguousRequestError()
    return authenticateApiKey(ctx, apiKey, verifyApiKey, used.audience)
  }

  return async function requireCallerMiddleware(ctx, next) {
    extendChallenges(ctx, parameters)
    try {
      const caller = await authenticate(ctx)
      const tenantId = await readTenant(ctx, tenantOf)
      ctx.state.caller = admitToTenant(caller, tenantId, allowTenantlessClients)
    } catch (error) {
      if (!(error instanceof ProtectedResourceError)) throw error
      sendErrorResponse(ctx, error)
      return
    }
    await next()
  }
}
