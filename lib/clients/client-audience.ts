import type { Client } from '../storage/client.ts'
import type { User } from '../users/user.ts'

/**
 * Whether a user may use a client: any user a `PLATFORM` client, only users of its tenant a `TENANT`
 * client. Checked before consent, at code exchange and at every refresh.
 */
export function mayUseClient(
  user: Pick<User, 'tenantId'>,
  client: Pick<Client, 'audience' | 'tenantId'>,
): boolean {
  return client.audience === 'PLATFORM' || client.tenantId === user.tenantId
}
