/**
 * Sends requests and collects what should not have happened.
 *
 * @module
 */

import type { FuzzRequest } from './fuzz-request.ts'
import type { FuzzTarget, Problem } from './fuzz-target.ts'

const REQUESTS_OF_A_ROUND = 100
const CONCURRENT_REQUESTS = 8

/** A request that showed a problem; of problems seen between rounds, the last one of the round. */
export interface Finding {
  readonly index: number
  readonly problem: Problem
}

/**
 * Sends requests in rounds, each with tokens and sessions of its own.
 *
 * @param requestOf The request with a number.
 * @param afterRound Called with the number of requests so far.
 */
export async function fuzz(
  target: FuzzTarget,
  requestOf: (index: number) => FuzzRequest,
  { first = 0, count }: { readonly first?: number; readonly count: number },
  afterRound: (sent: number) => void = () => undefined,
): Promise<ReadonlyArray<Finding>> {
  const findings: Array<Finding> = []
  const note = (index: number, problems: ReadonlyArray<Problem>): void => {
    findings.push(...problems.map((problem) => ({ index, problem })))
  }
  const end = first + count
  for (let start = first; start < end; start += REQUESTS_OF_A_ROUND) {
    note(start, await target.renew())
    const roundEnd = Math.min(start + REQUESTS_OF_A_ROUND, end)
    let next = start
    const sendNext = async (): Promise<void> => {
      while (next < roundEnd) {
        const index = next
        next += 1
        const problems = await target
          .send(requestOf(index))
          .catch((error: unknown) => [`it hangs: ${error}`])
        note(index, problems)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, sendNext))
    afterRound(roundEnd - first)
  }
  note(end - 1, await target.renew())
  return findings
}
