/**
 * Computes the deadline of a call by the store's own clock.
 *
 * @param found What the store has just found. Call this at once afterwards.
 * @param timeoutMilliseconds How long the caller waits.
 *
 * @returns A function that returns the deadline of a call made now.
 */
export function deadlineAfter(
  { foundAtMilliseconds }: { readonly foundAtMilliseconds: number },
  timeoutMilliseconds: number,
): () => number {
  // Monotonic, and of this process: no two clocks are compared.
  const foundAt = performance.now()
  return () => Math.floor(foundAtMilliseconds + performance.now() - foundAt + timeoutMilliseconds)
}
