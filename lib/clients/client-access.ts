/**
 * Whether a user may use a client: the tenant rule, and the host's decision. Both are checked before consent,
 * before a code is issued, at code exchange and at every refresh.
 *
 * @module
 */

import type { Client, ClientRecord } from '../storage/client.ts'
import type { User } from '../users/user.ts'

/**
 * Decides whether a user may use a client, for example because the user's tenant has blocked it. `true` allows it,
 * `false` refuses it.
 */
export type AuthorizeClient = (client: Client, user: User) => Promise<boolean> | boolean

/** Asks `authorizeClient` about a stored client, without passing the hashes of its secrets on. */
export type AuthorizeStoredClient = (client: ClientRecord, user: User) => Promise<boolean>

/** Why a user may not use a client: it is another tenant's `TENANT` client, or `authorizeClient` refused it. */
export type AccessRefusal = 'tenant-refused' | 'client-refused'

/** Finds out why a user may not use a client. @returns `undefined` when the user may. */
export async function findAccessRefusal(
  authorizeClient: AuthorizeStoredClient,
  client: ClientRecord,
  user: User,
): Promise<AccessRefusal | undefined> {
  if (client.audience === 'TENANT' && client.tenantId !== user.tenantId) return 'tenant-refused'
  return (await authorizeClient(client, user)) ? undefined : 'client-refused'
}
