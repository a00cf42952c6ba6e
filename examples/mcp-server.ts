/**
 * An MCP server for assistants: lists and schedules interviews of the user's tenant. Assistants find the
 * authorization server by themselves (RFC 9728), and ask for more scopes when a tool needs them.
 *
 * @module
 */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
} from '@modelcontextprotocol/sdk/types.js'
import {
  type AccessTokenVerifierOptions,
  type CallerState,
  protectedResourceMetadata,
  requireCaller,
  requireScopes,
} from '@teamcast/oauth-server/resource-server'
import Koa, { type Context, type Middleware } from 'koa'
import mount from 'koa-mount'
import getRawBody from 'raw-body'
import { allowOtherOrigins } from './cross-origin.ts'
import { createInterview, interviewsOf } from './interview-api.ts'

const READ = 'interview:read'
const CREATE = 'interview:create'
const MAXIMUM_BODY_BYTES = 1_000_000

/** The scopes that an MCP server of this kind accepts. */
export const MCP_SCOPES: ReadonlyArray<string> = [READ, CREATE]

/** Creates the MCP server, at the path of its audience: the URL that assistants connect to. */
export function createMcpServer(verification: AccessTokenVerifierOptions): Koa {
  const { issuer, audience } = verification
  const protectedPart = new Koa<CallerState>()
  protectedPart.use(allowOtherOrigins())
  // Assistants ask for these scopes first; for more only when a tool needs them.
  protectedPart.use(requireCaller(verification, { resourceMetadata: true, scopes: [READ] }))
  protectedPart.use(requireScopes(READ))
  protectedPart.use(requireScopesOfTool())
  protectedPart.use(async (ctx) => handleRequest(ctx, ctx.state.caller.tenantId))

  const app = new Koa()
  app.use(
    protectedResourceMetadata({
      resource: audience,
      authorizationServers: [issuer],
      scopesSupported: [READ],
      resourceName: 'Teamcast interviews',
    }),
  )
  app.use(mount(new URL(audience).pathname, protectedPart))
  return app
}

/**
 * Parses the message, and requires the scopes of the tool that it calls. A 403 names every scope that the
 * request needs, `interview:read` too, because assistants may ask for exactly the scopes that it names.
 */
function requireScopesOfTool(): Middleware {
  const mayCreate = requireScopes(READ, CREATE)
  return async (ctx, next) => {
    if (ctx.method !== 'POST') return await next()
    const message = parseJson(
      await getRawBody(ctx.req, { encoding: 'utf8', limit: MAXIMUM_BODY_BYTES }),
    )
    if (message === undefined) {
      ctx.status = 400
      const error = { code: ErrorCode.ParseError, message: 'the request is no JSON' }
      ctx.body = { jsonrpc: '2.0', id: null, error }
      return
    }
    ctx.state['message'] = message
    if (calledTools(message).includes('create_interview')) return await mayCreate(ctx, next)
    await next()
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** The tools that a message, or a batch of messages, calls. */
function calledTools(message: unknown): ReadonlyArray<string> {
  return [message].flat().flatMap((request) => {
    const { data } = CallToolRequestSchema.safeParse(request)
    return data === undefined ? [] : [data.params.name]
  })
}

/** Stateless: every request gets its own MCP server, and its token is checked. */
async function handleRequest(ctx: Context, tenantId: string): Promise<void> {
  if (ctx.method !== 'POST') {
    ctx.set('Allow', 'POST')
    ctx.status = 405
    return
  }
  const server = new McpServer({ name: 'teamcast-interviews', version: '1.0.0' })
  server.registerTool('list_interviews', { description: 'Lists your interviews' }, () =>
    toResult(interviewsOf(tenantId)),
  )
  server.registerTool('create_interview', { description: 'Schedules an interview' }, () =>
    toResult(createInterview(tenantId)),
  )
  const transport = new StreamableHTTPServerTransport()
  ctx.respond = false
  ctx.res.once('close', () => server.close())
  // The SDK's types are written without exactOptionalPropertyTypes.
  await server.connect(transport as Transport)
  await transport.handleRequest(ctx.req, ctx.res, ctx.state['message'])
}

function toResult(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] }
}
