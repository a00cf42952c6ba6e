/**
 * What the specification knows of a life cycle: plain data, copied for each way in which it may have gone.
 *
 * @module
 */

export interface ClientState {
  readonly clientType: 'CONFIDENTIAL' | 'PUBLIC'
  /** The tenant of a `TENANT` client. */
  readonly tenantId: string | undefined
  readonly refreshTokenTtlSeconds: number
  scopes: ReadonlyArray<string>
  isDeleted: boolean
}

export interface UserState {
  tenantId: string
  isDisabled: boolean
}

export interface ConsentState {
  /** Another one for each consent: a consent that is given again is not the one before. */
  readonly serial: number
  readonly client: number
  readonly user: number
  readonly tenantId: string
  scopes: ReadonlyArray<string>
}

/** The family of an authorization. */
export interface FamilyState {
  /** All refresh tokens, the last one current; `undefined` for one that nobody received. */
  readonly tokens: Array<string | undefined>
  tokenExpiresAt: number
  expiresAt: number
  isEnded: boolean
  /** The last rotation; its response is `undefined` if nobody received it. */
  last:
    | {
        readonly scope: string | undefined
        readonly at: number
        readonly granted: ReadonlyArray<string>
        response: string | undefined
      }
    | undefined
}

export interface AuthorizationState {
  readonly client: number
  readonly user: number
  readonly tenantId: string
  readonly consent: number
  readonly scopes: ReadonlyArray<string>
  readonly codeExpiresAt: number
  family: FamilyState | undefined
}

export interface AccessTokenState {
  readonly token: string
  readonly keyId: string
  readonly scopes: ReadonlyArray<string>
  readonly client: number
  /** `undefined` for a token of the client itself. */
  readonly authorization: number | undefined
  readonly expiresAt: number
  isRevoked: boolean
}

export interface State {
  now: number
  readonly refreshTokenGraceSeconds: number
  readonly clients: Array<ClientState>
  readonly users: Array<UserState>
  consents: Array<ConsentState>
  consentCount: number
  /** By the number that the client's own list gives it. */
  readonly authorizations: Record<number, AuthorizationState>
  readonly accessTokens: Array<AccessTokenState>
  readonly revokedKeys: Array<string>
}

export function itemOf<Item>(items: ReadonlyArray<Item> | Record<number, Item>, at: number): Item {
  const item = (items as Record<number, Item>)[at]
  if (item === undefined) throw new Error(`there is no item ${at}`)
  return item
}

/** The consent of a user to a client. */
export function findConsent(
  { consents }: State,
  of: { readonly client: number; readonly user: number },
): ConsentState | undefined {
  return consents.find(({ client, user }) => client === of.client && user === of.user)
}

/** Whether the family of an authorization exists. */
export function isFamilyAlive(state: State, authorization: AuthorizationState): boolean {
  const { family, consent, client } = authorization
  return (
    family !== undefined &&
    !family.isEnded &&
    state.now < family.expiresAt &&
    state.consents.some(({ serial }) => serial === consent) &&
    !itemOf(state.clients, client).isDeleted
  )
}

/** Whether a refresh token is the good one of its family. */
export function isRefreshTokenActive(
  state: State,
  authorization: AuthorizationState,
  token: string,
): boolean {
  const { family } = authorization
  return (
    isFamilyAlive(state, authorization) &&
    family?.tokens.at(-1) === token &&
    state.now < family.tokenExpiresAt
  )
}

/** Whether the signature and the lifetime of an access token are good: what an API sees that asks nobody. */
export const isAccessTokenValid = (state: State, token: AccessTokenState): boolean =>
  state.now < token.expiresAt && !state.revokedKeys.includes(token.keyId)

/** Whether an access token is active at introspection. */
export function isAccessTokenActive(state: State, token: AccessTokenState): boolean {
  if (!isAccessTokenValid(state, token) || token.isRevoked) return false
  return token.authorization === undefined
    ? !itemOf(state.clients, token.client).isDeleted
    : isFamilyAlive(state, itemOf(state.authorizations, token.authorization))
}
