/**
 * The clients as a collection: list and register.
 *
 * @module
 */

import type { ClientRegistry, NewClient } from '../../clients/client-registry.ts'
import { SUPER_ADMIN_CLIENTS_PATH } from '../../http/paths.ts'
import { sendProblem } from '../../http/problem.ts'
import { PRIVATE_HEADERS } from '../../http/responses.ts'
import type { SuperAdminHandler } from './authorize.ts'
import { entityTagOf } from './entity-tags.ts'
import { parseListQuery } from './list-query.ts'
import { requestBodyOf } from './request-body.ts'

/** Lists clients, page by page. */
export function listClients(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx) => {
    const parsed = parseListQuery(new URLSearchParams(ctx.querystring))
    if ('issues' in parsed) {
      sendProblem(ctx, 400, 'the query is not valid', parsed.issues)
      return
    }
    const page = await clients.list(parsed.query)
    ctx.set(PRIVATE_HEADERS)
    ctx.body = page
  }
}

/** Registers a client, and shows its secret once. */
export function registerClient(clients: ClientRegistry, issuer: string): SuperAdminHandler {
  return async (ctx, _parameters, by) => {
    const body = await requestBodyOf(ctx)
    if (body === undefined) return
    // Not a NewClient yet: register() is what finds out.
    const { client, clientSecret } = await clients.register(body as unknown as NewClient, by)
    ctx.set(PRIVATE_HEADERS)
    ctx.set({
      ETag: entityTagOf(client),
      Location: `${issuer}${SUPER_ADMIN_CLIENTS_PATH}/${client.clientId}`,
    })
    ctx.status = 201
    ctx.body = { ...client, clientSecret }
  }
}
