/**
 * The options of the revocation feed.
 *
 * @module
 */

import type { Issue } from '../../errors.ts'
import { type Members, optional } from '../../util/schema.ts'
import { clockOption, functionOption, integerOption, issuerOption, urlOption } from '../options.ts'
import { type IssuerClientOptions, issuerClientOptions } from '../verify/issuer-client.ts'

export const DEFAULT_POLL_INTERVAL_SECONDS = 5
export const DEFAULT_MAXIMUM_STALENESS_SECONDS = 60

/** Which feed to follow, how often to read it, and how stale it may be. */
export interface RevocationFeedOptions extends IssuerClientOptions {
  /** The authorization server, as in {@link AccessTokenVerifierOptions}. */
  readonly issuer: string
  /**
   * The revocation feed of the issuer.
   *
   * @defaultValue `${issuer}/oauth/revocations`
   */
  readonly feedUri?: URL
  /**
   * Time between two reads: how late a revocation takes effect. While reads fail it doubles after each, up to 30
   * seconds.
   *
   * @range 1 to 300 seconds
   * @cost One request to the issuer each time
   * @defaultValue `5`
   */
  readonly pollIntervalSeconds?: number
  /**
   * How old the last complete read may be. When it is older, no token is accepted, and requests get 503.
   *
   * @range 2 to 3600 seconds, greater than `pollIntervalSeconds`
   * @defaultValue `60`
   */
  readonly maximumStalenessSeconds?: number
  /**
   * How many revocations to remember. Expired ones make room. When more have not expired, reads fail until the feed is
   * stale.
   *
   * @range 1 to 10 000 000
   * @cost About 150 bytes for each
   * @defaultValue `1_000_000`
   */
  readonly maximumEntries?: number
  /**
   * Called for each failed read while following the feed. What it throws becomes a process warning.
   *
   * @defaultValue None
   */
  readonly onFailure?: (error: Error) => void
  /**
   * Returns the time in whole seconds since the Unix epoch.
   *
   * @defaultValue The system clock
   */
  readonly clock?: () => number
  /**
   * Resolves after `milliseconds`, or once the signal aborts.
   *
   * @defaultValue A timer that does not keep the process alive
   */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** The schema of the options. */
export const revocationFeedOptions: Members<RevocationFeedOptions> = {
  issuer: issuerOption,
  ...issuerClientOptions,
  feedUri: optional(urlOption),
  pollIntervalSeconds: optional(integerOption(1, 300)),
  maximumStalenessSeconds: optional(integerOption(2, 3600)),
  maximumEntries: optional(integerOption(1, 10_000_000)),
  onFailure: optional(functionOption),
  clock: optional(clockOption),
  wait: optional(functionOption),
}

/** Finds options that contradict each other. */
export function findConflicts(options: Partial<RevocationFeedOptions>): ReadonlyArray<Issue> {
  const {
    pollIntervalSeconds = DEFAULT_POLL_INTERVAL_SECONDS,
    maximumStalenessSeconds = DEFAULT_MAXIMUM_STALENESS_SECONDS,
  } = options
  if (!(pollIntervalSeconds >= maximumStalenessSeconds)) return []
  return [{ path: 'maximumStalenessSeconds', message: 'must exceed "pollIntervalSeconds"' }]
}
