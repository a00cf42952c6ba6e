import type { Consent } from '../storage/consent-store.ts'
import { runTogether } from '../util/run-together.ts'

/** How many consents to list at a time. */
export const DELETION_BATCH_SIZE = 100

/**
 * Deletes consents, and with each one its token families, until the list is empty. Safe to repeat after a
 * failure.
 *
 * @param listBatch Lists some of the remaining consents.
 * @param deleteOne Deletes a consent. @returns `false` when it was already deleted.
 * @param onDeleted Called for each consent that this call deleted.
 *
 * @throws Error when a consent is listed again after it was deleted: the store would never be done.
 */
export async function deleteConsents(
  listBatch: () => Promise<ReadonlyArray<Consent>>,
  deleteOne: (consent: Consent) => Promise<boolean>,
  onDeleted: (consent: Consent) => void,
): Promise<void> {
  let before: ReadonlyArray<string> = []
  for (;;) {
    const batch = await listBatch()
    if (batch.length === 0) return
    const ids = batch.map(({ consentId }) => consentId)
    if (ids.some((id) => before.includes(id))) {
      throw new Error('storage.consents.listBatch lists a consent that was deleted')
    }
    before = ids
    await runTogether(batch, async (consent) => {
      if (await deleteOne(consent)) onDeleted(consent)
    })
  }
}
