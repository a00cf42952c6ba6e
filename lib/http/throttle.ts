/**
 * Slows down whoever guesses passwords, client secrets or a SuperAdmin's credentials.
 *
 * Counts failures only, in the memory of the process: behind a load balancer the limits apply per
 * instance. An account or a client is counted together with the address that failed, so that nobody
 * elsewhere can lock it out; an IPv6 address counts as its whole /64. What one address may have
 * counted is bounded, in number and in size. Without an address, nothing may be tried at all.
 *
 * @module
 */

import { RateLimiterMemory } from 'rate-limiter-flexible'
import { networkOf } from '../util/network-of.ts'
import { sha256 } from '../util/sha256.ts'

/** For how long a failure counts; a blocked caller may try again after that, at the latest. */
export const THROTTLE_WINDOW_SECONDS = 300
const FAILURES_PER_ADDRESS = 100
const FAILURES_PER_TARGET = 10
const FAILURES_PER_KNOWN_BROWSER = 10

/** Counts failed attempts. */
export interface Throttle {
  /**
   * Begins an attempt that takes a while. It counts as failed until it is taken back, so that many at
   * once are no way around the limit.
   *
   * @param knownBrowser Names a browser that was at this target before, which is counted by itself then,
   *   and not with its address.
   *
   * @returns `false` when it must not be made: the address has failed too often, at all or with this
   *   target, or the known browser has, or `ip` is no address.
   */
  begin(ip: string, target: string, knownBrowser?: string): Promise<boolean>
  /** Takes back what was begun, because it did not fail. */
  refund(ip: string, target: string, knownBrowser?: string): void
  /** Whether an address has failed too often, at all or with this target, or `ip` is no address. */
  isBlocked(ip: string, target?: string): Promise<boolean>
  /** Counts a failure. */
  recordFailure(ip: string, target: string | undefined): void
}

/** Creates a throttle with counters of its own. */
export function createThrottle(): Throttle {
  const byAddress = new RateLimiterMemory({
    points: FAILURES_PER_ADDRESS,
    duration: THROTTLE_WINDOW_SECONDS,
  })
  const byTarget = new RateLimiterMemory({
    points: FAILURES_PER_TARGET,
    duration: THROTTLE_WINDOW_SECONDS,
  })
  const byKnownBrowser = new RateLimiterMemory({
    points: FAILURES_PER_KNOWN_BROWSER,
    duration: THROTTLE_WINDOW_SECONDS,
  })
  const isUsed = async (limiter: RateLimiterMemory, key: string): Promise<boolean> => {
    const counter = await limiter.get(key)
    return counter !== null && counter.consumedPoints >= limiter.points
  }
  const refund = (ip: string, target: string, knownBrowser?: string): void => {
    const network = networkOf(ip)
    if (network === undefined) return
    if (knownBrowser !== undefined) {
      void byKnownBrowser.reward(knownBrowser)
      return
    }
    void byAddress.reward(network)
    void byTarget.reward(pairOf(network, target))
  }
  return {
    async begin(ip, target, knownBrowser) {
      const network = networkOf(ip)
      if (network === undefined) return false
      if (knownBrowser !== undefined) {
        const browser = await byKnownBrowser.penalty(knownBrowser)
        if (browser.consumedPoints <= FAILURES_PER_KNOWN_BROWSER) return true
        refund(ip, target, knownBrowser)
        return false
      }
      const address = await byAddress.penalty(network)
      if (address.consumedPoints > FAILURES_PER_ADDRESS) {
        // Its targets are not counted any more: it could name new ones without end.
        void byAddress.reward(network)
        return false
      }
      const pair = await byTarget.penalty(pairOf(network, target))
      if (pair.consumedPoints <= FAILURES_PER_TARGET) return true
      refund(ip, target)
      return false
    },

    refund,

    async isBlocked(ip, target) {
      const network = networkOf(ip)
      if (network === undefined || (await isUsed(byAddress, network))) return true
      return target !== undefined && (await isUsed(byTarget, pairOf(network, target)))
    },

    recordFailure(ip, target) {
      const network = networkOf(ip)
      if (network === undefined) return
      void byAddress.penalty(network)
      if (target !== undefined) void byTarget.penalty(pairOf(network, target))
    },
  }
}

/** Names a target together with a network; as short for a long target as for any other. */
function pairOf(network: string, target: string): string {
  return `${network} ${sha256(target)}`
}
