/**
 * Whether a user may use a client: the tenant rule, and the host's decision. Both are checked before consent,
 * before a code is issued, at code exchange and at every refresh.
 *
 * @module
 */

import type { Client } from '../storage/client.ts'
import type { User } from '../users/user.ts'
import { mayUseClient } from './client-audience.ts'

/**
 * Decides whether a user may use a client, for example because the user's tenant has blocked it. `true` allows it,
 * `false` refuses it.
 */
export type AuthorizeClient = (client: Client, user: User) => Promise<boolean> | boolean

/** Why a user may not use a client: another tenant's `TENANT` client, or `authorizeClient` refused it. */
export type AccessRefusal = 'foreign-tenant' | 'client-refused'

/** Finds out why a user may not use a client. @returns `undefined` when the user may. */
export async function findAccessRefusal(
  authorizeClient: AuthorizeClient,
  client: Client,
  user: User,
): Promise<AccessRefusal | undefined> {
  if (!mayUseClient(user, client)) return 'foreign-tenant'
  return (await authorizeClient(client, user)) ? undefined : 'client-refused'
}
