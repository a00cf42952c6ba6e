/**
 * Follows the issuer's feed of revocations, so that tokens are checked without a request each.
 *
 * Cost: one small request every 5 seconds, and memory for recent revocations.
 *
 * Delay: `pollIntervalSeconds` and the time of a request. While the issuer is not available,
 * `maximumStalenessSeconds`; after that no token is accepted.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { checkedClock, systemClock } from '../../util/clock.ts'
import { checkResult, type Expectation, notifyHost } from '../../util/host-function.ts'
import { rule } from '../../util/schema.ts'
import { RevocationsUnavailableError } from '../errors.ts'
import { readOptions } from '../options.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'
import type { RevocationChecker } from '../verify/verifier-options.ts'
import { createPageReader } from './feed-pages.ts'
import {
  DEFAULT_MAXIMUM_STALENESS_SECONDS,
  DEFAULT_POLL_INTERVAL_SECONDS,
  findConflicts,
  type RevocationFeedOptions,
  revocationFeedOptions,
} from './revocation-feed-options.ts'
import { RevokedEntries } from './revoked-entries.ts'

const DEFAULT_MAXIMUM_ENTRIES = 1_000_000
const MAXIMUM_BACKOFF_SECONDS = 30

/** A checker that knows the revocations as of its last read. */
export interface RevocationFeed extends RevocationChecker {
  /**
   * Follows the feed until {@link RevocationFeed.stop}.
   *
   * @returns Resolves after the first complete read. Rejects when that fails, for example because of a
   *   wrong secret; the feed is followed all the same. A second call returns the same promise.
   */
  start(): Promise<void>
  /** Stops for good, and aborts a read in progress. */
  stop(): void
  /**
   * Reads the feed to its end. Concurrent calls share one read.
   *
   * @throws An error that says what went wrong. Revocations read before it are kept.
   */
  poll(): Promise<void>
  /** The state of the feed, for monitoring. */
  health(): RevocationFeedHealth
}

/** The state of a feed. */
export interface RevocationFeedHealth {
  /** `false` when the feed is stale: then no token is accepted. */
  readonly isHealthy: boolean
  /** When the last complete read began; seconds since the Unix epoch. `undefined` before the first. */
  readonly lastReadAt: number | undefined
  /** How many revocations are remembered. */
  readonly entries: number
}

/** Waits by a timer that does not keep the process alive, or until the signal aborts. */
const waitWithTimer = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal, ref: false }).catch((error: Error) => {
    if (!signal.aborted) throw error
  })

const PROMISE: Expectation<Promise<void>> = {
  words: 'a Promise',
  schema: rule((value) => !(value instanceof Promise) && 'must be a Promise'),
}

/**
 * Creates a feed. No token is accepted before its first complete read.
 *
 * @param options Which feed to follow.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API in a process of its own
 *
 * ```ts
 * const issuer = 'https://mayaapi.teamcast.ai'
 * const revocations = createRevocationFeed({ issuer, clientId, clientSecret, onFailure })
 * await revocations.start().catch(() => undefined) // reported to `onFailure`; it keeps trying
 * app.use(requireAccessToken({ issuer, audience: 'https://api.teamcast.ai', revocations }))
 * ```
 */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const given = readOptions(revocationFeedOptions, options, findConflicts)
  const {
    feedUri = new URL(`${given.issuer}/oauth/revocations`),
    pollIntervalSeconds = DEFAULT_POLL_INTERVAL_SECONDS,
    maximumStalenessSeconds = DEFAULT_MAXIMUM_STALENESS_SECONDS,
    maximumEntries = DEFAULT_MAXIMUM_ENTRIES,
    onFailure = () => undefined,
    wait = waitWithTimer,
  } = given
  const clock = checkedClock(given.clock ?? systemClock)
  const entries = new RevokedEntries(maximumEntries)
  const stopping = new AbortController()
  const readAfter = createPageReader(given, feedUri, stopping.signal)
  let cursor: string | undefined
  let lastReadAt: number | undefined
  let reading: Promise<void> | undefined
  let started: Promise<void> | undefined

  // When the clock was set back, the feed is stale, not fresh for ever.
  const isFresh = (): boolean =>
    lastReadAt !== undefined &&
    clock() >= lastReadAt &&
    clock() <= lastReadAt + maximumStalenessSeconds

  async function readToEnd(): Promise<void> {
    entries.removeExpired(clock())
    for (;;) {
      const requestedAt = clock()
      const page = await readAfter(cursor)
      entries.add(page.revocations, clock())
      if (page.has_more && page.next_cursor === cursor) {
        throw new TypeError("the issuer's revocation feed does not advance")
      }
      // Only now: revocations for which there was no room must be read again.
      cursor = page.next_cursor
      if (page.has_more) continue
      lastReadAt = requestedAt
      return
    }
  }

  function poll(): Promise<void> {
    reading ??= readToEnd().finally(() => {
      reading = undefined
    })
    return reading
  }

  const report = (error: Error): void => {
    void notifyHost('onFailure', 'RevocationFeedWarning', () => onFailure(error))
  }

  /** Waits by the host's function; by a timer when that fails. */
  async function pause(milliseconds: number): Promise<void> {
    const { signal } = stopping
    try {
      await checkResult('wait', PROMISE, wait(milliseconds, signal))
    } catch (error) {
      report(
        error instanceof Error ? error : new Error('wait threw something that is not an Error'),
      )
      await waitWithTimer(milliseconds, signal)
    }
  }

  async function follow(first: Promise<void>): Promise<void> {
    let failures = 0
    for (let read = first; ; read = poll()) {
      failures = await read.then(
        () => 0,
        (error: Error) => {
          if (!stopping.signal.aborted) report(error)
          return failures + 1
        },
      )
      const backoff = Math.max(pollIntervalSeconds, MAXIMUM_BACKOFF_SECONDS)
      const seconds = Math.min(pollIntervalSeconds * 2 ** failures, backoff)
      await pause(seconds * 1000)
      if (stopping.signal.aborted) return
    }
  }

  function start(): Promise<void> {
    if (started === undefined) {
      started = poll()
      void follow(started)
    }
    return started
  }

  return Object.freeze({
    start,
    stop: () => stopping.abort(new Error('the revocation feed was stopped')),
    poll,
    health: () => ({ isHealthy: isFresh(), lastReadAt, entries: entries.size }),
    isRevoked(token: VerifiedAccessToken) {
      if (isFresh()) return entries.includes(token)
      const cause = new Error('the revocation feed was not read completely for too long')
      throw new RevocationsUnavailableError({ cause })
    },
  })
}
