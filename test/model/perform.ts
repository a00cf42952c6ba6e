/**
 * Actions as clients, browsers, administrators and the host perform them, over HTTP where there is HTTP.
 *
 * @module
 */

import type { RegisteredClient } from '@teamcast/oauth-server'
import { type Browser, formOf, startBrowser } from '../helpers/browser.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import type { Action, UserChange } from './actions.ts'
import {
  ACCESS_TOKEN_TTL_SECONDS,
  afterChange,
  KEY_REVOCATION_SECONDS,
  lifetimeOf,
  type Seen,
} from './predict.ts'
import { SUPER_ADMIN_TOKEN, type System } from './system.ts'

/** How often an administrator tries to change a client that others change. */
const MAXIMUM_TRIES = 5

/** What clients, users and administrators hold. */
export interface Holdings {
  readonly clients: Array<RegisteredClient>
  readonly users: ReadonlyArray<HeldUser>
  /** One for each code that a client was given. */
  readonly authorizations: Array<Holding>
}

/** A user as the host knows it. */
export interface HeldUser {
  readonly userId: string
  tenantId: string
  isDisabled: boolean
}

/** What a client holds of an authorization, oldest first. */
export interface Holding {
  readonly client: number
  readonly code: string
  readonly refreshTokens: Array<string>
  readonly accessTokens: Array<string>
}

/** An action whose numbers are those of what there is, with the token that it is about. */
export interface Resolved {
  readonly action: Action
  readonly token: string | undefined
  /** Another client than the one of the authorization, if there are several. */
  readonly other: number
}

/** Finds what an action is about. @returns `undefined` if there is no such thing. */
export function resolve(holdings: Holdings, action: Action): Resolved | undefined {
  const { clients, users, authorizations } = holdings
  const numbers = {
    ...('client' in action && { client: action.client % clients.length }),
    ...('user' in action && { user: action.user % users.length }),
  }
  if (!('authorization' in action)) {
    return { action: { ...action, ...numbers } as Action, token: undefined, other: 0 }
  }
  // 0 is the last one.
  const authorization = authorizations.length - 1 - (action.authorization % authorizations.length)
  const holding = authorizations[authorization]
  if (holding === undefined) return undefined
  const other = (holding.client + 1) % clients.length
  const resolved = { ...action, authorization }
  if (action.kind === 'redeem') return { action: resolved, token: undefined, other }
  const isAccess = action.kind === 'revoke-token' && action.which === 'access'
  const tokens = isAccess ? holding.accessTokens : holding.refreshTokens
  const token = tokens.at(-1 - Math.min(action.back, tokens.length - 1))
  return token === undefined ? undefined : { action: resolved, token, other }
}

/** Where requests go, and from where. */
export interface Route {
  /** The server of the next request. */
  next(): 0 | 1
  readonly ip: string
}

/** Performs an action. @returns What whoever acted was told. */
export async function perform(
  system: System,
  holdings: Holdings,
  { action, token, other }: Resolved,
  route: Route,
): Promise<Seen> {
  switch (action.kind) {
    case 'register':
      return await register(system, holdings, action.type, route)
    case 'authorize':
      return await authorize(system, holdings, action, route)
    case 'redeem': {
      const { client, code } = holdingOf(holdings, action.authorization)
      return await requestTokens(
        system,
        clientOf(holdings, action.fault === 'other-client' ? other : client),
        {
          grant_type: 'authorization_code',
          code,
          code_verifier: CODE_VERIFIER + (action.fault === 'other-verifier' ? 'x' : ''),
        },
        route,
      )
    }
    case 'refresh': {
      const { client } = holdingOf(holdings, action.authorization)
      return await requestTokens(
        system,
        clientOf(holdings, action.by === 'other' ? other : client),
        { grant_type: 'refresh_token', refresh_token: token, scope: action.scope },
        route,
      )
    }
    case 'client-credentials':
      return await requestTokens(
        system,
        clientOf(holdings, action.client),
        { grant_type: 'client_credentials' },
        route,
      )
    case 'revoke-token': {
      const { client } = holdingOf(holdings, action.authorization)
      const presenter = clientOf(holdings, action.by === 'other' ? other : client)
      const response = await post(system, presenter, '/oauth/revoke', { token }, route)
      const body = await response.json()
      return { outcome: response.status === 200 ? 'ok' : body.error }
    }
    case 'disconnect':
      return await disconnect(system, holdings, action, route)
    case 'revoke-user': {
      const { userId } = userOf(holdings, action.user)
      await system.server(route.next()).connections.revokeAllOfUser(userId)
      system.clock.advance(2)
      return { outcome: 'ok' }
    }
    case 'revoke-tenant': {
      const { tenantId } = userOf(holdings, action.user)
      await system.server(route.next()).connections.revokeAllOfTenant(tenantId)
      system.clock.advance(2)
      return { outcome: 'ok' }
    }
    case 'change-scopes': {
      const { client } = clientOf(holdings, action.client)
      const { scopes } = action
      return await administer(system, 'PATCH', `/${client.clientId}`, { scopes }, route)
    }
    case 'delete-client':
      return await administer(
        system,
        'DELETE',
        `/${clientOf(holdings, action.client).client.clientId}`,
        undefined,
        route,
      )
    case 'change-user':
      changeUser(system, userOf(holdings, action.user), action.to)
      return { outcome: 'ok' }
    case 'rotate-secret':
      return await rotateSecret(system, holdings, action.client, route)
    case 'rotate-key':
      await system.keys[route.next()].rotate('signing')
      await refreshKeys(system)
      return { outcome: 'ok' }
    case 'revoke-key':
      return await revokeKey(system, route)
    case 'advance':
      system.clock.advance(action.seconds)
      if (action.seconds >= ACCESS_TOKEN_TTL_SECONDS) await refreshKeys(system)
      return { outcome: 'ok' }
  }
}

const clientOf = ({ clients }: Holdings, at: number): RegisteredClient => {
  const client = clients[at]
  if (client === undefined) throw new Error(`there is no client ${at}`)
  return client
}
const holdingOf = ({ authorizations }: Holdings, at: number): Holding => {
  const holding = authorizations[at]
  if (holding === undefined) throw new Error(`there is no authorization ${at}`)
  return holding
}
const userOf = ({ users }: Holdings, at: number): HeldUser => {
  const user = users[at]
  if (user === undefined) throw new Error(`there is no user ${at}`)
  return user
}

/** Keeps the users of the system as the host has them. */
export function updateUser({ users }: System, { userId, tenantId, isDisabled }: HeldUser): void {
  if (isDisabled) users.delete(userId)
  else users.set(userId, { userId, tenantId })
}

function changeUser(system: System, user: HeldUser, to: UserChange): void {
  Object.assign(user, afterChange(user, to))
  updateUser(system, user)
}

function post(
  system: System,
  client: RegisteredClient,
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
  { next, ip }: Route,
): Promise<Response> {
  const headers = { 'x-forwarded-for': ip }
  return postAs(client, String(system.reach(next(), path)), parameters, headers)
}

async function requestTokens(
  system: System,
  client: RegisteredClient,
  parameters: Readonly<Record<string, string | undefined>>,
  route: Route,
): Promise<Seen> {
  const response = await post(system, client, '/oauth/token', parameters, route)
  const body = await response.text()
  if (response.status !== 200) return { outcome: JSON.parse(body).error }
  const { scope } = JSON.parse(body)
  return { outcome: `issued ${String(scope).split(' ').sort().join(' ')}`, body }
}

/** Sends a request of an administrator. */
async function send(
  system: System,
  method: string,
  path: string,
  body: object | undefined,
  { next, ip }: Route,
): Promise<Response> {
  const url = system.reach(next(), `/super-admin/oauth-clients${path}`)
  return await fetch(url, {
    method,
    headers: {
      authorization: SUPER_ADMIN_TOKEN,
      'x-forwarded-for': ip,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function administer(...request: Parameters<typeof send>): Promise<Seen> {
  let { status } = await send(...request)
  // Somebody else changed the client meanwhile.
  for (let tries = 1; status === 409 && tries < MAXIMUM_TRIES; tries += 1) {
    status = (await send(...request)).status
  }
  const outcomes: Readonly<Record<number, string>> = { 200: 'ok', 204: 'ok', 404: 'not-found' }
  return { outcome: outcomes[status] ?? `status ${status}` }
}

async function register(
  system: System,
  { clients, users }: Holdings,
  type: 'confidential' | 'public' | 'tenant',
  route: Route,
): Promise<Seen> {
  const registration = {
    ...(type === 'public' ? PUBLIC_CLIENT : CONFIDENTIAL_CLIENT),
    scopes: CONFIDENTIAL_CLIENT.scopes,
    ...(type === 'tenant' && { audience: 'TENANT', tenantId: users[0]?.tenantId }),
    accessTokenTtlSeconds: ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: lifetimeOf(type),
  }
  const response = await send(system, 'POST', '', registration, route)
  const { clientSecret, ...client } = await response.json()
  if (response.status !== 201) return { outcome: `status ${response.status}` }
  clients.push({ client, clientSecret })
  return { outcome: 'ok' }
}

function openBrowser(system: System, { next, ip }: Route): Browser {
  return startBrowser({
    reach: (url) => system.reach(next(), url),
    headers: { 'x-forwarded-for': ip },
  })
}

async function authorize(
  system: System,
  holdings: Holdings,
  action: Extract<Action, { kind: 'authorize' }>,
  route: Route,
): Promise<Seen> {
  const client = clientOf(holdings, action.client)
  const { userId } = userOf(holdings, action.user)
  const browser = openBrowser(system, route)
  const scope = action.scopes.join(' ')
  const signInPage = await browser.open(authorizationUrl(system.issuer, client, { scope }))
  const signedIn =
    signInPage.callback === undefined && signInPage.html.includes('name="password"')
      ? await browser.signIn(signInPage, userId)
      : signInPage
  const isAsked = signedIn.html.includes('value="allow"')
  const end = isAsked ? await browser.submit(signedIn, { action: action.answer }) : signedIn
  if (end.callback === undefined) return { outcome: 'page' }
  const { searchParams } = end.callback
  const code = searchParams.get('code')
  if (code === null) return { outcome: searchParams.get('error') ?? '' }
  holdings.authorizations.push({
    client: action.client,
    code,
    refreshTokens: [],
    accessTokens: [],
  })
  const authorization = holdings.authorizations.length - 1
  return { outcome: isAsked ? 'code-after-consent' : 'code', authorization }
}

async function disconnect(
  system: System,
  holdings: Holdings,
  { client: at, user, by }: Extract<Action, { kind: 'disconnect' }>,
  route: Route,
): Promise<Seen> {
  const { clientId } = clientOf(holdings, at).client
  const { userId } = userOf(holdings, user)
  if (by === 'host') {
    const hasEnded = await system.server(route.next()).connections.revoke(userId, clientId)
    return { outcome: hasEnded ? 'ok' : 'none' }
  }
  const browser = openBrowser(system, route)
  const signInPage = await browser.open(`${system.issuer}/account/connections`)
  const page = await browser.signIn(signInPage, userId)
  if (page.status !== 200 || page.html.includes('name="password"')) return { outcome: 'page' }
  const isShown = page.html.includes(clientId)
  if (!isShown) return { outcome: 'none' }
  const after = await browser.submit(page, {
    ...formOf(page).hidden,
    action: 'disconnect',
    clientId,
  })
  return { outcome: after.status === 200 ? 'ok' : `status ${after.status}` }
}

async function rotateSecret(
  system: System,
  { clients }: Holdings,
  at: number,
  route: Route,
): Promise<Seen> {
  const old = clientOf({ clients } as Holdings, at)
  if (old.client.clientType === 'PUBLIC') return { outcome: 'none' }
  const path = `/${old.client.clientId}`
  const shown = await send(system, 'GET', path, undefined, route)
  if (shown.status === 404) return { outcome: 'not-found' }
  const { secrets } = await shown.json()
  const added = await send(system, 'POST', `${path}/secrets`, {}, route)
  const { clientSecret } = await added.json()
  const renewed = { client: old.client, clientSecret }
  clients[at] = renewed
  await send(system, 'DELETE', `${path}/secrets/${secrets[0]?.secretId}`, undefined, route)
  return await requestTokens(system, old, { grant_type: 'client_credentials' }, route)
}

/** Each server reads the keys again, as it does every few seconds. */
async function refreshKeys({ keys }: System): Promise<void> {
  for (const each of keys) await each.refresh()
}

async function revokeKey(system: System, route: Route): Promise<Seen> {
  const keys = system.keys[route.next()]
  const signing = (await keys.list()).find(
    ({ purpose, state }) => purpose === 'signing' && state === 'signing',
  )
  if (signing === undefined) throw new Error('no key signs')
  await keys.revoke(signing.keyId)
  await refreshKeys(system)
  system.clock.advance(KEY_REVOCATION_SECONDS)
  await refreshKeys(system)
  return { outcome: 'ok', keyId: signing.keyId }
}
