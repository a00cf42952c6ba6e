/**
 * Whether concurrent calls were as if one came after another (Herlihy and Wing 1990): each at a moment between its
 * beginning and its end. It looks for such an order as Wing and Gong (1993) do, and goes no way twice.
 *
 * @module
 */

import {
  BEGINNING,
  type Call,
  type FamilyState,
  type Result,
  transitions,
} from './specification.ts'

/** A call that was made. */
export interface RecordedCall {
  readonly call: Call
  /** When it began; a number that grows from event to event. */
  readonly begin: number
  /** When it ended; `undefined` if nobody knows whether, or when, it happened. */
  readonly end: number | undefined
  /** `undefined` with {@link RecordedCall.end}. */
  readonly result: Result | undefined
}

/** Finds an order that explains all results. @returns `undefined` if there is none. */
export function findOrder(
  calls: ReadonlyArray<RecordedCall>,
): ReadonlyArray<RecordedCall> | undefined {
  return extend({ state: BEGINNING, left: calls, order: [] }, new Set())
}

/** The beginning of an order. */
interface Way {
  readonly state: FamilyState
  readonly left: ReadonlyArray<RecordedCall>
  readonly order: ReadonlyArray<RecordedCall>
}

function extend(way: Way, visited: Set<string>): ReadonlyArray<RecordedCall> | undefined {
  const { state, left, order } = way
  // A call without a result need not have happened.
  if (left.every(({ end }) => end === undefined)) return order
  const place = JSON.stringify([state, left.map(({ begin }) => begin)])
  if (visited.has(place)) return undefined
  visited.add(place)
  for (const longer of longerWays(way)) {
    const found = extend(longer, visited)
    if (found !== undefined) return found
  }
  return undefined
}

/** Next may be a call that began before any other ended, with a result that it can have now. */
function longerWays({ state, left, order }: Way): ReadonlyArray<Way> {
  const firstEnd = Math.min(...left.map(({ end = Number.POSITIVE_INFINITY }) => end))
  return left
    .filter(({ begin }) => begin < firstEnd)
    .flatMap((next) =>
      transitions(state, next.call)
        .filter(({ result }) => (next.result ?? result) === result)
        .map(({ state: after }) => ({
          state: after,
          left: left.filter((call) => call !== next),
          order: [...order, next],
        })),
    )
}

/** A history for people, a line for each call. */
export const describeCalls = (calls: ReadonlyArray<RecordedCall>): string =>
  calls
    .toSorted((left, right) => left.begin - right.begin)
    .map(
      ({ call, begin, end = '?', result = 'unknown' }) =>
        `${begin}–${end} ${JSON.stringify(call)} → ${result}`,
    )
    .join('\n')
