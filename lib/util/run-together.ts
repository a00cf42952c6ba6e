/**
 * Runs something for each of several items at once, and waits for all of them, also when one fails: whoever is told of
 * the failure finds nothing under way any more.
 *
 * @throws The first failure.
 */
export async function runTogether<Item>(
  items: Iterable<Item>,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(Array.from(items, run))
  const failed = results.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}
