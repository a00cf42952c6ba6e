/**
 * Answers to questions of the kind "was this revoked?", remembered for a moment.
 *
 * @module
 */

const MAXIMUM_ANSWERS = 10_000

/** Remembers answers by what they are about. */
export interface AnswerCache {
  /**
   * Gives the answer that is remembered, or asks. Questions about the same at the same time are one.
   * `true` is for good, and remembered as long as there is room; `false` for as long as the cache's
   * answers live, counted from when it was asked. A failure is nobody's answer but that of who waits.
   */
  answer(about: string, ask: () => Promise<boolean>): Promise<boolean>
}

interface Remembered {
  readonly answer: Promise<boolean>
  until: number
}

/**
 * Creates a cache.
 *
 * @param lifetimeMilliseconds For how long `false` is remembered.
 * @param monotonicNow Counts milliseconds.
 */
export function createAnswerCache(
  lifetimeMilliseconds: number,
  monotonicNow: () => number = () => performance.now(),
): AnswerCache {
  const answers = new Map<string, Remembered>()

  function remember(about: string, ask: () => Promise<boolean>, now: number): Promise<boolean> {
    const [oldest] = answers.keys()
    if (answers.size >= MAXIMUM_ANSWERS && oldest !== undefined) answers.delete(oldest)
    const answer = ask()
    const remembered = { answer, until: now + lifetimeMilliseconds }
    answers.set(about, remembered)
    answer.then(
      (isSo) => {
        if (isSo) remembered.until = Number.POSITIVE_INFINITY
      },
      () => {
        if (answers.get(about) === remembered) answers.delete(about)
      },
    )
    return answer
  }

  return {
    async answer(about, ask) {
      const now = monotonicNow()
      const known = answers.get(about)
      if (known !== undefined && now < known.until) return await known.answer
      answers.delete(about)
      return await remember(about, ask, now)
    },
  }
}
