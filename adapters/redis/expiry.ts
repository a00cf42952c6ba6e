/**
 * When Redis may remove what nobody finds any more.
 *
 * @module
 */

/** What a server's clock may be behind that of Redis. */
const CLOCK_TOLERANCE_SECONDS = 60

/** When Redis removes a record. Until then it is `now` that decides whether the record is found. */
export function removalOf(expiresAt: number): number {
  return expiresAt + CLOCK_TOLERANCE_SECONDS
}
