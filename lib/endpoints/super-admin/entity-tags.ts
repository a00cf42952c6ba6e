/**
 * Optimistic concurrency: the entity tag of a client is its version (RFC 9110 §8.8.3).
 *
 * @module
 */

import type { Context } from 'koa'
import type { ClientRegistry } from '../../clients/client-registry.ts'
import { PreconditionFailedError } from '../../errors.ts'
import type { Client } from '../../storage/client.ts'

/** The entity tag of a client. */
export function entityTagOf({ version }: Client): string {
  return `"${version}"`
}

/**
 * The version that `If-Match` requires (RFC 9110 §13.1.1); empty when any version matches, or there is no
 * such client: the operation says so.
 *
 * @throws {@link PreconditionFailedError} when `If-Match` does not list its version.
 */
export async function ifMatchOf(
  ctx: Context,
  clients: ClientRegistry,
  clientId: string,
): Promise<{ readonly expectedVersion?: number }> {
  const ifMatch = ctx.get('if-match').trim()
  if (ifMatch === '' || ifMatch === '*') return {}
  const client = await clients.find(clientId)
  if (client === undefined) return {}
  // Strong comparison: `W/"1"` is not `"1"`. Our tags contain no comma.
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  if (!tags.includes(entityTagOf(client))) throw new PreconditionFailedError(clientId)
  return { expectedVersion: client.version }
}
