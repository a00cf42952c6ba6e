/** Tells the time: whole seconds since the Unix epoch. */
export type Clock = () => number

/** The machine's clock. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000)

// Later than any clock in seconds will show for 3 000 years, and long ago in milliseconds.
const LATEST_INSTANT = 100_000_000_000

/** Whether a value can be an instant in whole seconds since the Unix epoch, and not in milliseconds. */
export function isInstant(value: unknown): boolean {
  return Number.isSafeInteger(value) && Math.abs(value as number) < LATEST_INSTANT
}
