/**
 * Waits for an operation, but not longer than some time.
 *
 * @param failure What to throw then; what becomes of the operation is not known.
 */
export async function withinTime<Result>(
  operation: Promise<Result>,
  milliseconds: number,
  failure: () => Error,
): Promise<Result> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(failure()), milliseconds)
  try {
    // The race listens to both, so a failure that comes too late is nobody's unhandled rejection.
    return await Promise.race([operation, timeout])
  } finally {
    clearTimeout(timer)
  }
}
