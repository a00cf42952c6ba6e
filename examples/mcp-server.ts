/**
 * An MCP server for assistants: lists the interviews of the user's tenant. Assistants find the
 * authorization server by themselves (RFC 9728).
 *
 * @module
 */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  type AccessTokenVerifierOptions,
  type CallerState,
  protectedResourceMetadata,
  requireCaller,
  requireScopes,
} from '@teamcast/oauth-server/resource-server'
import Koa, { type Context } from 'koa'
import mount from 'koa-mount'
import { allowOtherOrigins } from './cross-origin.ts'
import { interviewsOf } from './interview-api.ts'

const SCOPE = 'interview:read'

/** Creates the MCP server, at the path of its audience: the URL that assistants connect to. */
export function createMcpServer(verification: AccessTokenVerifierOptions): Koa {
  const { issuer, audience } = verification
  const protectedPart = new Koa<CallerState>()
  protectedPart.use(allowOtherOrigins())
  protectedPart.use(requireCaller(verification, { resourceMetadata: true, scopes: [SCOPE] }))
  protectedPart.use(requireScopes(SCOPE))
  protectedPart.use(async (ctx) => handleRequest(ctx, ctx.state.caller.tenantId))

  const app = new Koa()
  app.use(
    protectedResourceMetadata({
      resource: audience,
      authorizationServers: [issuer],
      scopesSupported: [SCOPE],
      resourceName: 'Teamcast interviews',
    }),
  )
  app.use(mount(new URL(audience).pathname, protectedPart))
  return app
}

/** Stateless: every request gets its own MCP server, and its token is checked. */
async function handleRequest(ctx: Context, tenantId: string): Promise<void> {
  if (ctx.method !== 'POST') {
    ctx.set('Allow', 'POST')
    ctx.status = 405
    return
  }
  const server = new McpServer({ name: 'teamcast-interviews', version: '1.0.0' })
  server.registerTool('list_interviews', { description: 'Lists your interviews' }, () => ({
    content: [{ type: 'text', text: JSON.stringify(interviewsOf(tenantId)) }],
  }))
  const transport = new StreamableHTTPServerTransport()
  ctx.respond = false
  ctx.res.once('close', () => server.close())
  // The SDK's types are written without exactOptionalPropertyTypes.
  await server.connect(transport as Transport)
  await transport.handleRequest(ctx.req, ctx.res)
}
