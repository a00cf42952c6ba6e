/**
 * Protected resource metadata (RFC 9728): tells clients which authorization server to use.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { hasCredentials, isSecureUrl } from '../../urls/secure-url.ts'
import { entityTagOf, isNotModified } from '../../util/entity-tag.ts'
import { list, type Members, optional, rule, text } from '../../util/schema.ts'
import { issuerOption, readOptions, SECURE_URL, scopesOption, urlOption } from '../options.ts'

const WELL_KNOWN_PATH = '/.well-known/oauth-protected-resource'
const MAX_AGE_SECONDS = 300
const METHODS = ['GET', 'HEAD', 'OPTIONS']

/** The members of the metadata. */
export interface ProtectedResourceMetadataOptions {
  /**
   * This resource server: the URL that clients call, and the `audience` of tokens for it. An https URL,
   * or http for localhost, 127.0.0.1 and [::1] only; without query, fragment and user name.
   */
  readonly resource: string
  /** The issuers whose tokens are accepted; at least one. */
  readonly authorizationServers: ReadonlyArray<string>
  /** The scopes of this resource server. */
  readonly scopesSupported?: ReadonlyArray<string>
  /** Its name, for people. */
  readonly resourceName?: string
  /** Its documentation, for developers. */
  readonly resourceDocumentation?: URL
}

const metadataOptions: Members<ProtectedResourceMetadataOptions> = {
  resource: rule(
    (resource) =>
      (typeof resource !== 'string' || !isResourceIdentifier(resource)) &&
      `must be an ${SECURE_URL} without query, fragment or user name`,
  ),
  authorizationServers: list(issuerOption, 'must name at least one'),
  scopesSupported: optional(scopesOption),
  resourceName: optional(text),
  resourceDocumentation: optional(urlOption),
}

/**
 * Whether a text is a resource identifier (RFC 9728 §1.2): an https URL, or http for the machine itself,
 * without fragment. And without query, which the RFC discourages.
 */
export function isResourceIdentifier(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && isSecureUrl(url) && !hasCredentials(url) && !/[?#]/.test(text)
}

/** The URL of a resource's metadata: the well-known path goes between host and path (RFC 9728 §3.1). */
export function metadataUrlOf(resource: string): URL {
  const { origin, pathname } = new URL(resource)
  return new URL(origin + WELL_KNOWN_PATH + (pathname === '/' ? '' : pathname))
}

/**
 * Creates middleware that serves the metadata of a protected resource, to every origin, at
 * `/.well-known/oauth-protected-resource` followed by the path of the resource. Put it at the root of
 * the application, in front of middleware that requires a token.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API whose clients find the authorization server
 *
 * ```ts
 * const issuer = 'https://mayaapi.teamcast.ai'
 * const resource = 'https://api.teamcast.ai/mcp'
 * app.use(protectedResourceMetadata({ resource, authorizationServers: [issuer] }))
 * app.use(requireAccessToken({ issuer, audience: resource }, { resourceMetadata: true }))
 * ```
 *
 * @see [RFC 9728 §3](https://www.rfc-editor.org/rfc/rfc9728.html#section-3)
 */
export function protectedResourceMetadata(options: ProtectedResourceMetadataOptions): Middleware {
  const { pathname, respond } = createMetadataResponder(options)
  return async function protectedResourceMetadataMiddleware(ctx, next) {
    if (ctx.path !== pathname) return await next()
    const { status, headers, body } = respond(ctx.method, ctx.req.headers['if-none-match'])
    ctx.status = status
    ctx.set(headers)
    if (body !== undefined) ctx.body = body
  }
}

/** A response to a request for the metadata. */
export interface MetadataResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/**
 * Creates what the metadata are served with, whichever framework serves them: their path, and the response by
 * method and `If-None-Match`.
 */
export function createMetadataResponder(options: ProtectedResourceMetadataOptions): {
  readonly pathname: string
  readonly respond: (method: string, ifNoneMatch: string | undefined) => MetadataResponse
} {
  const resolved = readOptions(metadataOptions, options)
  const { pathname } = metadataUrlOf(resolved.resource)
  const body = JSON.stringify({
    resource: resolved.resource,
    authorization_servers: resolved.authorizationServers,
    scopes_supported: resolved.scopesSupported,
    bearer_methods_supported: ['header'],
    resource_name: resolved.resourceName,
    resource_documentation: resolved.resourceDocumentation?.href,
  })

  const entityTag = entityTagOf(body)
  const open = { 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' }
  const cached = {
    ...open,
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    ETag: entityTag,
  }
  return {
    pathname,
    respond(method, ifNoneMatch) {
      if (!METHODS.includes(method)) {
        return { status: 405, headers: { ...open, Allow: METHODS.join(', ') }, body: undefined }
      }
      if (method === 'OPTIONS') {
        const allowed = {
          'Access-Control-Allow-Methods': 'GET',
          'Access-Control-Allow-Headers': '*',
        }
        return { status: 204, headers: { ...open, ...allowed }, body: undefined }
      }
      if (isNotModified(ifNoneMatch, entityTag)) {
        return { status: 304, headers: cached, body: undefined }
      }
      const headers = { ...cached, 'Content-Type': 'application/json; charset=utf-8' }
      return { status: 200, headers, body }
    },
  }
}
