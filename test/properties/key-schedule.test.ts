/**
 * The schedule of keys under whatever may happen: instances with clocks that differ read, rotate and
 * revoke at random moments, and some miss all of it for a while.
 */

import test from 'ava'
import fc from 'fast-check'
import {
  DISCOVERABLE_AFTER_SECONDS,
  maintenanceOf,
  nextKeys,
  PUBLISHED_BEFORE_USE_SECONDS,
  REVOCATION_DELAY_SECONDS,
  type ScheduledKey,
  usableKeys,
} from '../../lib/keys/key-schedule.ts'

const NOW = 1_800_000_000
const DAY = 86_400
const ROTATION = 7 * DAY
const LONGEST_TOKEN = DAY
const SKEW = 4

/** What may happen next. */
type Step =
  | { readonly kind: 'wait'; readonly seconds: number }
  /** An instance whose clock differs tends to the keys. */
  | { readonly kind: 'maintain'; readonly skew: number }
  | { readonly kind: 'rotate' }
  | { readonly kind: 'revoke'; readonly which: 'signing' | 'next' }

const skew = fc.integer({ min: -SKEW, max: SKEW })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('maintain' as const), skew }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      seconds: fc.oneof(
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(LONGEST_TOKEN - 50, LONGEST_TOKEN - 1, ROTATION, ROTATION - LONGEST_TOKEN),
        fc.integer({ min: 1, max: 2 * DAY }),
        fc.integer({ min: 1, max: 3 * ROTATION }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'rotate' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('revoke' as const),
      which: fc.constantFrom('signing' as const, 'next' as const),
    }),
  },
)

/** The keys of a store while things happen to them, and what was seen of them. */
class KeysUnderTest {
  now = NOW
  keys: ReadonlyArray<ScheduledKey> = []
  /** Until when somebody may hold a token of a key, by generation. */
  readonly tokensUntil = new Map<number, number>()
  /** Keys that began to sign ahead of their time, because another was revoked. */
  readonly hurried = new Set<number>()
  readonly revokedAt = new Map<number, number>()

  maintain(skewSeconds: number): void {
    const there = this.now + skewSeconds
    const { toCreate, toDelete } = maintenanceOf(this.keys, there, ROTATION)
    this.keys = this.keys.filter((key) => !toDelete.includes(key))
    if (toCreate === undefined) return
    this.keys = [...this.keys, { purpose: 'signing', createdAt: there, ...toCreate }]
  }

  /** As `rotateStoredKey` and `revokeStoredKey` do it. */
  activateNextKey(publishedSeconds: number): void {
    const [next] = nextKeys(this.keys, this.now)
    if (next === undefined) return
    const activatesAt = Math.max(this.now, next.createdAt + publishedSeconds)
    this.#change(next, { activatesAt: Math.min(activatesAt, next.activatesAt) })
    if (publishedSeconds < PUBLISHED_BEFORE_USE_SECONDS) this.hurried.add(next.generation)
  }

  revoke(which: 'signing' | 'next'): void {
    const [next] = nextKeys(this.keys, this.now)
    const generation = (which === 'next' ? next : this.#usable(0)[0])?.generation
    if (generation === undefined) return
    if (which === 'signing') this.activateNextKey(DISCOVERABLE_AFTER_SECONDS)
    const revokedAt = this.now + REVOCATION_DELAY_SECONDS
    const key = this.keys.find((candidate) => candidate.generation === generation)
    if (key !== undefined) this.#change(key, { revokedAt })
    this.revokedAt.set(generation, revokedAt)
  }

  /** What is wrong now. */
  problem(): string | undefined {
    for (const difference of [-SKEW, 0, SKEW]) {
      const problem = this.#problemAt(difference)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /** What is wrong at an instance whose clock differs. It signs a token. */
  #problemAt(difference: number): string | undefined {
    const usable = this.#usable(difference)
    const [signing] = usable
    if (signing === undefined) return 'no key signs'
    const { generation, createdAt } = signing
    this.tokensUntil.set(generation, this.now + LONGEST_TOKEN)
    const isYoung = this.now + difference - createdAt < PUBLISHED_BEFORE_USE_SECONDS - 2 * SKEW
    if (isYoung && generation > 1 && !this.hurried.has(generation)) return 'not published in time'
    for (const [tokenGeneration, until] of this.tokensUntil) {
      const revokedAt = this.revokedAt.get(tokenGeneration) ?? Number.POSITIVE_INFINITY
      const isGood = this.now < until && this.now < revokedAt - SKEW
      const isVerified = usable.some((key) => key.generation === tokenGeneration)
      if (isGood && !isVerified) return `a good token of key ${tokenGeneration} is refused`
      if (isVerified && this.now + difference >= revokedAt) return 'a revoked key verifies'
    }
    return undefined
  }

  #usable(difference: number): ReadonlyArray<ScheduledKey> {
    return usableKeys(this.keys, this.now + difference)
  }

  #change(target: ScheduledKey, changes: Partial<ScheduledKey>): void {
    this.keys = this.keys.map((key) => (key === target ? { ...key, ...changes } : key))
  }
}

function take(store: KeysUnderTest, next: Step): void {
  switch (next.kind) {
    case 'wait':
      store.now += next.seconds
      break
    case 'maintain':
      store.maintain(next.skew)
      break
    case 'rotate':
      store.maintain(0)
      store.activateNextKey(PUBLISHED_BEFORE_USE_SECONDS)
      break
    case 'revoke':
      store.maintain(0)
      store.revoke(next.which)
  }
}

test('schedule: always, the key that signs was published in time, valid tokens verify, and tokens of a revoked key do not', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new KeysUnderTest()
      store.maintain(0)
      store.maintain(0)
      for (const next of steps) {
        take(store, next)
        t.is(store.problem(), undefined)
      }
    }),
    { numRuns: 2000 },
  )
})

test('schedule: whatever happened, two keys are left of it in the end', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new KeysUnderTest()
      for (const next of steps) take(store, next)
      // Twice: keys that were due long ago first have to have successors.
      for (let times = 0; times < 2; times += 1) {
        store.now += ROTATION + 2 * DAY
        for (let tending = 0; tending < 3; tending += 1) store.maintain(0)
      }
      t.is(store.keys.length, 2)
    }),
  )
})
