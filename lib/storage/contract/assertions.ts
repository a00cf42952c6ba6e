/**
 * What the cases assert with.
 *
 * @module
 */

import assert from 'node:assert/strict'
import type { Consent } from '../consent-store.ts'

/** How many calls a case makes at the same moment when one of them must win. */
export const CALLERS = 50

/** Makes {@link CALLERS} calls at the same moment. */
export async function concurrently<Result>(
  call: (index: number) => Promise<Result>,
): Promise<ReadonlyArray<Result>> {
  return await Promise.all(Array.from({ length: CALLERS }, (_, index) => call(index)))
}

/** Asserts that exactly one of the callers was told that it won. @returns Which one. */
export function assertOneWinner(results: ReadonlyArray<boolean>): number {
  assert.equal(results.filter(Boolean).length, 1, 'exactly one caller must win')
  return results.indexOf(true)
}

/** Asserts that a record is the expected one. A member that is `undefined` may as well be absent. */
export function assertRecord<Value extends object>(
  actual: Value | undefined,
  expected: Value,
): void {
  assert.ok(actual !== undefined, 'the record must exist')
  assert.deepEqual(withoutUndefined(actual), withoutUndefined(expected))
}

/** Asserts that a consent is the expected one; scopes of the same instant may be in any order. */
export function assertConsent(actual: Consent | undefined, expected: Consent): void {
  assert.ok(actual !== undefined, 'the consent must exist')
  const instants = actual.scopes.map(({ grantedAt }) => grantedAt)
  assert.deepEqual(
    instants,
    instants.toSorted((left, right) => left - right),
    'scopes must be in the order of their instants',
  )
  assertRecord(withSortedScopes(actual), withSortedScopes(expected))
}

function withSortedScopes(consent: Consent): Consent {
  const byName = consent.scopes.toSorted((left, right) => (left.scope < right.scope ? -1 : 1))
  return { ...consent, scopes: byName }
}

function withoutUndefined(record: object): unknown {
  return JSON.parse(JSON.stringify(record))
}

/** Empties a record and everything in it, as the worst of callers might. */
export function ruin(record: unknown): void {
  if (typeof record !== 'object' || record === null) return
  for (const name of Object.keys(record)) {
    ruin(Reflect.get(record, name))
    Reflect.deleteProperty(record, name)
  }
  if (Array.isArray(record)) record.length = 0
}
