import type { User } from '../users/user.ts'
import type { Client } from './client.ts'

/**
 * Whether a user may use a client: anyone for a `PLATFORM` client, only users of the bound tenant for a
 * `TENANT` client. Asked before consent, at code exchange and at every refresh.
 */
export function mayUseClient(
  user: Pick<User, 'tenantId'>,
  client: Pick<Client, 'audience' | 'tenantId'>,
): boolean {
  return client.audience === 'PLATFORM' || client.tenantId === user.tenantId
}
