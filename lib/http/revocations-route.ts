/**
 * `GET /oauth/revocations`: what was revoked, for the resource servers that follow it.
 *
 * @module
 */

import type { Context } from 'koa'
import { type ProtectedResource, resourcesServedBy } from '../resources/protected-resource.ts'
import type {
  RevocationKind,
  RevocationListRequest,
  RevocationPage,
  RevocationStore,
} from '../storage/storage.ts'
import { authenticateClient, type ClientAuthenticationDependencies } from './authenticate-client.ts'
import { forbidOtherOrigins } from './cors.ts'
import { PRIVATE_HEADERS, sendJsonError } from './respond.ts'

/** What the route works with. */
export interface RevocationsRouteDependencies extends ClientAuthenticationDependencies {
  readonly revocations: RevocationStore
  readonly resources: ReadonlyArray<ProtectedResource>
}

const DEFAULT_LIMIT = 100
const MAXIMUM_LIMIT = 1000
const LIMIT = /^([1-9]\d{0,2}|1000)$/
const CURSOR = /^[\w.-]{1,256}$/

const TYPES: Readonly<Record<RevocationKind, string>> = {
  'access-token': 'access_token',
  family: 'token_family',
  consent: 'consent',
  client: 'client',
  'signing-key': 'signing_key',
}

/** Makes the route. */
export function createRevocationsRoute(
  dependencies: RevocationsRouteDependencies,
): (ctx: Context) => Promise<void> {
  const { revocations, resources, audit, now } = dependencies
  return async (ctx) => {
    forbidOtherOrigins(ctx)
    const client = await authenticateClient(dependencies, ctx)
    if (client === undefined) return
    const { clientId } = client
    if ((await resourcesServedBy(resources, clientId)).length === 0) {
      const reason = 'not-a-resource-server'
      audit.record({ type: 'revocations.refused', clientId, reason }, ctx.ip)
      sendJsonError(ctx, 403, 'forbidden', 'the client is no resource server')
      return
    }
    const request = parseRequest(ctx.query)
    if (typeof request === 'string') {
      sendJsonError(ctx, 400, 'invalid_request', request)
      return
    }
    const page = await revocations.list(request, now())
    audit.record({ type: 'revocations.read', clientId, count: page.items.length }, ctx.ip)
    ctx.set(PRIVATE_HEADERS)
    ctx.body = bodyOf(page)
  }
}

/** @returns What is wrong, when something is. */
function parseRequest(query: Context['query']): RevocationListRequest | string {
  const { cursor, limit } = query
  if (!isOptional(limit, LIMIT)) return `limit must be a whole number from 1 to ${MAXIMUM_LIMIT}`
  if (!isOptional(cursor, CURSOR)) return 'cursor must be the next_cursor of an earlier answer'
  return { limit: Number(limit || DEFAULT_LIMIT), ...(cursor ? { cursor } : {}) }
}

/** An empty parameter is an absent one, as everywhere else (RFC 6749 §3.1). */
function isOptional(
  value: string | ReadonlyArray<string> | undefined,
  pattern: RegExp,
): value is string | undefined {
  return value === undefined || value === '' || (typeof value === 'string' && pattern.test(value))
}

function bodyOf({ items, nextCursor, hasMore }: RevocationPage): object {
  return {
    revocations: items.map(({ kind, id, expiresAt }) => ({
      type: TYPES[kind],
      id,
      expires_at: expiresAt,
    })),
    next_cursor: nextCursor,
    has_more: hasMore,
  }
}
