/**
 * The specification of the life cycle: what each action leads to, one after another.
 *
 * @module
 */

import type { Action, UserChange } from './actions.ts'
import {
  type AuthorizationState,
  type FamilyState,
  findConsent,
  isAccessTokenValid,
  isFamilyAlive,
  itemOf,
  type State,
  type UserState,
} from './state.ts'

export const ACCESS_TOKEN_TTL_SECONDS = 300
export const CODE_TTL_SECONDS = 60
/** Until when the code of a family could create it again. */
const REMEMBERED_SECONDS = 660
/** A revoked key is deleted 15 seconds later. */
export const KEY_REVOCATION_SECONDS = 20

/** What whoever acted was told. */
export interface Seen {
  /** An error code, or a word for the page or response. `cut`: nothing, because the process died. */
  readonly outcome: string
  /** The token response. */
  readonly body?: string
  /** The token, or the number of the authorization, that the action was about or led to. */
  readonly token?: string
  readonly authorization?: number
  readonly keyId?: string
}

/** What should have been told. */
export interface Prediction {
  readonly outcome: string
  /** The types of the audit events, in any order. */
  readonly events: ReadonlyArray<string>
  /** If given, the token response must be this one. */
  readonly body?: string | undefined
}

/** A token response (RFC 6749 §5.1). */
interface TokenBody {
  readonly access_token: string
  readonly refresh_token?: string
  readonly scope: string
}

const MOVED = 'moved-'

/** Lifetime of the refresh tokens of a client, in seconds. */
export const lifetimeOf = (type: 'confidential' | 'public' | 'tenant'): number =>
  type === 'public' ? 7200 : 3600

/** A user after the host has changed it. */
export function afterChange({ tenantId }: UserState, to: UserChange): Partial<UserState> {
  const isMoved = tenantId.startsWith(MOVED)
  switch (to) {
    case 'disabled':
      return { isDisabled: true }
    case 'enabled':
      return { isDisabled: false }
    case 'moved':
      return isMoved ? {} : { tenantId: MOVED + tenantId }
    case 'moved-back':
      return isMoved ? { tenantId: tenantId.slice(MOVED.length) } : {}
  }
}

const refused = (outcome: string, ...events: ReadonlyArray<string>): Prediction => ({
  outcome,
  events: ['token.refused', ...events],
})
const unauthenticated: Prediction = {
  outcome: 'invalid_client',
  events: ['client.authentication-failed'],
}

const intersect = (
  some: ReadonlyArray<string>,
  ...others: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<string> => some.filter((scope) => others.every((other) => other.includes(scope)))
const isSubset = (some: ReadonlyArray<string>, of: ReadonlyArray<string>): boolean =>
  some.every((scope) => of.includes(scope))

/** Ends consents, and what was issued under them. @returns An event for each. */
function endConsents(
  state: State,
  isEnded: (consent: State['consents'][number]) => boolean,
): ReadonlyArray<string> {
  const ended = state.consents.filter(isEnded)
  state.consents = state.consents.filter((consent) => !ended.includes(consent))
  return ended.map(() => 'connection.revoked')
}

/** The user of an authorization has moved: the connection ends. */
function endFormerConnection(state: State, authorization: AuthorizationState): Prediction {
  const events = endConsents(state, ({ serial }) => serial === authorization.consent)
  return refused('invalid_grant', ...events)
}

/**
 * Changes the state as an action does.
 *
 * @param seen What it led to: its tokens, which nobody can predict, become those of the state.
 * @param other The number of another client, for actions by one.
 */
export function predict(state: State, action: Action, seen: Seen, other: number): Prediction {
  switch (action.kind) {
    case 'register':
      return register(state, action.type)
    case 'authorize':
      return authorize(state, action, seen)
    case 'redeem':
      return redeem(state, action, seen, other)
    case 'refresh':
      return refresh(state, action, seen, other)
    case 'client-credentials':
      return requestClientCredentials(state, action.client, seen)
    case 'revoke-token':
      return action.which === 'refresh'
        ? revokeRefreshToken(state, action, seen, other)
        : revokeAccessToken(state, action, seen, other)
    case 'disconnect':
      return disconnect(state, action)
    case 'revoke-user': {
      const events = endConsents(state, ({ user }) => user === action.user)
      state.now += 2 // a sign-in within this second or the next one would be ended, too
      return { outcome: 'ok', events: ['user.access-revoked', ...events] }
    }
    case 'revoke-tenant':
      return revokeTenant(state, itemOf(state.users, action.user).tenantId)
    case 'change-scopes': {
      const client = itemOf(state.clients, action.client)
      if (client.isDeleted) return { outcome: 'not-found', events: [] }
      const isSame = client.scopes.join() === action.scopes.join()
      client.scopes = action.scopes
      return { outcome: 'ok', events: isSame ? [] : ['client.updated'] }
    }
    case 'delete-client': {
      const client = itemOf(state.clients, action.client)
      if (client.isDeleted) return { outcome: 'not-found', events: [] }
      client.isDeleted = true
      const events = endConsents(state, (consent) => consent.client === action.client)
      return { outcome: 'ok', events: ['client.deleted', ...events] }
    }
    case 'change-user':
      Object.assign(
        itemOf(state.users, action.user),
        afterChange(itemOf(state.users, action.user), action.to),
      )
      return { outcome: 'ok', events: [] }
    case 'rotate-secret':
      return rotateSecret(state, action.client)
    case 'rotate-key':
      return { outcome: 'ok', events: [] }
    case 'revoke-key':
      state.revokedKeys.push(seen.keyId ?? '')
      state.now += KEY_REVOCATION_SECONDS
      return { outcome: 'ok', events: [] }
    case 'advance':
      state.now += action.seconds
      return { outcome: 'ok', events: [] }
  }
}

function register(state: State, type: 'confidential' | 'public' | 'tenant'): Prediction {
  state.clients.push({
    clientType: type === 'public' ? 'PUBLIC' : 'CONFIDENTIAL',
    tenantId: type === 'tenant' ? itemOf(state.users, 0).tenantId : undefined,
    refreshTokenTtlSeconds: lifetimeOf(type),
    scopes: ['interview:read', 'interview:create', 'candidate:read'],
    isDeleted: false,
  })
  return { outcome: 'ok', events: ['client.registered'] }
}

function authorize(
  state: State,
  { client, user, scopes, answer }: Extract<Action, { kind: 'authorize' }>,
  { authorization }: Seen,
): Prediction {
  const { isDeleted, scopes: registered, tenantId: ofTenant } = itemOf(state.clients, client)
  const { isDisabled, tenantId } = itemOf(state.users, user)
  if (isDeleted) return { outcome: 'page', events: ['authorization.refused'] }
  if (!isSubset(scopes, registered)) {
    return { outcome: 'invalid_scope', events: ['authorization.refused'] }
  }
  if (isDisabled) return { outcome: 'page', events: ['user.sign-in-failed'] }
  if (ofTenant !== undefined && ofTenant !== tenantId) {
    return { outcome: 'page', events: ['user.signed-in', 'client.refused'] }
  }
  const before = findConsent(state, { client, user })
  const consent = before?.tenantId === tenantId ? before : undefined
  const isAsked = !isSubset(scopes, consent?.scopes ?? [])
  if (isAsked && answer === 'deny') {
    return { outcome: 'access_denied', events: ['user.signed-in', 'authorization.denied'] }
  }
  const events = ['user.signed-in', 'authorization.granted']
  if (isAsked) events.push('consent.granted', ...grant(state, client, user, scopes))
  const granted = findConsent(state, { client, user })
  if (granted === undefined) throw new Error('a code needs a consent')
  if (authorization !== undefined) {
    state.authorizations[authorization] = {
      client,
      user,
      tenantId,
      consent: granted.serial,
      scopes,
      codeExpiresAt: state.now + CODE_TTL_SECONDS,
      family: undefined,
    }
  }
  return { outcome: isAsked ? 'code-after-consent' : 'code', events }
}

/** Adds scopes to a consent, or begins one. @returns Events about the consent of an earlier tenant. */
function grant(
  state: State,
  client: number,
  user: number,
  scopes: ReadonlyArray<string>,
): ReadonlyArray<string> {
  const { tenantId } = itemOf(state.users, user)
  const former = endConsents(
    state,
    (consent) =>
      consent.client === client && consent.user === user && consent.tenantId !== tenantId,
  )
  const consent = findConsent(state, { client, user })
  if (consent !== undefined) {
    consent.scopes = [...new Set([...consent.scopes, ...scopes])]
    return former
  }
  state.consentCount += 1
  state.consents.push({ serial: state.consentCount, client, user, tenantId, scopes })
  return former
}

/** Why the user of an authorization gets no tokens; `undefined` if nothing stands against it. */
function refusalOfUser(state: State, authorization: AuthorizationState): Prediction | undefined {
  const { isDisabled, tenantId } = itemOf(state.users, authorization.user)
  if (isDisabled) return refused('invalid_grant')
  if (tenantId !== authorization.tenantId) return endFormerConnection(state, authorization)
  return undefined
}

function redeem(
  state: State,
  { authorization: at, fault }: Extract<Action, { kind: 'redeem' }>,
  { body }: Seen,
  other: number,
): Prediction {
  const authorization = itemOf(state.authorizations, at)
  const presenter = itemOf(state.clients, fault === 'other-client' ? other : authorization.client)
  if (presenter.isDeleted) return unauthenticated
  const isOthers = fault === 'other-client' && other !== authorization.client
  if (state.now >= authorization.codeExpiresAt || isOthers || fault === 'other-verifier') {
    return refused('invalid_grant')
  }
  const refusal = refusalOfUser(state, authorization)
  if (refusal !== undefined) return refusal
  const consent = state.consents.find(({ serial }) => serial === authorization.consent)
  if (consent === undefined) return refused('invalid_grant')
  const scopes = intersect(authorization.scopes, presenter.scopes, consent.scopes)
  if (scopes.length === 0) return refused('invalid_scope')
  if (authorization.family !== undefined) {
    authorization.family.isEnded = true
    return refused('invalid_grant', 'token.reuse-detected')
  }
  const tokenExpiresAt = state.now + presenter.refreshTokenTtlSeconds
  const tokens = keepTokens(state, at, authorization.client, body)
  authorization.family = {
    tokens: [tokens?.refresh_token],
    tokenExpiresAt,
    expiresAt: Math.max(
      tokenExpiresAt,
      state.now + ACCESS_TOKEN_TTL_SECONDS,
      state.now + REMEMBERED_SECONDS,
    ),
    isEnded: false,
    last: undefined,
  }
  return issued(tokens, scopes)
}

/** A response with new tokens, which must have these scopes: they are part of the outcome. */
const issued = (tokens: TokenBody | undefined, scopes: ReadonlyArray<string>): Prediction => ({
  outcome: `issued ${tokens === undefined ? '' : [...scopes].sort().join(' ')}`,
  events: ['token.issued'],
})

/** Keeps the access token of a response. @returns The response, if anybody received it. */
function keepTokens(
  state: State,
  authorization: number | undefined,
  client: number,
  body: string | undefined,
): TokenBody | undefined {
  if (body === undefined) return undefined
  const tokens = JSON.parse(body) as TokenBody
  const [header = ''] = tokens.access_token.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  state.accessTokens.push({
    token: tokens.access_token,
    keyId: kid,
    scopes: tokens.scope.split(' ').sort(),
    client,
    authorization,
    expiresAt: state.now + ACCESS_TOKEN_TTL_SECONDS,
    isRevoked: false,
  })
  return tokens
}

const consentedScopes = ({ consents }: State, { consent }: AuthorizationState) =>
  consents.find(({ serial }) => serial === consent)?.scopes ?? []

/** Whether the client may repeat its last refresh. */
function isWithinGrace(
  { now, refreshTokenGraceSeconds }: State,
  { last }: FamilyState,
  scope: string | undefined,
): boolean {
  return last !== undefined && last.scope === scope && now < last.at + refreshTokenGraceSeconds
}

function refresh(
  state: State,
  { authorization: at, scope, by }: Extract<Action, { kind: 'refresh' }>,
  { body, token }: Seen,
  other: number,
): Prediction {
  const authorization = itemOf(state.authorizations, at)
  const { family, client: owner } = authorization
  const presenter = by === 'other' ? other : owner
  const client = itemOf(state.clients, presenter)
  if (client.isDeleted) return unauthenticated
  if (presenter !== owner || !isFamilyAlive(state, authorization)) return refused('invalid_grant')
  if (family === undefined) throw new Error('a family that is alive exists')
  const age = family.tokens.length - 1 - family.tokens.indexOf(token)
  const isReplay = age === 1 && isWithinGrace(state, family, scope)
  if (age > 0 && !isReplay) {
    family.isEnded = true
    return refused('invalid_grant', 'token.reuse-detected')
  }
  if (family.tokenExpiresAt <= state.now) return refused('invalid_grant')
  const refusal = refusalOfUser(state, authorization)
  if (refusal !== undefined) return refusal
  const asked = scope === undefined ? authorization.scopes : [scope]
  if (!isSubset(asked, authorization.scopes)) return refused('invalid_scope')
  const scopes = intersect(asked, client.scopes, consentedScopes(state, authorization))
  if (isReplay) return replay(state, at, scopes, body)
  if (scopes.length === 0) return refused('invalid_scope')

  const tokens = keepTokens(state, at, owner, body)
  family.tokens.push(tokens?.refresh_token)
  family.last = { scope, at: state.now, granted: scopes, response: body }
  if (client.clientType === 'CONFIDENTIAL') {
    family.tokenExpiresAt = state.now + client.refreshTokenTtlSeconds
  }
  family.expiresAt = Math.max(
    family.expiresAt,
    family.tokenExpiresAt,
    state.now + ACCESS_TOKEN_TTL_SECONDS,
  )
  return issued(tokens, scopes)
}

/** The client repeats its last refresh within the grace period: it gets the same response. */
function replay(
  state: State,
  at: number,
  permitted: ReadonlyArray<string>,
  body: string | undefined,
): Prediction {
  const authorization = itemOf(state.authorizations, at)
  const { family } = authorization
  if (family?.last === undefined) throw new Error('nothing was refreshed')
  const { granted, response } = family.last
  if (!isSubset(granted, permitted)) return refused('invalid_grant')
  const events = ['token.response-replayed']
  const outcome = `issued ${body === undefined ? '' : [...granted].sort().join(' ')}`
  if (response !== undefined || body === undefined) return { outcome, events, body: response }
  // The first one was lost. Its access token expires when that one would have.
  const { at: issuedAt } = family.last
  family.last = { ...family.last, response: body }
  const tokens = keepTokens({ ...state, now: issuedAt }, at, authorization.client, body)
  family.tokens.splice(-1, 1, tokens?.refresh_token)
  return { outcome, events }
}

function requestClientCredentials(state: State, at: number, { body }: Seen): Prediction {
  const client = itemOf(state.clients, at)
  if (client.isDeleted) return unauthenticated
  if (client.clientType === 'PUBLIC') return refused('unauthorized_client')
  return issued(keepTokens(state, undefined, at, body), client.scopes)
}

function revokeRefreshToken(
  state: State,
  { authorization: at, by }: Extract<Action, { kind: 'revoke-token' }>,
  _seen: Seen,
  other: number,
): Prediction {
  const authorization = itemOf(state.authorizations, at)
  const presenter = by === 'other' ? other : authorization.client
  if (itemOf(state.clients, presenter).isDeleted) return unauthenticated
  const { family } = authorization
  if (family === undefined || !isFamilyAlive(state, authorization)) {
    return { outcome: 'ok', events: [] }
  }
  if (presenter !== authorization.client) return refused('invalid_request')
  family.isEnded = true
  return { outcome: 'ok', events: ['token.revoked'] }
}

function revokeAccessToken(
  state: State,
  { authorization: at, by }: Extract<Action, { kind: 'revoke-token' }>,
  { token }: Seen,
  other: number,
): Prediction {
  const owner = itemOf(state.authorizations, at).client
  const presenter = by === 'other' ? other : owner
  if (itemOf(state.clients, presenter).isDeleted) return unauthenticated
  const found = state.accessTokens.find((accessToken) => accessToken.token === token)
  if (found === undefined) throw new Error('the token is unknown')
  if (!isAccessTokenValid(state, found)) return { outcome: 'ok', events: [] }
  if (presenter !== owner) return refused('invalid_request')
  found.isRevoked = true
  return { outcome: 'ok', events: ['token.revoked'] }
}

function disconnect(
  state: State,
  { client, user, by }: Extract<Action, { kind: 'disconnect' }>,
): Prediction {
  const { isDisabled, tenantId } = itemOf(state.users, user)
  const events: Array<string> = []
  if (by === 'user') {
    if (isDisabled) return { outcome: 'page', events: ['user.sign-in-failed'] }
    events.push('user.signed-in')
    // The page lists the connections, which ends those of an earlier tenant.
    events.push(
      ...endConsents(state, (consent) => consent.user === user && consent.tenantId !== tenantId),
    )
  }
  const ended = endConsents(state, (consent) => consent.user === user && consent.client === client)
  return { outcome: ended.length > 0 ? 'ok' : 'none', events: [...events, ...ended] }
}

function revokeTenant(state: State, tenantId: string): Prediction {
  const users = new Set(
    state.consents.filter((consent) => consent.tenantId === tenantId).map(({ user }) => user),
  )
  const events = endConsents(state, (consent) => consent.tenantId === tenantId)
  state.now += 2
  return { outcome: 'ok', events: [...events, ...Array.from(users, () => 'user.access-revoked')] }
}

function rotateSecret(state: State, at: number): Prediction {
  const client = itemOf(state.clients, at)
  if (client.clientType === 'PUBLIC') return { outcome: 'none', events: [] }
  if (client.isDeleted) return { outcome: 'not-found', events: [] }
  return {
    // The old secret is tried once more.
    outcome: 'invalid_client',
    events: ['client.secret-added', 'client.secret-removed', 'client.authentication-failed'],
  }
}
