/**
 * Protected resource metadata (RFC 9728): tells clients which authorization server to go to.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { z } from 'zod'
import {
  issuerOption,
  readOptions,
  SECURE_URL,
  scopesOption,
  textOption,
  urlOption,
} from '../verify/option-issues.ts'
import { isResourceIdentifier, metadataUrlOf } from './resource-identifier.ts'

const MAX_AGE_SECONDS = 300
const METHODS = ['GET', 'HEAD', 'OPTIONS']

/** What the metadata say. */
export interface ProtectedResourceMetadataOptions {
  /**
   * This resource server: the URL that clients call, and the `audience` that tokens for it name. An
   * https URL, or http for localhost, 127.0.0.1 and [::1] only; without query and fragment.
   */
  readonly resource: string
  /** The issuers of the tokens that are accepted; at least one. */
  readonly authorizationServers: ReadonlyArray<string>
  /** The scopes that there are. */
  readonly scopesSupported?: ReadonlyArray<string>
  /** What people call it. */
  readonly resourceName?: string
  /** Where its developers' documentation is. */
  readonly resourceDocumentation?: URL
}

const metadataOptions = z.strictObject({
  resource: z.custom<string>(
    (resource) => typeof resource === 'string' && isResourceIdentifier(resource),
    `must be an ${SECURE_URL} without query, fragment or user name`,
  ),
  authorizationServers: z.array(issuerOption, 'must be a list').min(1, 'must name at least one'),
  scopesSupported: scopesOption.optional(),
  resourceName: textOption.optional(),
  resourceDocumentation: urlOption.optional(),
})

/**
 * Creates middleware that serves the metadata of a protected resource, to every origin, at
 * `/.well-known/oauth-protected-resource` with the path of the resource behind it. Put it at the root of
 * the application, in front of what requires a token.
 *
 * @param options What the metadata say.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API that clients find the authorization server of
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

  return async function protectedResourceMetadataMiddleware(ctx, next) {
    if (ctx.path !== pathname) return await next()
    ctx.set({ 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' })
    if (!METHODS.includes(ctx.method)) {
      ctx.set('Allow', METHODS.join(', '))
      ctx.status = 405
      return
    }
    if (ctx.method === 'OPTIONS') {
      ctx.set({ 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Allow-Headers': '*' })
      ctx.status = 204
      return
    }
    ctx.set('Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`)
    ctx.type = 'json'
    ctx.body = body
  }
}
