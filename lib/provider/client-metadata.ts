/**
 * Client metadata for oidc-provider (RFC 7591). Scopes, grant types, redirect URIs, lifetimes, secrets and
 * authentication are left out on purpose: our own code checks them.
 *
 * @module
 */

import type { ClientRecord } from '../storage/client.ts'

/** Extra metadata member that holds our client record. */
export const CLIENT_RECORD_MEMBER = 'teamcast_client'

// oidc-provider requires one; authorization-endpoint.ts matches the real ones.
const UNUSED_REDIRECT_URI = 'https://client.invalid/'

/** Converts a client record to metadata. */
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

/** The client record of a client of oidc-provider. */
export function clientRecordOf(providerClient: object): ClientRecord {
  return (providerClient as Record<string, unknown>)[CLIENT_RECORD_MEMBER] as ClientRecord
}
