/**
 * What the cases expect of a rotation.
 *
 * @module
 */

import type { RotationOutcome } from '../token-family-store.ts'

export const ROTATED: RotationOutcome = { outcome: 'rotated' }
export const REUSED: RotationOutcome = { outcome: 'reused' }
export const NOT_FOUND: RotationOutcome = { outcome: 'not-found' }

/** How many of the outcomes are of one kind. */
export function countOutcomes(
  outcomes: ReadonlyArray<RotationOutcome>,
  outcome: RotationOutcome['outcome'],
): number {
  return outcomes.filter((result) => result.outcome === outcome).length
}
