/**
 * Optimistic concurrency: the entity tag of a client is its version (RFC 9110 §8.8.3).
 *
 * @module
 */

import type { Context } from 'koa'
import type { Client } from '../../clients/client.ts'
import type { ClientRegistry } from '../../clients/client-registry.ts'
import { ClientNotFoundError, PreconditionFailedError } from '../../errors.ts'

/** The entity tag of a client. */
export function entityTagOf({ version }: Client): string {
  return `"${version}"`
}

/**
 * At which version `If-Match` wants the client to be (RFC 9110 §13.1.1); nothing when any will do.
 *
 * @throws {@link ClientNotFoundError} when there is no such client.
 * @throws {@link PreconditionFailedError} when it is at none of the versions that `If-Match` lists.
 */
export async function ifMatchOf(
  ctx: Context,
  clients: ClientRegistry,
  clientId: string,
): Promise<{ readonly expectedVersion?: number }> {
  const ifMatch = ctx.get('if-match').trim()
  if (ifMatch === '' || ifMatch === '*') return {}
  const client = await clients.find(clientId)
  if (client === undefined) throw new ClientNotFoundError(clientId)
  // Compared strongly: `W/"1"` is not `"1"`. Our tags have no comma in them.
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  if (!tags.includes(entityTagOf(client))) throw new PreconditionFailedError(clientId)
  return { expectedVersion: client.version }
}
