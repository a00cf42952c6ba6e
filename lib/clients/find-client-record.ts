import type { ClientRecord } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'

const CLIENT_ID = /^[\w-]{1,128}$/

/** Whether a text has the form of a client id. */
export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text)
}

/** Finds a client by an untrusted id. A malformed id never reaches the store. */
export function findClientRecord(
  store: ClientStore,
  clientId: string,
): Promise<ClientRecord | undefined> {
  return isClientId(clientId) ? store.find(clientId) : Promise.resolve(undefined)
}
