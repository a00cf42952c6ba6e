/**
 * API keys of the platform (`X-API-Key` with `X-Tenant-ID`), which the host checks.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { callHost, type Expectation } from '../../util/host-function.ts'
import { list, nullish, object, text } from '../../util/schema.ts'
import { InvalidApiKeyError, TenantMissingError } from '../errors.ts'
import { scope } from '../options.ts'
import type { AuthenticatedCaller } from './caller.ts'
import { onlyHeaderOf } from './request-headers.ts'
import { TENANT_HEADER } from './tenant-guard.ts'

/** The header that carries an API key. */
export const API_KEY_HEADER = 'X-API-Key'

/** An API key and its tenant, as the client sent them. */
export interface ApiKeyCredentials {
  /** Header `X-API-Key`; not empty. */
  readonly apiKey: string
  /** Header `X-Tenant-ID`; not empty. */
  readonly tenantId: string
}

/** An API key that is valid. */
export interface ApiKey {
  /** Identifies the key in logs; not the key itself. */
  readonly keyId: string
  /** What it allows; list every scope for a key that allows everything. */
  readonly scopes: ReadonlyArray<string>
}

/**
 * The host's check of an API key. Returns `undefined` (or `null`) for an unknown key, and for a key of
 * another tenant. Compare hashes, not keys.
 *
 * Any other result than that or an {@link ApiKey} is a `TypeError`. It reaches the application's error
 * handling, as do errors that the function throws. The response is 500, whatever status they have; only
 * errors of this package keep theirs.
 *
 * @typeParam ContextT The context of Koa, or the request of Node.
 */
export type VerifyApiKey<ContextT = Context> = (
  credentials: ApiKeyCredentials,
  context: ContextT,
) => Promise<ApiKey | undefined> | ApiKey | undefined

const API_KEY: Expectation<ApiKey | undefined> = {
  words: 'an ApiKey (keyId and an array of scopes), or undefined',
  schema: nullish(object<ApiKey>({ keyId: text, scopes: list(scope) })),
}

/**
 * Checks the API key of a request.
 *
 * @throws {@link TenantMissingError}, {@link InvalidApiKeyError}, {@link AmbiguousRequestError}
 * @throws TypeError when `verifyApiKey` returns neither an {@link ApiKey} nor `undefined`.
 */
export async function authenticateApiKey(
  request: IncomingMessage,
  apiKey: string,
  verifyApiKey: (credentials: ApiKeyCredentials) => unknown,
  realm: string,
): Promise<AuthenticatedCaller> {
  const tenantId = onlyHeaderOf(request, TENANT_HEADER)
  if (tenantId === undefined || tenantId === '') throw new TenantMissingError()
  const known =
    apiKey === ''
      ? undefined
      : await callHost('verifyApiKey', API_KEY, () => verifyApiKey({ apiKey, tenantId }))
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
