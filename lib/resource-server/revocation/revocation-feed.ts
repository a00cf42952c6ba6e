/**
 * Follows the issuer's feed of what was revoked, so that each token is checked without asking anybody.
 *
 * What it costs: one small request in 5 seconds, and memory for what was revoked lately.
 *
 * How late it can be: `pollIntervalSeconds` and the time of a request while all is well. While the
 * issuer cannot be reached, `maximumStalenessSeconds`; after that no token is accepted.
 *
 * @module
 */

import { z } from 'zod'
import { checkResult, type Expectation, notifyHost } from '../../util/host-function.ts'
import { RevocationsUnavailableError } from '../middleware/unavailable-errors.ts'
import { createIssuerClient, IssuerStatusError } from '../verify/issuer-client.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'
import type { RevocationChecker } from './access-token-revocation-checker.ts'
import {
  type ResolvedRevocationFeedOptions,
  type RevocationFeedOptions,
  resolveRevocationFeedOptions,
  waitWithTimer,
} from './revocation-feed-options.ts'
import { createRevokedEntries, revocationSchema } from './revoked-entries.ts'

const PAGE_SIZE = 1000
const MAXIMUM_BACKOFF_SECONDS = 30

/** Knows what was revoked, as of its last read. */
export interface RevocationFeed extends RevocationChecker {
  /**
   * Begins to follow the feed, until {@link RevocationFeed.stop}.
   *
   * @returns Resolves after the first complete read. Rejects when that fails, with the reason, a wrong
   *   secret for instance; reading goes on all the same. A second call returns the same promise.
   */
  start(): Promise<void>
  /** Stops following, for good, and gives up a read that is under way. */
  stop(): void
  /**
   * Reads what is new, all of it. Shares a read that is under way.
   *
   * @throws An error that says what went wrong. What was read before it stays known.
   */
  poll(): Promise<void>
  /** What is known, for monitoring. */
  health(): RevocationFeedHealth
}

/** What a feed knows. */
export interface RevocationFeedHealth {
  /** Whether tokens are checked; when not, none is accepted. */
  readonly isHealthy: boolean
  /** As of when what is known is complete; seconds since the Unix epoch. `undefined` before that. */
  readonly lastReadAt: number | undefined
  /** How many revocations are remembered. */
  readonly entries: number
}

const PROMISE: Expectation<Promise<void>> = {
  words: 'a Promise',
  schema: z.custom<Promise<void>>((value) => value instanceof Promise),
}

const feedPage = z.object({
  revocations: z.array(revocationSchema),
  next_cursor: z.string(),
  has_more: z.boolean(),
})

/**
 * Creates a feed. It knows nothing, and accepts no token, until it was read once.
 *
 * @param options Whom to follow.
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
 * await revocations.start().catch(() => undefined) // `onFailure` was told; it goes on trying
 * app.use(requireAccessToken({ issuer, audience: 'https://api.teamcast.ai', revocations }))
 * ```
 */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const resolved = resolveRevocationFeedOptions(options)
  const { pollIntervalSeconds, maximumStalenessSeconds, clock, wait } = resolved
  const entries = createRevokedEntries(resolved.maximumEntries)
  const stopping = new AbortController()
  const readAfter = createPageReader(resolved, stopping.signal)
  let cursor: string | undefined
  let lastReadAt: number | undefined
  let reading: Promise<void> | undefined
  let started: Promise<void> | undefined

  // A clock that was set back makes it stale, not fresh for ever.
  const isFresh = (): boolean =>
    lastReadAt !== undefined &&
    clock() >= lastReadAt &&
    clock() <= lastReadAt + maximumStalenessSeconds

  async function readToEnd(): Promise<void> {
    entries.forgetExpired(clock())
    for (;;) {
      const askedAt = clock()
      const page = await readAfter(cursor)
      entries.add(page.revocations, clock())
      if (page.has_more && page.next_cursor === cursor) {
        throw new TypeError("the issuer's revocation feed does not advance")
      }
      // Only now: what could not be remembered has to be read again.
      cursor = page.next_cursor
      if (page.has_more) continue
      lastReadAt = askedAt
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
    void notifyHost('onFailure', 'RevocationFeedWarning', () => resolved.onFailure(error))
  }

  /** Waits as the host says; by a timer when what it says is no way to wait. */
  async function pause(milliseconds: number): Promise<void> {
    const { signal } = stopping
    try {
      await checkResult('wait', PROMISE, wait(milliseconds, signal))
    } catch (error) {
      report(error instanceof Error ? error : new Error('wait threw something that is no Error'))
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
      if (isFresh()) return entries.concern(token)
      const cause = new Error('the revocation feed was not read completely for too long')
      throw new RevocationsUnavailableError({ cause })
    },
  })
}

type FeedPage = z.infer<typeof feedPage>

/** Reads the page behind a cursor; the first without one. */
function createPageReader(
  options: ResolvedRevocationFeedOptions,
  signal: AbortSignal,
): (cursor: string | undefined) => Promise<FeedPage> {
  const ask = createIssuerClient(options)

  const read = (cursor: string | undefined): Promise<FeedPage> => {
    const url = new URL(options.feedUri)
    url.searchParams.set('limit', String(PAGE_SIZE))
    if (cursor !== undefined) url.searchParams.set('cursor', cursor)
    return ask({ url, signal }, feedPage)
  }

  return async (cursor) => {
    try {
      return await read(cursor)
    } catch (error) {
      const isCursorRefused = error instanceof IssuerStatusError && error.status === 400
      if (!isCursorRefused || cursor === undefined) throw error
      // The issuer does not know it, or no more. From the beginning there is everything that matters.
      return await read(undefined)
    }
  }
}
