/**
 * `GET /.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`: authorization server
 * metadata (RFC 8414).
 *
 * @module
 */

import { GRANT_TYPES } from '../grants/grant-types.ts'
import {
  AUTHENTICATION_METHODS,
  authenticationMethodsOf,
} from '../http/client-authentication/authentication-methods.ts'
import { METADATA_ENDPOINTS } from '../http/paths.ts'
import type { ProtectedResource } from '../resources/protected-resource.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import { isSecureUrl } from '../urls/secure-url.ts'

/** Creates the metadata document. */
export function createMetadata(
  issuer: string,
  scopes: ScopeCatalogue,
  resources: ReadonlyArray<ProtectedResource>,
): Readonly<Record<string, unknown>> {
  const endpoints = Object.fromEntries(
    Object.entries(METADATA_ENDPOINTS).map(([name, path]) => [name, issuer + path]),
  )
  return {
    issuer,
    ...endpoints,
    scopes_supported: Object.keys(scopes),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: GRANT_TYPES,
    token_endpoint_auth_methods_supported: AUTHENTICATION_METHODS,
    introspection_endpoint_auth_methods_supported: authenticationMethodsOf('CONFIDENTIAL'),
    revocation_endpoint_auth_methods_supported: AUTHENTICATION_METHODS,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...protectedResourcesOf(resources),
  }
}

/** RFC 9728 §4. Lists only resources with a URL: others have no metadata document. */
function protectedResourcesOf(
  resources: ReadonlyArray<ProtectedResource>,
): Readonly<Record<string, unknown>> {
  const urls = resources
    .map(({ audience }) => audience)
    .filter((audience) => isSecureUrl(new URL(audience)))
  return urls.length === 0 ? {} : { protected_resources: urls }
}
