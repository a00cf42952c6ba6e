import { systemClock } from '../util/clock.ts'

/** The clock of a test server. It stands still until it is moved. */
export interface TestClock {
  /** Tells the time; seconds since the Unix epoch. */
  now(): number
  /** Sets the time; seconds since the Unix epoch. */
  set(instant: number): void
  /** Moves the time forward. */
  advance(seconds: number): void
}

/** Creates a clock that shows the present. */
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
