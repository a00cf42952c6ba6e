/**
 * Limits failed attempts to guess the credentials of a SuperAdmin.
 *
 * Only the host knows what they are, and whether they can be guessed. So it is not asked while the caller
 * is blocked, except about credentials that it accepted lately: failures of others at the same address do
 * not block those. Only hashes of credentials are kept, in the memory of the process.
 *
 * @module
 */

import { createThrottle } from '../../http/throttle.ts'
import { ACCEPTED_CREDENTIALS_TTL_SECONDS } from '../../lifetimes.ts'
import type { SuperAdminDecision } from '../../options/authorization-server-options.ts'
import { networkOf } from '../../util/network-of.ts'
import { sha256 } from '../../util/sha256.ts'

const MAXIMUM_ACCEPTED = 1000

/** Why the host was not asked. */
export type Blocked = 'too-many-attempts' | 'address-unknown'

/**
 * Asks the host about the credentials of a request, unless too many from its address were wrong.
 *
 * @param credentials All that the request presents; `unauthenticated` says that they are wrong.
 */
export type AskAboutCredentials = (
  ip: string,
  credentials: string,
  ask: () => Promise<SuperAdminDecision>,
) => Promise<SuperAdminDecision | Blocked>

/** Creates a throttle with counters of its own. */
export function createCredentialThrottle(now: () => number): AskAboutCredentials {
  const throttle = createThrottle()
  /** Until when accepted credentials are remembered, by their hash; those used last are at the end. */
  const accepted = new Map<string, number>()
  /** Whether the host may be asked, by network and hash; while it is asked by the first of several requests. */
  const underWay = new Map<string, Promise<boolean>>()

  function note(hash: string, decision: SuperAdminDecision): void {
    if (decision === 'forbidden') return
    accepted.delete(hash)
    if (decision === 'unauthenticated') return
    const [oldest] = accepted.keys()
    if (accepted.size >= MAXIMUM_ACCEPTED && oldest !== undefined) accepted.delete(oldest)
    accepted.set(hash, now() + ACCEPTED_CREDENTIALS_TTL_SECONDS)
  }

  /** Counts before the host is asked, so that many guesses at once are no way around the limit. */
  async function askCounted(
    ip: string,
    hash: string,
    begun: Promise<boolean>,
    ask: () => Promise<SuperAdminDecision>,
  ): Promise<SuperAdminDecision | Blocked> {
    if (!(await begun)) return 'too-many-attempts'
    let hasFailed = false
    try {
      const decision = await ask()
      hasFailed = decision === 'unauthenticated'
      note(hash, decision)
      return decision
    } finally {
      // What the host throws is its own failure.
      if (!hasFailed) throttle.refund(ip, hash)
    }
  }

  return async (ip, credentials, ask) => {
    const network = networkOf(ip)
    if (network === undefined) return 'address-unknown'
    const hash = sha256(credentials)
    const pair = `${network} ${hash}`
    const isAccepted = (accepted.get(hash) ?? 0) > now()
    const sameUnderWay = underWay.get(pair)
    if (!isAccepted && sameUnderWay === undefined) {
      const begun = throttle.consume(ip, hash)
      underWay.set(pair, begun)
      return await askCounted(ip, hash, begun, ask).finally(() => underWay.delete(pair))
    }

    // Counted up front, a SuperAdmin's own requests would block each other.
    if (!isAccepted && !(await sameUnderWay)) return 'too-many-attempts'
    const decision = await ask()
    note(hash, decision)
    // Counts up to the limits only: the same credentials once more are no further guess.
    if (decision === 'unauthenticated') await throttle.consume(ip, hash)
    return decision
  }
}
