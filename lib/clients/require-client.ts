import { ClientNotFoundError } from '../errors.ts'
import type { Client } from '../storage/client.ts'
import type { ClientRegistry } from './client-registry.ts'

/**
 * Finds a client.
 *
 * @throws {@link ClientNotFoundError} when there is none.
 */
export async function requireClient(
  clients: Pick<ClientRegistry, 'find'>,
  clientId: string,
): Promise<Client> {
  const client = await clients.find(clientId)
  if (client === undefined) throw new ClientNotFoundError(clientId)
  return client
}
