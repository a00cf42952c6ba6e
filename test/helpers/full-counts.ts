/**
 * How often tests of races, crashes and faults try.
 *
 * @module
 */

/** Whether the tests try as often as they can: `TEST_COUNTS=full npm test -- --all durability`. */
const IS_FULL = process.env['TEST_COUNTS'] === 'full'

/** How often to try: `full` times if asked for, otherwise less often, which takes less CPU. */
export function often(full: number, otherwise: number): number {
  return IS_FULL ? full : otherwise
}
