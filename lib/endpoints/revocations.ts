/**
 * `GET /oauth/revocations`: the feed of revoked tokens, families, consents, clients and keys, for
 * resource servers.
 *
 * @module
 */

import type { Context } from 'koa'
import { type ClientEndpointDependencies, createClientEndpoint } from '../http/client-endpoint.ts'
import { sendErrorResponse } from '../http/responses.ts'
import type { Route } from '../http/route.ts'
import { isResourceServerOf, type ProtectedResource } from '../resources/protected-resource.ts'
import type { Client } from '../storage/client.ts'
import type {
  RevocationKind,
  RevocationListRequest,
  RevocationPage,
} from '../storage/revocation-store.ts'
import type { Storage } from '../storage/storage.ts'
import { parseIpAddress } from '../util/ip-address.ts'

/** Relative to the issuer. */
export const REVOCATIONS_PATH = '/oauth/revocations'

/** Dependencies of the revocation feed. */
export interface RevocationFeedDependencies extends ClientEndpointDependencies {
  readonly storage: Pick<Storage, 'revocations'>
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

/** Creates the endpoint of the revocation feed. */
export function createRevocationFeedEndpoint(dependencies: RevocationFeedDependencies): Route {
  const { storage, resources, audit, now } = dependencies
  const isNewReader = createFeedReaders(now)
  return createClientEndpoint(dependencies, {
    methods: ['GET'],
    async respond({ ctx, client }) {
      const { clientId } = client
      if (!resources.some((resource) => isResourceServerOf(client, resource))) {
        const reason = 'not-a-resource-server'
        audit.record({ type: 'revocations.refused', clientId, reason }, ctx.ip)
        sendErrorResponse(ctx, 403, 'unauthorized_client', describeRefusal(client))
        return
      }
      const request = parseRequest(ctx.query)
      if (typeof request === 'string') {
        sendErrorResponse(ctx, 400, 'invalid_request', request)
        return
      }
      const page = await storage.revocations.list(request, now())
      if (isNewReader(clientId, ctx.ip)) {
        audit.record({ type: 'revocations.read', clientId, count: page.items.length }, ctx.ip)
      }
      ctx.body = bodyOf(page)
    },
  })
}

/** Says what is wrong with the client's registration, which an administrator can change. */
function describeRefusal({ resourceServerAudiences }: Client): string {
  const reason =
    resourceServerAudiences.length === 0 ? 'are empty' : 'name no audience of this server'
  return `the client must be a resource server: its resourceServerAudiences ${reason}`
}

/** Parses the query. @returns An error description when it is invalid. */
function parseRequest(query: Context['query']): RevocationListRequest | string {
  const { cursor, limit } = query
  if (!isOptional(limit, LIMIT)) return `limit must be a whole number from 1 to ${MAXIMUM_LIMIT}`
  if (!isOptional(cursor, CURSOR)) return 'cursor must be the next_cursor of an earlier response'
  return { limit: Number(limit || DEFAULT_LIMIT), ...(cursor ? { cursor } : {}) }
}

/** An empty parameter counts as absent (RFC 6749 §3.1). */
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

/** A reader that did not poll for longer than this counts as new; readers poll at least every 5 minutes. */
const ABSENCE_SECONDS = 900
const MAXIMUM_READERS = 1000

/**
 * Creates the detector of new readers: whether a client has not read the feed from this address within the
 * last 15 minutes. Knows only this process and the last 1000 readers.
 *
 * @param now Seconds since the Unix epoch.
 */
export function createFeedReaders(now: () => number): (clientId: string, ip: string) => boolean {
  const lastReads = new Map<string, number>()
  return (clientId, ip) => {
    // Some proxies report the port, too, which changes with every connection.
    const reader = `${clientId} ${parseIpAddress(ip) ?? ''}`
    const isNew = now() - (lastReads.get(reader) ?? Number.NEGATIVE_INFINITY) > ABSENCE_SECONDS
    lastReads.delete(reader) // keeps the map in the order of the last reads
    lastReads.set(reader, now())
    const [oldest] = lastReads.keys()
    if (lastReads.size > MAXIMUM_READERS && oldest !== undefined) lastReads.delete(oldest)
    return isNew
  }
}
