/**
 * Our client as oidc-provider understands it (RFC 7591 metadata).
 *
 * Deliberately not told to oidc-provider, because our own code decides it: the client's scopes, grant
 * types, redirect URIs, lifetimes, secrets, and how it authenticates.
 *
 * @module
 */

import type { ClientRecord } from '../clients/client.ts'

/** Extra metadata member that carries our own record through oidc-provider, as it is. */
export const CLIENT_RECORD_MEMBER = 'teamcast_client'

// For clients that use the browser, oidc-provider demands one; ours are matched in create-provider.ts.
const UNUSED_REDIRECT_URI = 'https://client.invalid/'

/** Client metadata for oidc-provider. */
export function toProviderMetadata(client: ClientRecord): Record<string, unknown> {
  const usesBrowser = client.allowedGrantTypes.includes('authorization_code')
  return {
    client_id: client.clientId,
    token_endpoint_auth_method: 'none', // it authenticates no clients here
    redirect_uris: usesBrowser ? [UNUSED_REDIRECT_URI] : [],
    response_types: usesBrowser ? ['code'] : [],
    grant_types: usesBrowser ? ['authorization_code'] : [],
    [CLIENT_RECORD_MEMBER]: client,
  }
}

/** Our record of a client that oidc-provider found. */
export function clientRecordOf(providerClient: object): ClientRecord {
  return (providerClient as Record<string, unknown>)[CLIENT_RECORD_MEMBER] as ClientRecord
}
