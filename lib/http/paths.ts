/**
 * The paths of the contract, relative to the issuer. `:name` stands for an id.
 *
 * @module
 */

export const METADATA_PATH = '/.well-known/oauth-authorization-server'
/** The same document, where OpenID Connect libraries look for it (RFC 8414 §5). */
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration'
export const JWKS_PATH = '/.well-known/jwks.json'
export const AUTHORIZE_PATH = '/oauth/authorize'
export const CONTINUE_PATH = '/oauth/continue'
export const TOKEN_PATH = '/oauth/token'
export const INTROSPECT_PATH = '/oauth/introspect'
export const REVOKE_PATH = '/oauth/revoke'
export const USERINFO_PATH = '/oauth/userinfo'
export const REVOCATIONS_PATH = '/oauth/revocations'
export const CONNECTIONS_PATH = '/account/connections'
export const CONNECTION_PATH = '/account/connections/:clientId'
export const SUPER_ADMIN_CLIENTS_PATH = '/super-admin/oauth-clients'
export const SUPER_ADMIN_CLIENT_PATH = '/super-admin/oauth-clients/:clientId'
export const SUPER_ADMIN_CLIENT_SECRETS_PATH = '/super-admin/oauth-clients/:clientId/secrets'
export const SUPER_ADMIN_CLIENT_SECRET_PATH =
  '/super-admin/oauth-clients/:clientId/secrets/:secretId'

/** The endpoints in the metadata (RFC 8414 §2), by the name of the member. */
export const METADATA_ENDPOINTS: Readonly<Record<string, string>> = {
  authorization_endpoint: AUTHORIZE_PATH,
  token_endpoint: TOKEN_PATH,
  jwks_uri: JWKS_PATH,
  introspection_endpoint: INTROSPECT_PATH,
  revocation_endpoint: REVOKE_PATH,
}

/** Path and query of the page for a pending request. */
export function continuePath(pendingRequestToken: string): string {
  return `${CONTINUE_PATH}?${new URLSearchParams({ prt: pendingRequestToken })}`
}

/** The operation of a request, for audit events: method and path, without a pending request token. */
export function operationOf({
  method,
  path,
}: {
  readonly method: string
  readonly path: string
}): string {
  return `${method} ${path.startsWith(AUTHORIZE_PATH) ? AUTHORIZE_PATH : path}`
}
