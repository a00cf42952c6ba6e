/**
 * Limits failed attempts to guess the credentials of a SuperAdmin.
 *
 * Only the host knows what they are, and whether they can be guessed. So it is not asked while the caller
 * is blocked. So that failures of others at the same address do not block a SuperAdmin at work, what a
 * request presented is remembered when the host accepts it:
 *
 * - The same credentials are no guess. The host is always asked about them.
 * - Other credentials with a part that was accepted, for example one of several cookies, have ten failures
 *   for that part, which are counted instead of those of the address. The part may be no secret: `lang=en`.
 *
 * Only hashes are kept, in the memory of the process.
 *
 * @module
 */

import { createThrottle } from '../../http/throttle.ts'
import { ACCEPTED_CREDENTIALS_TTL_SECONDS } from '../../lifetimes.ts'
import type { SuperAdminDecision } from '../../options/authorization-server-options.ts'
import { networkOf } from '../../util/network-of.ts'
import { sha256 } from '../../util/sha256.ts'

const MAXIMUM_ACCEPTED = 5000
/** As many cookies as a browser keeps for a domain (RFC 6265 §6.1). */
const MAXIMUM_PARTS = 50

/** Why the host was not asked: there were too many attempts, or they cannot be counted. */
export type Blocked = { readonly retryAfterSeconds: number } | 'address-unknown'

/**
 * Asks the host about the credentials of a request, unless too many from its address were wrong.
 *
 * @param parts All that the request presents, in any order: the `Authorization` header and each cookie.
 * @param ask Asks the host. `unauthenticated` says that the credentials are wrong.
 */
export type AskAboutCredentials = (
  ip: string,
  parts: ReadonlyArray<string>,
  ask: () => Promise<SuperAdminDecision>,
) => Promise<SuperAdminDecision | Blocked>

/** What a request presents, as hashes. */
interface Presented {
  readonly whole: string
  /** The whole itself, if it has one part. */
  readonly parts: ReadonlyArray<string>
}

/** An attempt that was counted: the accepted part that it counts for; `undefined` for the address. */
interface Counted {
  readonly part: string | undefined
}

/** Creates a throttle with counters of its own. */
export function createCredentialThrottle(now: () => number): AskAboutCredentials {
  const throttle = createThrottle()
  /** Until when what was accepted is remembered, by its hash; what was used last is at the end. */
  const accepted = new Map<string, number>()
  /** Attempts by network and hash, while the host is asked by the first of several requests. */
  const underWay = new Map<string, Promise<Counted | undefined>>()

  const isAccepted = (hash: string): boolean => (accepted.get(hash) ?? 0) > now()

  function note({ whole, parts }: Presented, decision: SuperAdminDecision): void {
    if (decision === 'forbidden') return
    accepted.delete(whole)
    if (decision === 'unauthenticated') return
    for (const hash of [whole, ...parts]) {
      accepted.delete(hash)
      const [oldest] = accepted.keys()
      if (accepted.size >= MAXIMUM_ACCEPTED && oldest !== undefined) accepted.delete(oldest)
      accepted.set(hash, now() + ACCEPTED_CREDENTIALS_TTL_SECONDS)
    }
  }

  /** Counts an attempt as failed. @returns `undefined` when it is blocked. */
  async function count(ip: string, { whole, parts }: Presented): Promise<Counted | undefined> {
    for (const part of parts.filter(isAccepted)) {
      if (await throttle.consume(ip, whole, part)) return { part }
    }
    return (await throttle.consume(ip, whole)) ? { part: undefined } : undefined
  }

  /** The time until the first of its counters has room. */
  async function blocked(ip: string, { whole, parts }: Presented): Promise<Blocked> {
    const counters = [undefined, ...parts.filter(isAccepted)]
    const waits = counters.map((part) => throttle.retryAfterSeconds(ip, whole, part))
    // The window may have just ended.
    return { retryAfterSeconds: Math.max(1, Math.min(...(await Promise.all(waits)))) }
  }

  /** Counts before the host is asked, so that many guesses at once are no way around the limit. */
  async function askCounted(
    ip: string,
    presented: Presented,
    begun: Promise<Counted | undefined>,
    ask: () => Promise<SuperAdminDecision>,
  ): Promise<SuperAdminDecision | Blocked> {
    const counted = await begun
    if (counted === undefined) return await blocked(ip, presented)
    const { part } = counted
    let hasFailed = false
    try {
      const decision = await ask()
      hasFailed = decision === 'unauthenticated'
      note(presented, decision)
      // The address has failed, too.
      if (hasFailed && part !== undefined) await throttle.consume(ip, presented.whole)
      return decision
    } finally {
      // What the host throws is its own failure.
      if (!hasFailed) throttle.refund(ip, presented.whole, part)
    }
  }

  return async (ip, texts, ask) => {
    const network = networkOf(ip)
    if (network === undefined) return 'address-unknown'
    const presented = hashesOf(texts)
    const { whole } = presented
    const pair = `${network} ${whole}`
    const isKnown = isAccepted(whole)
    const sameUnderWay = underWay.get(pair)
    if (!isKnown && sameUnderWay === undefined) {
      const begun = count(ip, presented)
      underWay.set(pair, begun)
      return await askCounted(ip, presented, begun, ask).finally(() => underWay.delete(pair))
    }

    // Counted up front, a SuperAdmin's own requests would block each other.
    if (!isKnown && (await sameUnderWay) === undefined) return await blocked(ip, presented)
    const decision = await ask()
    note(presented, decision)
    // Counts up to the limits only: the same credentials once more are no further guess.
    if (decision === 'unauthenticated') await throttle.consume(ip, whole)
    return decision
  }
}

function hashesOf(texts: ReadonlyArray<string>): Presented {
  const whole = sha256(texts.toSorted().join('\n'))
  return { whole, parts: texts.slice(0, MAXIMUM_PARTS).map(sha256) }
}
