/** Tells the time: whole seconds since the Unix epoch. */
export type Clock = () => number

/** The machine's clock. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000)
