/** What holds of a token family whatever happens to it, in whatever order. */

import assert from 'node:assert/strict'
import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import fc from 'fast-check'
import { findOrder, type RecordedCall } from '../linearizability/check.ts'
import { prepare, recordHistory } from '../linearizability/record.ts'
import type { Call, Result } from '../linearizability/specification.ts'
import {
  ACCESS_TOKEN_TTL_SECONDS,
  CODE_TTL_SECONDS,
  createFamilyUnderTest,
  type FamilySettings,
  type FamilyUnderTest,
  type Outcome,
  START,
} from './family-under-test.ts'

type Step =
  | { readonly kind: 'redeem' }
  | { readonly kind: 'refresh'; readonly back: number; readonly scope: string | undefined }
  | { readonly kind: 'revoke'; readonly back: number }
  | { readonly kind: 'revoke-consent' }

type Tick = { readonly kind: 'advance'; readonly seconds: number }

const settings: fc.Arbitrary<FamilySettings> = fc.record({
  clientType: fc.constantFrom('CONFIDENTIAL', 'PUBLIC'),
  refreshTokenTtlSeconds: fc.constantFrom(300, 600),
  refreshTokenGraceSeconds: fc.constantFrom(0, 30),
})

// How many tokens before the newest: the newest most of the time, so that families grow old.
const back = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.nat(12) },
)
const scope = fc.constantFrom(undefined, undefined, 'interview:read')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('redeem' as const) }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('refresh' as const), back, scope }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), back }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke-consent' as const) }) },
)
const tick: fc.Arbitrary<Tick> = fc.record({
  kind: fc.constant('advance' as const),
  seconds: fc.constantFrom(1, 10, 29, 30, 59, 60, 240, 299, 300),
})

const refreshTokenIn = ({ body }: { readonly body: string }): string =>
  JSON.parse(body).refresh_token

const PENDING_REQUEST_TTL_SECONDS = 600

/** What the specification says will happen, for steps one after another. */
class Oracle {
  readonly #settings: FamilySettings
  #now = START
  #isRedeemed = false
  #isRevoked = false
  #isConsentRevoked = false
  #tokenExpiresAt = 0
  #familyExpiresAt = 0
  #lastRotation: { scope: string | undefined; body: string; at: number } | undefined

  constructor(given: FamilySettings) {
    this.#settings = given
  }

  advance(seconds: number): void {
    this.#now += seconds
  }

  get #isAlive(): boolean {
    return this.#isRedeemed && !this.#isRevoked && this.#now < this.#familyExpiresAt
  }

  /** Whether the newest token is good. */
  get isNewestActive(): boolean {
    return this.#isAlive && this.#now < this.#tokenExpiresAt
  }

  redeem(): string | undefined {
    if (this.#now >= START + CODE_TTL_SECONDS) return 'code-unknown'
    if (this.#isConsentRevoked) return 'consent-revoked'
    if (this.#isRedeemed) {
      this.#isRevoked = true
      return 'code-replayed'
    }
    this.#isRedeemed = true
    // The code may be issued again until its pending request expires.
    this.#familyExpiresAt = this.#now + PENDING_REQUEST_TTL_SECONDS + CODE_TTL_SECONDS
    this.#renew(this.#now + this.#settings.refreshTokenTtlSeconds)
    return undefined
  }

  /** @returns A refusal, an earlier response, or `undefined` for a new response. */
  refresh(age: number, asked: string | undefined): string | undefined {
    if (!this.#isAlive) return 'refresh-token-unknown'
    if (age === 0) return this.#now < this.#tokenExpiresAt ? undefined : 'refresh-token-expired'
    const last = this.#lastRotation
    const isReplay =
      age === 1 &&
      last !== undefined &&
      last.scope === asked &&
      this.#now < last.at + this.#settings.refreshTokenGraceSeconds
    // A PUBLIC client's new token expires with the one before it, also within the grace period.
    if (isReplay) return this.#now < this.#tokenExpiresAt ? last.body : 'refresh-token-expired'
    this.#isRevoked = true
    return 'refresh-token-reused'
  }

  rotated(asked: string | undefined, body: string): void {
    this.#lastRotation = { scope: asked, body, at: this.#now }
    const isPublic = this.#settings.clientType === 'PUBLIC'
    this.#renew(isPublic ? this.#tokenExpiresAt : this.#now + this.#settings.refreshTokenTtlSeconds)
  }

  revoke(): boolean {
    const wasAlive = this.#isAlive
    this.#isRevoked ||= wasAlive
    return wasAlive
  }

  revokeConsent(): void {
    this.#isRevoked = true
    this.#isConsentRevoked = true
  }

  #renew(tokenExpiresAt: number): void {
    this.#tokenExpiresAt = tokenExpiresAt
    this.#familyExpiresAt = Math.max(
      this.#familyExpiresAt,
      tokenExpiresAt,
      this.#now + ACCESS_TOKEN_TTL_SECONDS,
    )
  }
}

async function activeOnesOf(
  family: FamilyUnderTest,
  tokens: ReadonlyArray<string>,
): Promise<ReadonlyArray<string>> {
  const states = await Promise.all(tokens.map((token) => family.isActive(token)))
  return tokens.filter((_token, index) => states[index])
}

/** A family beside the oracle that says what becomes of it. */
interface Run {
  readonly family: FamilyUnderTest
  readonly oracle: Oracle
  readonly tokens: Array<string>
}

async function follow(given: FamilySettings, steps: ReadonlyArray<Step | Tick>): Promise<void> {
  const family = await createFamilyUnderTest(given, async () => undefined)
  const oracle = new Oracle(given)
  const tokens: Array<string> = []
  for (const current of steps) {
    await take({ family, oracle, tokens }, current)
    const active = await activeOnesOf(family, tokens)
    assert.deepEqual(active, oracle.isNewestActive ? tokens.slice(-1) : [])
  }
}

async function take({ family, oracle, tokens }: Run, current: Step | Tick): Promise<void> {
  switch (current.kind) {
    case 'advance':
      family.now += current.seconds
      oracle.advance(current.seconds)
      break
    case 'redeem':
      keep(await family.redeem(), oracle.redeem(), tokens)
      break
    case 'revoke-consent':
      await family.deleteConsent()
      oracle.revokeConsent()
      break
    case 'refresh':
    case 'revoke':
      await present({ family, oracle, tokens }, current)
  }
}

async function present(
  { family, oracle, tokens }: Run,
  current: Extract<Step, { readonly back: number }>,
): Promise<void> {
  const age = Math.min(current.back, tokens.length - 1)
  const token = tokens.at(-1 - age)
  if (token === undefined) return
  if (current.kind === 'revoke') {
    assert.equal(await family.revoke(token), oracle.revoke())
    return
  }
  const outcome = await family.refresh(token, current.scope)
  const isNew = keep(outcome, oracle.refresh(age, current.scope), tokens)
  if (isNew && 'body' in outcome) oracle.rotated(current.scope, outcome.body)
}

/** Compares, and keeps the token of a new response. @returns Whether it was one. */
function keep(outcome: Outcome, expected: string | undefined, tokens: Array<string>): boolean {
  if (expected !== undefined) {
    assert.equal('body' in outcome ? outcome.body : outcome.refusal, expected)
    return false
  }
  assert.ok('body' in outcome, JSON.stringify(outcome))
  tokens.push(refreshTokenIn(outcome))
  return true
}

test('token family: one step after another it does what the specification says, and its newest token alone is good (OAuth 2.1 §4.3.1, §4.3.3, RFC 9700 §4.14.2, ADR 0002, ADR 0009)', async (t) => {
  const steps = fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: tick }), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(settings, steps, (given, rest) =>
      follow(given, [{ kind: 'redeem' }, ...rest]),
    ),
    { numRuns: 400 },
  )
  t.pass()
})

/** Runs some steps at once. @returns Whether the family must be dead afterwards. */
async function runAtOnce(
  family: FamilyUnderTest,
  steps: ReadonlyArray<Step>,
  tokens: Set<string>,
): Promise<boolean> {
  const known = [...tokens]
  const endings = await Promise.all(
    steps.map(async (current) => {
      const age = 'back' in current ? Math.min(current.back, known.length - 1) : 0
      const token = known.at(-1 - age) ?? ''
      switch (current.kind) {
        case 'redeem':
          return await endsFamily(family.redeem(), tokens)
        case 'refresh':
          return await endsFamily(family.refresh(token, current.scope), tokens)
        case 'revoke':
          return await family.revoke(token)
        case 'revoke-consent':
          await family.deleteConsent()
          return true
      }
    }),
  )
  return endings.includes(true)
}

async function endsFamily(running: Promise<Outcome>, tokens: Set<string>): Promise<boolean> {
  const outcome = await running
  if ('refusal' in outcome) return /-(reused|replayed)$/.test(outcome.refusal)
  tokens.add(refreshTokenIn(outcome))
  return false
}

test('token family: however steps interleave, at most one refresh token is good, and none after reuse, replay or revocation (ADR 0004, checklist 38, 39)', async (t) => {
  const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), settings, rounds, async (scheduler, given, all) => {
      const pause = (name: string): Promise<void> => scheduler.schedule(Promise.resolve(), name)
      const family = await createFamilyUnderTest(given, pause)
      const tokens = new Set<string>()
      const first = await scheduler.waitFor(family.redeem())
      assert.ok('body' in first)
      tokens.add(refreshTokenIn(first))
      let isEnded = false
      for (const steps of all) {
        if (await scheduler.waitFor(runAtOnce(family, steps, tokens))) isEnded = true
        const active = await activeOnesOf(family, [...tokens])
        assert.ok(active.length <= 1, 'two live branches')
        assert.equal(active.length, isEnded ? 0 : 1)
        family.now += 1
      }
    }),
    { numRuns: 300 },
  )
  t.pass()
})

// ————— the checker of concurrent calls (npm run linearizability) —————

const recorded = (
  call: Call,
  begin: number,
  end: number | undefined,
  result: Result | undefined,
): RecordedCall => ({ call, begin, end, result })
const CREATE: Call = { kind: 'create', token: 0 }
const FIND: Call = { kind: 'find' }
const REVOKE: Call = { kind: 'revoke' }
const rotation = (used: number, next: number, request = 0): Call => ({
  kind: 'rotate',
  used,
  next,
  request,
})
const CREATED = recorded(CREATE, 1, 2, 'created')

const IMPOSSIBLE: Readonly<Record<string, ReadonlyArray<RecordedCall>>> = {
  'two rotations win with one token': [
    CREATED,
    recorded(rotation(0, 1), 3, 6, 'rotated'),
    recorded(rotation(0, 2, 1), 4, 5, 'rotated'),
  ],
  'a family is created twice': [CREATED, recorded(CREATE, 1, 4, 'created')],
  'a token is found after its rotation': [
    CREATED,
    recorded(rotation(0, 1), 3, 4, 'rotated'),
    recorded(FIND, 5, 6, 'token 0'),
  ],
  'a family is found after its revocation': [
    CREATED,
    recorded(REVOKE, 3, 4, 'owner'),
    recorded(FIND, 5, 6, 'token 0'),
  ],
  'a revocation has two winners': [
    CREATED,
    recorded(REVOKE, 3, 5, 'owner'),
    recorded(REVOKE, 4, 6, 'owner'),
  ],
  'a family is found, lost and found': [
    CREATED,
    recorded(REVOKE, 3, 10, 'owner'),
    recorded(FIND, 4, 5, 'token 0'),
    recorded(FIND, 6, 7, 'none'),
    recorded(FIND, 8, 9, 'token 0'),
  ],
  'a replay is of another rotation': [
    CREATED,
    recorded(rotation(0, 1), 3, 4, 'rotated'),
    recorded(rotation(0, 1), 5, 6, 'replayed 2'),
  ],
  'a call without a result explains nothing that ended before it began': [
    CREATED,
    recorded(FIND, 3, 4, 'none'),
    recorded(REVOKE, 5, undefined, undefined),
  ],
}
for (const [name, calls] of Object.entries(IMPOSSIBLE)) {
  test(`token family: the checker refuses a history in which ${name}`, (t) => {
    t.is(findOrder(calls), undefined)
  })
}

test('token family: the checker explains what overlaps, and what nobody knows the result of', (t) => {
  const finds = [recorded(FIND, 4, 5, 'token 0'), recorded(FIND, 6, 7, 'none')]
  t.truthy(findOrder([CREATED, recorded(REVOKE, 3, 10, 'owner'), ...finds]))
  t.truthy(findOrder([CREATED, recorded(REVOKE, 3, undefined, undefined), ...finds]))
  t.truthy(findOrder([CREATED, ...finds.slice(0, 1), recorded(REVOKE, 6, undefined, undefined)]))
})

const BROKEN_STORES: Readonly<
  Record<string, (families: Storage['families']) => Partial<Storage['families']>>
> = {
  'every rotation wins': ({ rotate }) => ({
    async rotate(...parameters) {
      const outcome = await rotate(...parameters)
      return outcome.outcome === 'reused' ? { outcome: 'rotated' } : outcome
    },
  }),
  'a revocation is forgotten': ({ find }) => ({
    revoke: async (familyId, { clientId }, now) => await find(familyId, clientId, now),
  }),
  'a replica is behind': ({ find }) => {
    const before = new Map<string, Awaited<ReturnType<typeof find>>>()
    return {
      async find(...parameters) {
        const [familyId] = parameters
        const old = before.get(familyId)
        before.set(familyId, await find(...parameters))
        return old
      },
    }
  },
}
for (const [name, breakStore] of Object.entries(BROKEN_STORES)) {
  test(`token family: of a store where ${name}, a random history shows it`, async (t) => {
    const memory = createMemoryStorage()
    const { families } = memory
    const storage = { ...memory, families: { ...families, ...breakStore(families) } }
    await prepare(storage)
    let refused = 0
    for (let seed = 0; seed < 20; seed += 1) {
      if (findOrder(await recordHistory([storage], seed)) === undefined) refused += 1
    }
    t.true(refused > 0)
  })
}
