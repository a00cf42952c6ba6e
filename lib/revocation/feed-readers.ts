/** A reader that was away for longer than this appears anew; it polls every 5 minutes at the least. */
const ABSENCE_SECONDS = 900
const MAXIMUM_READERS = 1000

/**
 * Creates what notices when a reader of the feed appears: a client that had not read it lately, or not
 * from this address. Knows of this process only, and of the last 1000 readers.
 *
 * @param now Seconds since the Unix epoch.
 */
export function createFeedReaders(now: () => number): (clientId: string, ip: string) => boolean {
  const lastReads = new Map<string, number>()
  return (clientId, ip) => {
    const reader = `${clientId} ${ip}`
    const isNew = now() - (lastReads.get(reader) ?? Number.NEGATIVE_INFINITY) > ABSENCE_SECONDS
    lastReads.delete(reader) // so that the one who read longest ago is the first
    lastReads.set(reader, now())
    const [oldest] = lastReads.keys()
    if (lastReads.size > MAXIMUM_READERS && oldest !== undefined) lastReads.delete(oldest)
    return isNew
  }
}
