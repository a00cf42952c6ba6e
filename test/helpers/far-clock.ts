import { NOW } from '../../lib/storage/contract/sample-records.ts'
import { createTestClock, type TestClock } from '../../lib/testing/test-clock.ts'

/**
 * The clock of a test server. It stands still, whereas a store that removes records by a clock of its own goes on: it
 * is set so far ahead that such a store removes nothing, however long a busy machine takes for the test.
 */
export function createFarClock(): TestClock {
  const clock = createTestClock()
  clock.set(NOW)
  return clock
}
