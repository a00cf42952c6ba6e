/**
 * The server as a request handler of Node, for hosts without Koa.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import Koa, { type Context } from 'koa'
import { z } from 'zod'
import { ConfigurationError } from '../errors.ts'
import { notifyHost } from '../util/host-function.ts'
import { functionOption, OPTION_WORDS } from '../util/option-schemas.ts'
import { findSchemaIssues } from '../util/schema-issues.ts'
import { pathOf } from './paths.ts'
import type { Router } from './router.ts'

/** Whether to trust a proxy, and where failures are reported. */
export interface NodeHandlerOptions {
  /**
   * Whether to read the client's address from the header that a proxy in front sets. The host's own setting, such as
   * Express's `trust proxy`, has no effect here.
   *
   * @defaultValue `false`
   */
  readonly proxy?: boolean
  /**
   * The header that has the client's address, or a list of addresses.
   *
   * @defaultValue `'X-Forwarded-For'`
   */
  readonly proxyIpHeader?: string
  /**
   * The number of your proxies, each of which appends an address to the header. Anybody may have written the
   * addresses before those.
   *
   * @range At least 1
   * @defaultValue `1`
   */
  readonly maxIpsCount?: number
  /**
   * Called with failures of the server, which are `server.error` to the audit listener too, and with
   * errors of connections.
   *
   * @defaultValue Prints them to stderr.
   */
  readonly onError?: (error: unknown, request: IncomingMessage | Http2ServerRequest) => void
}

/**
 * A request handler. It returns at once, and not a promise: a framework that waits for one would pass
 * requests on that have been handled.
 *
 * @param next Called, before the handler returns, for a path that is not the server's. The request and the
 *   response have not been touched then.
 */
export type NodeHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  next?: () => void,
) => void

const optionsSchema = z.strictObject(
  {
    proxy: z.boolean('must be true or false').optional(),
    proxyIpHeader: z
      .string('must be the name of a header')
      .min(1, 'must be the name of a header')
      .optional(),
    maxIpsCount: z.int('must be an integer, at least 1').min(1, 'must be at least 1').optional(),
    onError: functionOption.optional(),
  },
  'must be an object',
)

/** What frameworks add to a request. */
interface HostRequest {
  /** Before the framework removed the path at which the handler is mounted. */
  readonly originalUrl?: string
  /** The result of a body parser. */
  readonly body?: unknown
}

/**
 * Creates the handler.
 *
 * @throws {@link ConfigurationError} with everything that is wrong with the options.
 */
export function createNodeHandler(router: Router, options: NodeHandlerOptions = {}): NodeHandler {
  const issues = findSchemaIssues(optionsSchema, options, OPTION_WORDS)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const { proxy, proxyIpHeader, maxIpsCount = 1, onError } = options

  const app = new Koa({ proxy, proxyIpHeader, maxIpsCount })
  if (onError !== undefined) {
    app.on('error', (error: unknown, { req }: Context) => {
      void notifyHost('onError', 'OnErrorWarning', () => onError(error, req))
    })
  }
  app.use((ctx, next) => {
    const { body } = ctx.req as HostRequest
    Object.assign(ctx.request, { body })
    return router.middleware(ctx, next)
  })
  const handle = app.callback()

  return (request, response, next) => {
    const { originalUrl } = request as HostRequest
    const target = originalUrl ?? request.url ?? ''
    if (next !== undefined && !router.owns(pathOf(target))) {
      next()
      return
    }
    request.url = target
    void handle(request, response)
  }
}
