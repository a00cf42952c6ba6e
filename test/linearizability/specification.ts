/**
 * What a store does with one token family and its consent when its calls come one after another.
 *
 * @module
 */

/** A call of the store. Refresh tokens and requests are numbers. */
export type Call =
  | { readonly kind: 'create'; readonly token: number }
  | { readonly kind: 'find' }
  | {
      readonly kind: 'rotate'
      readonly used: number
      readonly next: number
      readonly request: number
    }
  | { readonly kind: 'revoke' }
  | { readonly kind: 'delete-consent' }

/** What it resolved to, as a word: `created`, `token 2`, `replayed 3`, `reused`, `owner`, `none` … */
export type Result = string

/** The family, as plain data. */
export interface FamilyState {
  readonly family: 'new' | 'alive' | 'revoked'
  readonly hasConsent: boolean
  /** The current refresh token. */
  readonly token: number
  readonly replay: { readonly used: number; readonly request: number } | undefined
}

/** Before the first call: the consent was given. */
export const BEGINNING: FamilyState = {
  family: 'new',
  hasConsent: true,
  token: 0,
  replay: undefined,
}

/** A possible result of a call, and the state after it. */
export interface Transition {
  readonly result: Result
  readonly state: FamilyState
}

/** Everything that a call may lead to. */
export function transitions(state: FamilyState, call: Call): ReadonlyArray<Transition> {
  const isAlive = state.family === 'alive' && state.hasConsent
  switch (call.kind) {
    case 'create':
      return create(state, call.token)
    case 'find':
      return [{ result: isAlive ? `token ${state.token}` : 'none', state }]
    case 'rotate':
      return [isAlive ? rotate(state, call) : { result: 'not-found', state }]
    case 'revoke':
      return [
        isAlive
          ? { result: 'owner', state: { ...state, family: 'revoked' } }
          : { result: 'none', state },
      ]
    case 'delete-consent':
      return [{ result: String(state.hasConsent), state: { ...state, hasConsent: false } }]
  }
}

function create(state: FamilyState, token: number): ReadonlyArray<Transition> {
  const taken = { result: 'taken', state }
  const withoutConsent = { result: 'consent-not-found', state }
  if (!state.hasConsent) return state.family === 'new' ? [withoutConsent] : [withoutConsent, taken]
  return state.family === 'new'
    ? [{ result: 'created', state: { ...state, family: 'alive', token } }]
    : [taken]
}

function rotate(
  state: FamilyState,
  { used, next, request }: Extract<Call, { kind: 'rotate' }>,
): Transition {
  if (used === state.token) {
    return { result: 'rotated', state: { ...state, token: next, replay: { used, request } } }
  }
  const isReplay = state.replay?.used === used && state.replay.request === request
  return { result: isReplay ? `replayed ${state.token}` : 'reused', state }
}
