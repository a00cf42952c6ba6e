/**
 * Our client as oidc-provider understands it (RFC 7591 metadata).
 *
 * Deliberately not told to oidc-provider, because our own code decides it: the client's scopes, grant
 * types, redirect URIs, lifetimes and secrets.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { ClientRecord } from '../clients/client.ts'

/** Extra metadata member that carries our own record through oidc-provider, as it is. */
export const CLIENT_RECORD_MEMBER = 'teamcast_client'

// oidc-provider demands a secret of a confidential client; ours are compared by their hashes instead
// (create-provider.ts). Random, so that it would open nothing if it were ever compared.
const UNUSED_CLIENT_SECRET = randomBytes(32).toString('base64url')

// For clients that use the browser, oidc-provider demands one; ours are matched in create-provider.ts.
const UNUSED_REDIRECT_URI = 'https://client.invalid/'

/** Client metadata for oidc-provider. */
export function toProviderMetadata(client: ClientRecord): Record<string, unknown> {
  const usesBrowser = client.allowedGrantTypes.includes('authorization_code')
  return {
    client_id: client.clientId,
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    redirect_uris: usesBrowser ? [UNUSED_REDIRECT_URI] : [],
    response_types: usesBrowser ? ['code'] : [],
    grant_types: usesBrowser ? ['authorization_code'] : [],
    ...(client.clientType === 'CONFIDENTIAL' ? { client_secret: UNUSED_CLIENT_SECRET } : {}),
    [CLIENT_RECORD_MEMBER]: client,
  }
}

/** Our record of a client that oidc-provider found. */
export function clientRecordOf(providerClient: object): ClientRecord {
  return (providerClient as Record<string, unknown>)[CLIENT_RECORD_MEMBER] as ClientRecord
}
