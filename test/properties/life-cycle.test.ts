/**
 * Life cycles of clients, users and tokens, on two servers that share a store: `npm run model` follows them for as
 * long as it is told, and on every store.
 */

import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import fc from 'fast-check'
import { type Action, anyHistory, type History, type Step } from '../model/actions.ts'
import { follow } from '../model/follow.ts'
import { startSystem } from '../model/system.ts'

const HISTORIES = 3
const SEED = 16

// Creating its keys is what costs, so all tests share one.
const memory = createMemoryStorage()
/** Stores that take the place of those of {@link memory}. */
let broken: Partial<Storage> = {}
/** A type of event that never reaches the host. */
let lostType: string | undefined
const storage = Object.fromEntries(
  (Object.keys(memory) as ReadonlyArray<keyof Storage>).map((name) => [
    name,
    name === 'backends'
      ? memory.backends
      : new Proxy(memory[name], {
          get: (kept, method) => Reflect.get(broken[name] ?? kept, method),
        }),
  ]),
) as Partial<Storage> as Storage
const system = startSystem(storage, ({ type }) => type === lostType)
test.after.always(async () => {
  await (await system).close()
})

test.serial(
  'life cycle: whatever happens in whatever order, also to two processes, tokens and events are what the specification says (npm run model)',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (history) => follow(await system, history)),
      { numRuns: HISTORIES, seed: SEED, endOnFailure: true },
    )
    t.pass()
  },
)

const one = (action: Action): Step => ({ kind: 'one', action, server: 0, kill: undefined })
const refresh: Action = {
  kind: 'refresh',
  authorization: 0,
  back: 0,
  scope: undefined,
  by: 'own',
}
const redeem: Action = { kind: 'redeem', authorization: 0, fault: 'none' }
const revoke: Action = {
  kind: 'revoke-token',
  authorization: 0,
  which: 'refresh',
  back: 0,
  by: 'own',
}
const BEGINNING: ReadonlyArray<Step> = [
  one({ kind: 'register', type: 'confidential' }),
  one({
    kind: 'authorize',
    client: 0,
    user: 0,
    scopes: ['interview:read', 'candidate:read'],
    answer: 'allow',
  }),
  one(redeem),
]

/** A store that breaks a promise, and a life cycle that shows it. */
interface Fault {
  readonly steps: ReadonlyArray<Step>
  readonly break: (memory: Storage) => Partial<Storage>
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'a rotation has two winners': {
    steps: [{ kind: 'race', actions: [refresh, refresh] }],
    break({ families }) {
      const { promise: bothCame, resolve } = Promise.withResolvers<void>()
      let calls = 0
      return {
        families: {
          ...families,
          async rotate(...parameters) {
            calls += 1
            if (calls === 2) resolve()
            await bothCame
            const outcome = await families.rotate(...parameters)
            return outcome.outcome === 'reused' ? { outcome: 'rotated' } : outcome
          },
        },
      }
    },
  },
  'a family lives on after it was revoked': {
    steps: [one(revoke)],
    break: ({ families }) => ({
      families: {
        ...families,
        revoke: async (familyId, { clientId }, now) => await families.find(familyId, clientId, now),
      },
    }),
  },
  'a code can be redeemed twice': {
    steps: [one(redeem)],
    break: ({ families }) => ({
      families: { ...families, create: async () => 'created' },
    }),
  },
  'a consent that was deleted stays': {
    steps: [one({ kind: 'disconnect', client: 0, user: 0, by: 'host' })],
    break: ({ consents }) => ({ consents: { ...consents, delete: async () => true } }),
  },
  'a scope that the client has lost is issued': {
    steps: [one({ kind: 'change-scopes', client: 0, scopes: ['interview:read'] }), one(refresh)],
    break: ({ clients }) => ({ clients: { ...clients, update: async () => true } }),
  },
  'a client lives on after it was deleted': {
    steps: [one({ kind: 'delete-client', client: 0 })],
    break: ({ clients, consents }) => ({
      clients: { ...clients, delete: async () => true },
      consents: { ...consents, listBatch: async () => [] },
    }),
  },
  'a revocation is in no feed': {
    steps: [one({ kind: 'disconnect', client: 0, user: 0, by: 'host' })],
    break: ({ revocations }) => ({
      revocations: { ...revocations, add: async () => undefined, has: async () => false },
    }),
  },
  'a token is lost when a process dies': {
    steps: [
      { kind: 'one', action: refresh, server: 0, kill: { call: 3, when: 'before' } },
      one(refresh),
    ],
    break: ({ families }) => ({
      families: {
        ...families,
        async find(familyId, clientId, now) {
          const found = await families.find(familyId, clientId, now)
          await families.revoke(
            familyId,
            { clientId, rememberUntil: now + 1, toleranceSeconds: 0 },
            now,
          )
          return found
        },
      },
    }),
  },
}

const historyOf = (steps: ReadonlyArray<Step>): History => ({
  refreshTokenGraceSeconds: 0,
  steps: [...BEGINNING, ...steps],
})

for (const [name, { steps, break: breakStore }] of Object.entries(FAULTS)) {
  test.serial(`life cycle: if in a store ${name}, that is noticed`, async (t) => {
    await t.notThrowsAsync(follow(await system, historyOf(steps)))
    broken = breakStore(memory)
    const error = await t.throwsAsync(follow(await system, historyOf(steps)))
    broken = {}
    t.regex(error.message, /\nexpected: | instead of |without a revocation/)
  })
}

test.serial('life cycle: an audit event that is missing is noticed', async (t) => {
  lostType = 'token.revoked'
  await t.throwsAsync(follow(await system, historyOf([one(revoke)])), {
    message: /expected: ok, events token\.revoked/,
  })
  lostType = undefined
})
