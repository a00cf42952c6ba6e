/**
 * API keys of the platform (`X-API-Key` with `X-Tenant-ID`), which only the host knows.
 *
 * @module
 */

import type { Context } from 'koa'
import { z } from 'zod'
import { isScope } from '../../scopes/scope.ts'
import { callHost, type Expectation } from '../../util/host-function.ts'
import type { AuthenticatedCaller } from './caller.ts'
import { InvalidApiKeyError, TenantMissingError } from './caller-errors.ts'
import { onlyHeaderOf, TENANT_HEADER } from './tenant-of.ts'

/** The header that carries an API key. */
export const API_KEY_HEADER = 'X-API-Key'

/** An API key and the tenant that it is said to be of, as the client sent them; any strings. */
export interface ApiKeyCredentials {
  /** Header `X-API-Key`; not empty. */
  readonly apiKey: string
  /** Header `X-Tenant-ID`; not empty. */
  readonly tenantId: string
}

/** What the host knows of an API key. */
export interface ApiKey {
  /** Identifies the key in logs; not the key itself. */
  readonly keyId: string
  /** What it allows; for a key that allows everything, every scope there is. */
  readonly scopes: ReadonlyArray<string>
}

/**
 * The host's own check of an API key.
 *
 * Compare hashes, not keys, and answer for the pair: a key of another tenant is `undefined` too (or `null`).
 * Anything else than that and a well-formed {@link ApiKey} lets nobody in: a `TypeError` then, like what it
 * throws itself, is left to the application's error handling.
 */
export type VerifyApiKey = (
  credentials: ApiKeyCredentials,
  ctx: Context,
) => Promise<ApiKey | undefined> | ApiKey | undefined

const API_KEY: Expectation<ApiKey | undefined> = {
  words: 'an ApiKey (keyId and an array of scopes), or undefined',
  schema: z
    .object({ keyId: z.string().min(1), scopes: z.array(z.string().refine(isScope)) })
    .nullish(),
}

/**
 * Asks the host about the API key of a request.
 *
 * @throws {@link TenantMissingError}, {@link InvalidApiKeyError}, {@link AmbiguousRequestError}
 * @throws TypeError when the host answers with something else than an {@link ApiKey} or `undefined`.
 */
export async function authenticateApiKey(
  ctx: Context,
  apiKey: string,
  verifyApiKey: VerifyApiKey,
  realm: string,
): Promise<AuthenticatedCaller> {
  const tenantId = onlyHeaderOf(ctx, TENANT_HEADER)
  if (tenantId === undefined || tenantId === '') throw new TenantMissingError()
  const known =
    apiKey === ''
      ? undefined
      : await callHost('verifyApiKey', API_KEY, () => verifyApiKey({ apiKey, tenantId }, ctx))
  if (known === undefined) throw new InvalidApiKeyError(realm)
  return {
    kind: 'api-key',
    tenantId,
    userId: undefined,
    clientId: undefined,
    keyId: known.keyId,
    scopes: new Set(known.scopes),
    accessToken: undefined,
  }
}
