/**
 * What the cases expect of a rotation.
 *
 * @module
 */

import assert from 'node:assert/strict'
import type { Rotation, RotationOutcome, TokenFamilyStore } from '../token-family-store.ts'
import { findFamily } from './read-records.ts'
import { aFamily } from './sample-records.ts'

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

/** Asserts that a rotation of the family `aFamily()` is reuse and revokes the family. */
export async function assertReused(
  families: TokenFamilyStore,
  rotation: Rotation,
  now: number,
): Promise<void> {
  const { familyId } = aFamily()
  assert.deepEqual(await families.rotate(familyId, rotation, now), REUSED)
  assert.equal(await findFamily(families, familyId, now), undefined, 'the family must be revoked')
}
