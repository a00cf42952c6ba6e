/**
 * `/super-admin/oauth-clients/:id`: reads, changes and deletes a client.
 *
 * @module
 */

import type { Context } from 'koa'
import type { ClientInputRegistry, ClientRegistry } from '../../clients/client-registry.ts'
import { requireClient } from '../../clients/require-client.ts'
import type { Client } from '../../storage/client.ts'
import { entityTagOf, ifMatchOf } from './entity-tags.ts'
import { readRequestBody, type SuperAdminHandler } from './super-admin-request.ts'

/** Reads a client. */
export function readClient(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '' }) => {
    sendClient(ctx, await requireClient(clients, clientId))
  }
}

/** Changes the fields in the body (RFC 7396). */
export function changeClient(clients: ClientInputRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '' }, by) => {
    const changes = await readRequestBody(ctx)
    if (changes === undefined) return
    const expected = await ifMatchOf(ctx, clients, clientId)
    sendClient(ctx, await clients.update(clientId, changes, { ...expected, by }))
  }
}

/** Deletes a client. */
export function deleteClient(clients: ClientRegistry): SuperAdminHandler {
  return async (ctx, { clientId = '' }, by) => {
    const expected = await ifMatchOf(ctx, clients, clientId)
    await clients.delete(clientId, { ...expected, by })
    ctx.status = 204
  }
}

function sendClient(ctx: Context, client: Client): void {
  ctx.set('ETag', entityTagOf(client))
  ctx.body = client
}
