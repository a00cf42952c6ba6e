/**
 * `GET /.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`: authorization server
 * metadata (RFC 8414, OpenID Connect Discovery 1.0). One document at both paths.
 *
 * @module
 */

import { GRANT_TYPES } from '../grants/grant-types.ts'
import { AUTHENTICATION_METHODS } from '../http/client-authentication/authentication-methods.ts'
import type { RouteTable } from '../http/route.ts'
import type { OpenIdConnect } from '../openid-connect/openid-connect-options.ts'
import { userClaimNames } from '../openid-connect/user-claims.ts'
import type { ResolvedOptions } from '../options/resolve-options.ts'
import type { ProtectedResource } from '../resources/protected-resource.ts'
import { isSecureUrl } from '../urls/secure-url.ts'

/** Relative to the issuer. */
export const METADATA_PATH = '/.well-known/oauth-authorization-server'
/** The same document, where OpenID Connect libraries look for it (RFC 8414 §5). */
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration'

type MetadataOptions = Pick<
  ResolvedOptions,
  'issuer' | 'scopes' | 'resources' | 'openIdConnect' | 'pages'
>

/**
 * Creates the metadata document.
 *
 * @param routes The routes of the server.
 */
export function createMetadata(
  { issuer, scopes, resources, openIdConnect, pages }: MetadataOptions,
  routes: RouteTable,
): Readonly<Record<string, unknown>> {
  const endpoints = Object.fromEntries(
    routes.flatMap(([path, , name]) => (name === undefined ? [] : [[name, issuer + path]])),
  )
  const methods = [...AUTHENTICATION_METHODS]
  const authenticationMethods = methods.map(([name]) => name)
  return {
    issuer,
    ...endpoints,
    scopes_supported: Object.keys(scopes),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [...GRANT_TYPES.keys()],
    token_endpoint_auth_methods_supported: authenticationMethods,
    introspection_endpoint_auth_methods_supported: methods.flatMap(([name, { clientTypes }]) =>
      clientTypes.includes('CONFIDENTIAL') ? [name] : [],
    ),
    revocation_endpoint_auth_methods_supported: authenticationMethods,
    ...Object.fromEntries(methods.flatMap(([, { metadata = {} }]) => Object.entries(metadata))),
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...(pages.hasLanguages ? { ui_locales_supported: pages.languages.map(({ tag }) => tag) } : {}),
    ...protectedResourcesOf(resources),
    ...(openIdConnect && openIdConnectMetadata(openIdConnect)),
  }
}

/** OpenID Connect Discovery 1.0 §3: what RFC 8414 does not have. */
function openIdConnectMetadata({
  optionalClaims,
}: OpenIdConnect): Readonly<Record<string, unknown>> {
  return {
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claim_types_supported: ['normal'],
    claims_supported: [...ID_TOKEN_CLAIM_NAMES, ...userClaimNames(optionalClaims)],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false, // true when it is absent
  }
}

const ID_TOKEN_CLAIM_NAMES = ['iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'at_hash']

/** RFC 9728 §4. Lists only resources with a URL: others have no metadata document. */
function protectedResourcesOf(
  resources: ReadonlyArray<ProtectedResource>,
): Readonly<Record<string, unknown>> {
  const urls = resources
    .map(({ audience }) => audience)
    .filter((audience) => isSecureUrl(new URL(audience)))
  return urls.length === 0 ? {} : { protected_resources: urls }
}
