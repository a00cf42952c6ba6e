/**
 * Tells until when a call of a store may have an effect, by the store's own clock.
 *
 * @param found What the store has just found: called at once after that.
 * @param timeoutMilliseconds How long the caller will wait.
 *
 * @returns The deadline of a call that is made at the moment of asking.
 */
export function deadlineAfter(
  { foundAtMilliseconds }: { readonly foundAtMilliseconds: number },
  timeoutMilliseconds: number,
): () => number {
  // Monotonic, and of this process: no two clocks are compared.
  const foundAt = performance.now()
  return () => Math.floor(foundAtMilliseconds + performance.now() - foundAt + timeoutMilliseconds)
}
