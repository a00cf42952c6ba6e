/**
 * The options of a revocation feed, their defaults and their checks.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import type { Issue } from '../../errors.ts'
import { clockOption } from '../../util/checked-clock.ts'
import { systemClock } from '../../util/clock.ts'
import type { IssuerClientOptions } from '../verify/issuer-client.ts'
import {
  functionOf,
  integerOption,
  issuerOption,
  readOptions,
  textOption,
  urlOption,
} from '../verify/option-issues.ts'

/** Whom to follow, how often, and how old what is known may be. */
export interface RevocationFeedOptions extends IssuerClientOptions {
  /** The authorization server, as in {@link AccessTokenVerifierOptions}. */
  readonly issuer: string
  /**
   * Where the feed is, if not where the issuer has it.
   *
   * @defaultValue `${issuer}/oauth/revocations`
   */
  readonly feedUri?: URL
  /**
   * How long to wait between two reads; in seconds, an integer from 1 to 300. While reads fail, twice as
   * long after each, up to 30 seconds.
   *
   * @defaultValue `5`
   */
  readonly pollIntervalSeconds?: number
  /**
   * How old the last complete read may be; in seconds, an integer from 2 to 3600 that is greater than
   * `pollIntervalSeconds`. When it is older, no token is accepted: requests are answered with 503.
   *
   * @defaultValue `60`
   */
  readonly maximumStalenessSeconds?: number
  /**
   * How many revocations to remember; an integer from 1 to 10 000 000. Each takes about 150 bytes. What
   * has expired makes room. When there are more that have not, reads fail, and what is known grows too old.
   *
   * @defaultValue `1_000_000`
   */
  readonly maximumEntries?: number
  /** Told of each read that failed while following the feed. What it throws is a process warning. */
  readonly onFailure?: (error: Error) => void
  /** Tells the time in whole seconds since the Unix epoch. Defaults to the machine's clock. */
  readonly clock?: () => number
  /**
   * Resolves after so many milliseconds, or once the signal aborts. Defaults to a timer that does not
   * keep the process alive.
   */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** Options with every default filled in. */
export type ResolvedRevocationFeedOptions = Required<RevocationFeedOptions>

/** Waits by a timer that does not keep the process alive, or until the signal aborts. */
export const waitWithTimer = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal, ref: false }).catch((error: Error) => {
    if (!signal.aborted) throw error
  })

const revocationFeedOptions = z.strictObject({
  issuer: issuerOption,
  clientId: textOption,
  clientSecret: textOption,
  fetch: functionOf<typeof fetch>().default(() => fetch),
  feedUri: urlOption.optional(),
  pollIntervalSeconds: integerOption(1, 300).default(5),
  maximumStalenessSeconds: integerOption(2, 3600).default(60),
  maximumEntries: integerOption(1, 10_000_000).default(1_000_000),
  onFailure: functionOf<(error: Error) => void>().default(() => () => undefined),
  clock: clockOption.default(() => systemClock),
  wait: functionOf<NonNullable<RevocationFeedOptions['wait']>>().default(() => waitWithTimer),
})

function findConflicts(options: Partial<RevocationFeedOptions>): ReadonlyArray<Issue> {
  const { pollIntervalSeconds = 5, maximumStalenessSeconds = 60 } = options
  if (!(pollIntervalSeconds >= maximumStalenessSeconds)) return []
  return [{ path: 'maximumStalenessSeconds', message: 'must exceed "pollIntervalSeconds"' }]
}

/**
 * Checks options and fills in defaults.
 *
 * @throws {@link ConfigurationError} with every problem.
 */
export function resolveRevocationFeedOptions(
  options: RevocationFeedOptions,
): ResolvedRevocationFeedOptions {
  const { feedUri, ...resolved } = readOptions(revocationFeedOptions, options, findConflicts)
  return { ...resolved, feedUri: feedUri ?? new URL(`${resolved.issuer}/oauth/revocations`) }
}
