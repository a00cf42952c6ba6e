/**
 * `/super-admin/oauth-clients`: lists and registers clients.
 *
 * @module
 */

import type { ClientInputRegistry, ClientRegistry } from '../../clients/client-registry.ts'
import { sendProblem } from '../../http/responses.ts'
import { entityTagOf } from './entity-tags.ts'
import { parseListQuery } from './list-query.ts'
import { readRequestBody, type SuperAdminHandler } from './super-admin-request.ts'

/** Relative to the issuer. */
export const CLIENTS_PATH = '/super-admin/oauth-clients'

/** Lists clients, page by page. */
export function listClients(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx) => {
    const parsed = parseListQuery(new URLSearchParams(ctx.querystring))
    if ('issues' in parsed) {
      sendProblem(ctx, 400, 'the query is not valid', parsed.issues)
      return
    }
    ctx.body = await clients.list(parsed.query)
  }
}

/** Registers a client. The response is the only one that contains its secret. */
export function registerClient(clients: ClientInputRegistry, issuer: string): SuperAdminHandler {
  return async (ctx, _parameters, by) => {
    const body = await readRequestBody(ctx)
    if (body === undefined) return
    const { client, clientSecret } = await clients.register(body, by)
    ctx.set({
      ETag: entityTagOf(client),
      Location: `${issuer}${CLIENTS_PATH}/${client.clientId}`,
    })
    ctx.status = 201
    ctx.body = { ...client, clientSecret }
  }
}
