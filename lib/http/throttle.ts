/**
 * Limits failed attempts to guess passwords, client secrets and SuperAdmin credentials.
 *
 * Counts only failures, in the memory of the process: behind a load balancer the limits apply per instance.
 * Failures are counted per address, and per address and target (account or client), so that nobody at
 * another address can lock a target out. An IPv6 address counts as its /64. The counters of an address are
 * bounded in number and size. Requests without a valid address are blocked.
 *
 * @module
 */

/// <reference path="./rate-limiter-memory.d.cts" />
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import { networkOf } from '../util/network-of.ts'
import { sha256 } from '../util/sha256.ts'

/** For how long a failure counts, and the longest that a caller is blocked. */
export const THROTTLE_WINDOW_SECONDS = 300
const FAILURES_PER_ADDRESS = 100
const FAILURES_PER_TARGET = 10
const FAILURES_PER_KNOWN = 10

/** Counts failed attempts. */
export interface Throttle {
  /**
   * Counts an attempt as failed before it is made, so that concurrent attempts cannot exceed the limit.
   * Call {@link refund} if it succeeds.
   *
   * @param known Id of what was accepted before: a browser that has signed in to the target, or a part of
   *   a SuperAdmin's credentials. It is counted instead of the address.
   *
   * @returns `false` when the caller is blocked: too many failures of the address, of the address with
   *   this target, or of `known`; or `ip` is not valid.
   */
  consume(ip: string, target: string, known?: string): Promise<boolean>
  /** Removes an attempt from the count, because it did not fail. */
  refund(ip: string, target: string, known?: string): void
  /**
   * How long a caller stays blocked, in whole seconds, rounded up; 0 when it is not blocked.
   *
   * @param known As for {@link consume}.
   */
  retryAfterSeconds(ip: string, target?: string, known?: string): Promise<number>
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
  const byKnown = new RateLimiterMemory({
    points: FAILURES_PER_KNOWN,
    duration: THROTTLE_WINDOW_SECONDS,
  })
  /** Until the failures that block a key no longer count; 0 if it is not blocked. */
  const secondsLeft = async (limiter: RateLimiterMemory, key: string): Promise<number> => {
    const counter = await limiter.get(key)
    const isUsed = counter !== null && counter.consumedPoints >= limiter.points
    return isUsed ? Math.ceil(counter.msBeforeNext / 1000) : 0
  }
  const refund = (ip: string, target: string, known?: string): void => {
    const network = networkOf(ip)
    if (network === undefined) return
    if (known !== undefined) {
      void byKnown.reward(known)
      return
    }
    void byAddress.reward(network)
    void byTarget.reward(pairOf(network, target))
  }
  return {
    async consume(ip, target, known) {
      const network = networkOf(ip)
      if (network === undefined) return false
      if (known !== undefined) {
        const { consumedPoints } = await byKnown.penalty(known)
        if (consumedPoints <= FAILURES_PER_KNOWN) return true
        refund(ip, target, known)
        return false
      }
      const address = await byAddress.penalty(network)
      if (address.consumedPoints > FAILURES_PER_ADDRESS) {
        // A blocked address creates no counters for further targets.
        void byAddress.reward(network)
        return false
      }
      const pair = await byTarget.penalty(pairOf(network, target))
      if (pair.consumedPoints <= FAILURES_PER_TARGET) return true
      refund(ip, target)
      return false
    },

    refund,

    async retryAfterSeconds(ip, target, known) {
      if (known !== undefined) return await secondsLeft(byKnown, known)
      const network = networkOf(ip)
      if (network === undefined) return THROTTLE_WINDOW_SECONDS
      const ofAddress = await secondsLeft(byAddress, network)
      const ofTarget =
        target === undefined ? 0 : await secondsLeft(byTarget, pairOf(network, target))
      return Math.max(ofAddress, ofTarget)
    },

    recordFailure(ip, target) {
      const network = networkOf(ip)
      if (network === undefined) return
      void byAddress.penalty(network)
      if (target !== undefined) void byTarget.penalty(pairOf(network, target))
    },
  }
}

/** The key of network and target; hashed, so that its size is bounded. */
function pairOf(network: string, target: string): string {
  return `${network} ${sha256(target)}`
}
