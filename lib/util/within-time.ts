/**
 * Waits for an operation, but not longer than some time.
 *
 * @param failure What to throw then; what becomes of the operation is not known.
 */
export function withinTime<Result>(
  operation: Promise<Result> | Result,
  milliseconds: number,
  failure: () => Error,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failure()), milliseconds)
    // Listens to both ends, so a failure that comes too late is nobody's unhandled rejection.
    Promise.resolve(operation).then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
