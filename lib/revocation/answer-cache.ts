/**
 * A cache of the results of revocation checks.
 *
 * @module
 */

const MAXIMUM_ANSWERS = 10_000

/** Caches results by id. */
export interface AnswerCache {
  /**
   * Returns the cached result or runs the check. Concurrent checks of an id share one run. `true` is kept
   * for good, as long as there is room; `false` for the lifetime of the cache, counted from the start of
   * the check. Failures are not cached.
   */
  answer(id: string, check: () => Promise<boolean>): Promise<boolean>
}

interface CachedAnswer {
  readonly answer: Promise<boolean>
  until: number
}

/**
 * Creates a cache.
 *
 * @param lifetimeMilliseconds For how long `false` is cached.
 * @param monotonicNow A monotonic clock in milliseconds.
 */
export function createAnswerCache(
  lifetimeMilliseconds: number,
  monotonicNow: () => number = () => performance.now(),
): AnswerCache {
  const answers = new Map<string, CachedAnswer>()

  function remember(id: string, check: () => Promise<boolean>, now: number): Promise<boolean> {
    const [oldest] = answers.keys()
    if (answers.size >= MAXIMUM_ANSWERS && oldest !== undefined) answers.delete(oldest)
    const answer = check()
    const remembered = { answer, until: now + lifetimeMilliseconds }
    answers.set(id, remembered)
    answer.then(
      (isRevoked) => {
        if (isRevoked) remembered.until = Number.POSITIVE_INFINITY
      },
      () => {
        if (answers.get(id) === remembered) answers.delete(id)
      },
    )
    return answer
  }

  return {
    async answer(id, check) {
      const now = monotonicNow()
      const known = answers.get(id)
      if (known !== undefined && now < known.until) return await known.answer
      answers.delete(id)
      return await remember(id, check, now)
    },
  }
}
