import type { Consent, ConsentOwner, ConsentStore } from '../storage/storage.ts'

const BATCH_SIZE = 100

/**
 * Deletes every consent of a tenant, or to a client, and with each one its families. It may be
 * interrupted, by a storage that fails, and done again: what was deleted stays deleted.
 *
 * @param onDeleted Told of each consent that this call deleted.
 */
export async function deleteConsents(
  consents: ConsentStore,
  owner: ConsentOwner,
  onDeleted: (consent: Consent) => void,
): Promise<void> {
  for (;;) {
    const batch = await consents.listSome(owner, BATCH_SIZE)
    if (batch.length === 0) return
    await Promise.all(
      batch.map(async (consent) => {
        if (await consents.delete(consent.userId, consent.clientId)) onDeleted(consent)
      }),
    )
  }
}
