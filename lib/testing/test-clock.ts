import { systemClock } from '../util/clock.ts'

/** The clock of a test server. It stands still until the test moves it. */
export interface TestClock {
  /** Returns the time; seconds since the Unix epoch. */
  now(): number
  /** Sets the time; seconds since the Unix epoch. */
  set(instant: number): void
  /** Moves the time forward. */
  advance(seconds: number): void
}

/** Creates a clock that is set to the current time. */
export function createTestClock(): TestClock {
  let instant = systemClock()
  return {
    now: () => instant,
    set: (newInstant) => {
      instant = newInstant
    },
    advance: (seconds) => {
      instant += seconds
    },
  }
}
