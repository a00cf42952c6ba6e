/**
 * Finds the caller of a request, by access token or API key, and admits it to its tenant.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { type Members, optional, type Schema } from '../../util/schema.ts'
import { AmbiguousRequestError } from '../errors.ts'
import { functionOption } from '../options.ts'
import type { AccessTokenVerifier } from '../verify/access-token-verifier.ts'
import {
  API_KEY_HEADER,
  type ApiKeyCredentials,
  authenticateApiKey,
  type VerifyApiKey,
} from './api-keys.ts'
import { type AuthenticatedCaller, type Caller, callerOfToken } from './caller.ts'
import {
  type ChallengeOptions,
  challengeOptions,
  challengeParametersOf,
} from './challenge-options.ts'
import { extendChallenges } from './error-response.ts'
import { bearerCredentialsOf, verifyBearerCredentials } from './request-credentials.ts'
import { onlyHeaderOf } from './request-headers.ts'
import { admitToTenant, type TenantGuardOptions, tenantGuardOptions } from './tenant-guard.ts'

/** How to find the tenant of a request, how to check API keys, and parameters of challenges. */
export interface RequireCallerOptions<ContextT = Context>
  extends TenantGuardOptions<ContextT>,
    ChallengeOptions {
  /**
   * The host's check of API keys. Without one, `X-API-Key` is ignored.
   *
   * A request with an API key names its tenant in `X-Tenant-ID`, whatever `tenantOf` is.
   */
  readonly verifyApiKey?: VerifyApiKey<ContextT>
}

/** The checks of {@link RequireCallerOptions}, of whatever type a function's parameter is. */
export const requireCallerOptions: typeof tenantGuardOptions &
  Members<ChallengeOptions> & { readonly verifyApiKey: Schema<undefined> } = {
  ...tenantGuardOptions,
  ...challengeOptions,
  verifyApiKey: optional(functionOption),
}

/**
 * Creates the check of `requireCaller`.
 *
 * @throws {@link ConfigurationError} when the URL of the metadata does not follow from the audience.
 */
export function createCallerCheck<ContextT>(
  verifier: AccessTokenVerifier,
  options: RequireCallerOptions<ContextT>,
): (request: IncomingMessage, context: ContextT) => Promise<Caller> {
  const { verifyApiKey } = options
  const parameters = challengeParametersOf(options, verifier.audience)

  async function authenticate(
    request: IncomingMessage,
    context: ContextT,
  ): Promise<AuthenticatedCaller> {
    const credentials = bearerCredentialsOf(request)
    const apiKey = verifyApiKey === undefined ? undefined : onlyHeaderOf(request, API_KEY_HEADER)
    if (verifyApiKey === undefined || apiKey === undefined) {
      return callerOfToken(await verifyBearerCredentials(verifier, credentials))
    }
    if (credentials.kind !== 'missing') throw new AmbiguousRequestError()
    const verify = (given: ApiKeyCredentials): unknown => verifyApiKey(given, context)
    return await authenticateApiKey(request, apiKey, verify, verifier.audience)
  }

  return async (request, context) => {
    extendChallenges(request, parameters)
    return await admitToTenant(request, context, await authenticate(request, context), options)
  }
}
