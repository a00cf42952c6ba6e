/**
 * What may happen in a life cycle, and how it is chosen.
 *
 * @module
 */

import fc from 'fast-check'

export const SCOPES = ['interview:read', 'interview:create', 'candidate:read'] as const

/**
 * Something that a client, a user, an administrator or the host does. Clients, users, authorizations and tokens
 * are given as numbers, modulo how many there are.
 */
export type Action =
  | { readonly kind: 'register'; readonly type: 'confidential' | 'public' | 'tenant' }
  | {
      readonly kind: 'authorize'
      readonly client: number
      readonly user: number
      readonly scopes: ReadonlyArray<string>
      readonly answer: 'allow' | 'deny'
    }
  | {
      readonly kind: 'redeem'
      readonly authorization: number
      readonly fault: 'none' | 'other-verifier' | 'other-client'
    }
  | {
      readonly kind: 'refresh'
      readonly authorization: number
      /** How many tokens before the newest that the client was given. */
      readonly back: number
      readonly scope: string | undefined
      readonly by: 'own' | 'other'
    }
  | { readonly kind: 'client-credentials'; readonly client: number }
  | {
      readonly kind: 'revoke-token'
      readonly authorization: number
      readonly which: 'refresh' | 'access'
      readonly back: number
      readonly by: 'own' | 'other'
    }
  | {
      readonly kind: 'disconnect'
      readonly client: number
      readonly user: number
      readonly by: 'user' | 'host'
    }
  | { readonly kind: 'revoke-user'; readonly user: number }
  | { readonly kind: 'revoke-tenant'; readonly user: number }
  | {
      readonly kind: 'change-scopes'
      readonly client: number
      readonly scopes: ReadonlyArray<string>
    }
  | { readonly kind: 'delete-client'; readonly client: number }
  | { readonly kind: 'change-user'; readonly user: number; readonly to: UserChange }
  | { readonly kind: 'rotate-secret'; readonly client: number }
  | { readonly kind: 'rotate-key' }
  | { readonly kind: 'revoke-key' }
  | { readonly kind: 'advance'; readonly seconds: number }

export type UserChange = 'disabled' | 'enabled' | 'moved' | 'moved-back'

/** Where the process that handles an action is killed: before or after its call of the store with this number. */
export interface Kill {
  readonly call: number
  readonly when: 'before' | 'after'
}

/** One action, or two at once, one in each process. */
export type Step =
  | {
      readonly kind: 'one'
      readonly action: Action
      /** The process that gets the first request. */
      readonly server: 0 | 1
      readonly kill: Kill | undefined
    }
  | { readonly kind: 'race'; readonly actions: readonly [Action, Action] }

/** A whole life cycle. */
export interface History {
  readonly refreshTokenGraceSeconds: number
  readonly steps: ReadonlyArray<Step>
}

const which = fc.nat(5)
const scopes = fc.subarray([...SCOPES], { minLength: 1 })
/** The newest most of the time, so that families grow old. */
const back = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.nat(6) },
)
const by = fc.oneof(
  { weight: 8, arbitrary: fc.constant('own' as const) },
  { weight: 1, arbitrary: fc.constant('other' as const) },
)
const of = <Kind extends string>(kind: Kind): { readonly kind: fc.Arbitrary<Kind> } => ({
  kind: fc.constant(kind),
})

const refresh = fc.record({
  ...of('refresh'),
  authorization: which,
  back,
  scope: fc.constantFrom(undefined, undefined, undefined, ...SCOPES),
  by,
})
const redeem = fc.record({
  ...of('redeem'),
  authorization: fc.oneof(fc.constant(0), which),
  fault: fc.constantFrom('none', 'none', 'none', 'none', 'other-verifier', 'other-client'),
})
const clientCredentials = fc.record({ ...of('client-credentials'), client: which })
const revokeToken = fc.record({
  ...of('revoke-token'),
  authorization: which,
  which: fc.constantFrom('refresh', 'access'),
  back,
  by,
})
const changeScopes = fc.record({ ...of('change-scopes'), client: which, scopes })
const deleteClient = fc.record({ ...of('delete-client'), client: which })
const hostDisconnect = fc.record({
  ...of('disconnect'),
  client: which,
  user: which,
  by: fc.constant('host' as const),
})
const changeUser = fc.record({
  ...of('change-user'),
  user: which,
  to: fc.constantFrom('disabled', 'enabled', 'enabled', 'moved', 'moved-back', 'moved-back'),
})
const authorize = fc.record({
  ...of('authorize'),
  client: which,
  user: which,
  scopes,
  answer: fc.constantFrom('allow', 'allow', 'allow', 'deny'),
})

/** What is one request, or one call of the host, and so may be killed anywhere and run at once with another. */
const request: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: refresh },
  { weight: 4, arbitrary: redeem },
  { weight: 1, arbitrary: clientCredentials },
  { weight: 2, arbitrary: revokeToken },
  { weight: 1, arbitrary: changeScopes },
  { weight: 1, arbitrary: deleteClient },
  { weight: 2, arbitrary: hostDisconnect },
)

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: refresh },
  { weight: 8, arbitrary: redeem },
  { weight: 7, arbitrary: authorize },
  { weight: 3, arbitrary: revokeToken },
  { weight: 2, arbitrary: changeUser },
  { weight: 2, arbitrary: changeScopes },
  { weight: 2, arbitrary: clientCredentials },
  {
    weight: 1,
    arbitrary: fc.record({
      ...of('disconnect'),
      client: which,
      user: which,
      by: fc.constantFrom('user', 'host'),
    }),
  },
  { weight: 1, arbitrary: deleteClient },
  {
    weight: 1,
    arbitrary: fc.record({
      ...of('register'),
      type: fc.constantFrom('confidential', 'public', 'tenant'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...of('revoke-user'), user: which }) },
  { weight: 1, arbitrary: fc.record({ ...of('revoke-tenant'), user: which }) },
  { weight: 1, arbitrary: fc.record({ ...of('rotate-secret'), client: which }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'rotate-key' }, { kind: 'revoke-key' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...of('advance'),
      seconds: fc.constantFrom(1, 10, 29, 30, 59, 60, 240, 300, 600, 900, 3600, 86_400),
    }),
  },
)

const kill: fc.Arbitrary<Kill> = fc.record({
  call: fc.integer({ min: 1, max: 9 }),
  when: fc.constantFrom('before', 'after'),
})
const server = fc.constantFrom<0 | 1>(0, 1)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ ...of('one'), action, server, kill: fc.constant(undefined) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...of('one'),
      action: fc.oneof({ weight: 4, arbitrary: request }, { weight: 1, arbitrary: authorize }),
      server,
      kill,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ ...of('race'), actions: fc.tuple(request, request) }),
  },
)

/** How every history begins: so that there is something to end. */
const BEGINNING: ReadonlyArray<Step> = (
  [
    { kind: 'register', type: 'confidential' },
    { kind: 'register', type: 'public' },
    { kind: 'authorize', client: 0, user: 0, scopes: SCOPES, answer: 'allow' },
    { kind: 'redeem', authorization: 0, fault: 'none' },
  ] as const
).map((begun) => ({ kind: 'one', action: begun, server: 0, kill: undefined }))

/** Any life cycle. */
export const anyHistory: fc.Arbitrary<History> = fc
  .record({
    refreshTokenGraceSeconds: fc.constantFrom(0, 30),
    steps: fc.array(step, { maxLength: 30, size: 'max' }),
  })
  .map(({ steps, ...settings }) => ({ ...settings, steps: [...BEGINNING, ...steps] }))
