import type { Consent } from '../storage/storage.ts'

/** How many consents to list at a time. */
export const DELETION_BATCH_SIZE = 100

/**
 * Deletes consents, and with each one its families, until none is listed any more. It may be
 * interrupted, by a storage that fails, and done again: what was deleted stays deleted.
 *
 * @param listBatch Lists some of those that are left.
 * @param deleteOne Deletes one. @returns `false` when it was gone already.
 * @param onDeleted Told of each consent that this call deleted.
 */
export async function deleteConsents(
  listBatch: () => Promise<ReadonlyArray<Consent>>,
  deleteOne: (consent: Consent) => Promise<boolean>,
  onDeleted: (consent: Consent) => void,
): Promise<void> {
  for (;;) {
    const batch = await listBatch()
    if (batch.length === 0) return
    await Promise.all(
      batch.map(async (consent) => {
        if (await deleteOne(consent)) onDeleted(consent)
      }),
    )
  }
}
