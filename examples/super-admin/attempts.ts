/**
 * Attempts to sign in as a SuperAdmin: those that fail are slowed down and reported, as the server does it
 * for its API. They are counted in the memory of this process.
 *
 * @module
 */

import type { AuditListener } from '@teamcast/oauth-server'
import ipaddr from 'ipaddr.js'
import { RateLimiterMemory } from 'rate-limiter-flexible'

const FAILURES_PER_NETWORK = 10
const WINDOW_SECONDS = 300

/** Dependencies of the attempts. */
export interface AttemptDependencies {
  readonly isSuperAdminToken: (token: string) => boolean
  /** Receives an event for every attempt that fails. */
  readonly onEvent: AuditListener
  /** Seconds since the Unix epoch. */
  readonly now: () => number
}

/** Why somebody was not signed in. Only an `unauthenticated` one had its token checked. */
export interface FailedAttempt {
  readonly reason: 'unauthenticated' | 'too-many-attempts' | 'address-unknown'
  /** When to try again. */
  readonly retryAfterSeconds: number
}

/** Checks a token that came from an address. @returns `undefined` when it is the right one. */
export type AttemptSignIn = (ip: string, token: string) => Promise<FailedAttempt | undefined>

/** Makes what checks tokens. */
export function createAttempts({
  isSuperAdminToken,
  onEvent,
  now,
}: AttemptDependencies): AttemptSignIn {
  const failures = new RateLimiterMemory({ points: FAILURES_PER_NETWORK, duration: WINDOW_SECONDS })

  return async (text, token) => {
    const address = addressOf(text)
    const fail = (
      reason: FailedAttempt['reason'],
      retryAfterSeconds = WINDOW_SECONDS,
    ): FailedAttempt => {
      const ip = address?.toString()
      onEvent({ version: 1, type: 'super-admin.refused', result: 'failure', at: now(), ip, reason })
      return { reason, retryAfterSeconds }
    }
    if (address === undefined) return fail('address-unknown')
    const network = networkOf(address)
    // Counted first, so that many at once are no way around the limit.
    const { consumedPoints, msBeforeNext } = await failures.penalty(network)
    if (consumedPoints > FAILURES_PER_NETWORK) {
      return fail('too-many-attempts', Math.ceil(msBeforeNext / 1000))
    }
    if (!isSuperAdminToken(token)) return fail('unauthenticated')
    await failures.reward(network)
    return undefined
  }
}

type Address = ReturnType<typeof ipaddr.process>

/** Reads an address, without the port that some proxies write behind it. */
function addressOf(text: string): Address | undefined {
  const [, bracketed, beforePort] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(text) ?? []
  const address = bracketed ?? beforePort ?? text
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined
}

/** One party's addresses: whoever has an IPv6 address has its whole /64. */
function networkOf(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}
