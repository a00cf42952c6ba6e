/**
 * Protected resource metadata (RFC 9728), for hosts without Koa.
 *
 * @module
 */

import {
  createMetadataResponder,
  type ProtectedResourceMetadataOptions,
} from '../metadata/protected-resource-metadata.ts'
import { type NodeMiddleware, sendResponse } from './node-middleware.ts'

/**
 * Creates middleware that serves the metadata of a protected resource, to every origin, at
 * `/.well-known/oauth-protected-resource` followed by the path of the resource. Use it at the root of the
 * application, in front of middleware that requires a token.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @see [RFC 9728 §3](https://www.rfc-editor.org/rfc/rfc9728.html#section-3)
 */
export function protectedResourceMetadata(
  options: ProtectedResourceMetadataOptions,
): NodeMiddleware {
  const { pathname, respond } = createMetadataResponder(options)
  return (request, response, next) => {
    const path = request.url?.split('?', 1)[0]
    if (path === pathname)
      sendResponse(response, respond(request.method ?? '', request.headers['if-none-match']))
    else next()
  }
}
