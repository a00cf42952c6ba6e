/**
 * The partner's actions with a user's tokens.
 *
 * @module
 */

import * as oauth from 'openid-client'
import { findIdentity } from './partner-identity.ts'
import { isInvalidClient, isInvalidGrant, isTokenRejected, outcomeOf } from './partner-outcomes.ts'
import type { Session } from './partner-sessions.ts'

/** The actions. Each stores its outcome in the session. */
export interface PartnerActions {
  /** Stores tokens, their introspection response and, if it has an ID token, who signed in. */
  saveTokens(session: Session, tokens: Tokens): Promise<void>
  /** Performs the action of a path; nothing at an unknown path. */
  act(session: Session, path: string): Promise<void>
}

type Tokens = oauth.TokenEndpointResponse & oauth.TokenEndpointResponseHelpers
type Action = (session: Session) => Promise<void>

/** Creates the actions. @param discover Returns the partner's configuration at Teamcast. */
export function createPartnerActions(
  issuer: string,
  discover: () => Promise<oauth.Configuration>,
): PartnerActions {
  async function saveTokens(session: Session, tokens: Tokens): Promise<void> {
    session.tokens = tokens
    const idToken = tokens.claims() ?? session.connection?.identity?.idToken
    const identity = idToken && (await findIdentity(await discover(), tokens, idToken))
    const token = await introspect(session)
    session.connection = {
      userId: idToken?.sub ?? token.sub ?? '',
      tenantId: String((idToken ?? token)['tenant_id']),
      identity,
      scope: token.scope ?? '',
      expiresAt: new Date((token.exp ?? 0) * 1000),
    }
  }

  const url = new URL('/api/interviews', issuer)

  async function send({ tokens }: Session, method: 'GET' | 'POST'): Promise<Response> {
    const accessToken = tokens?.access_token ?? ''
    return await oauth.fetchProtectedResource(await discover(), accessToken, url, method)
  }

  /** Performs an action. If the access token is rejected, refreshes it and tries once more. */
  async function withFreshTokens(session: Session, action: Action): Promise<void> {
    try {
      await action(session)
    } catch (error) {
      if (!isTokenRejected(error)) throw error
      await refreshOnce(session)
      if (session.tokens === undefined) return // refresh() has set the outcome
      await action(session)
    }
  }

  async function callApi(session: Session, method: 'GET' | 'POST'): Promise<void> {
    const response = await send(session, method)
    session.outcome = {
      kind: response.ok ? 'success' : 'failure',
      title: `${method} ${url.pathname} responded with ${response.status}`,
      json: JSON.stringify(await response.json(), null, 2),
    }
  }

  async function showIdToken(session: Session): Promise<void> {
    const idToken = session.connection?.identity?.idToken
    if (idToken === undefined) return
    session.outcome = {
      kind: 'success',
      title: 'openid-client verified this ID token when you signed in',
      json: JSON.stringify(idToken, null, 2),
    }
  }

  /** Asks again, so that the page shows what has changed at Teamcast. */
  async function askUserinfo(session: Session): Promise<void> {
    const { tokens, connection } = session
    if (tokens === undefined || connection?.identity === undefined) return
    const identity = await findIdentity(await discover(), tokens, connection.identity.idToken)
    session.connection = { ...connection, identity }
    session.outcome = {
      kind: 'success',
      title: 'The userinfo endpoint responded',
      json: JSON.stringify(identity.userinfo, null, 2),
    }
  }

  async function refresh(session: Session): Promise<void> {
    const refreshToken = session.tokens?.refresh_token ?? ''
    try {
      await saveTokens(session, await oauth.refreshTokenGrant(await discover(), refreshToken))
    } catch (error) {
      if (!isInvalidGrant(error)) throw error
      // Revoked, expired, or the user does not exist any more: the user must sign in again.
      const { active } = await introspect(session)
      forgetTokens(session)
      session.outcome = {
        kind: 'failure',
        title: 'The connection has ended',
        detail: `The refresh was refused, and introspection says "active": ${active}. Sign in again.`,
      }
      return
    }
    session.outcome = { kind: 'success', title: 'Tokens refreshed' }
  }

  async function introspect({ tokens }: Session): Promise<oauth.IntrospectionResponse> {
    return await oauth.tokenIntrospection(await discover(), tokens?.access_token ?? '')
  }

  async function showIntrospection(session: Session): Promise<void> {
    const token = await introspect(session)
    session.outcome = {
      kind: token.active ? 'success' : 'failure',
      title: `The access token is ${token.active ? 'active' : 'not active any more'}`,
      ...(token.active ? {} : { detail: 'Refresh the tokens, or sign in again.' }),
      json: JSON.stringify(token, null, 2),
    }
  }

  /** Performs an action. If Teamcast does not accept the client any more, the tokens are discarded. */
  async function attempt(session: Session, action: Action): Promise<void> {
    try {
      await action(session)
    } catch (error) {
      if (!isInvalidClient(error)) throw error
      forgetTokens(session)
      session.outcome = outcomeOf(error)
    }
  }

  function refreshOnce(session: Session): Promise<void> {
    session.refreshing ??= refresh(session).finally(() => {
      session.refreshing = undefined
    })
    return session.refreshing
  }

  async function disconnect(session: Session): Promise<void> {
    const refreshToken = session.tokens?.refresh_token ?? ''
    // Forgets the tokens first, so that they are gone even if the revocation fails.
    forgetTokens(session)
    await oauth.tokenRevocation(await discover(), refreshToken)
    session.outcome = {
      kind: 'success',
      title: 'You are disconnected',
      detail: 'Acme Recruiter has revoked its tokens and forgotten them.',
    }
  }

  const actions: Readonly<Record<string, Action>> = {
    '/id-token': showIdToken,
    '/userinfo': (session) => withFreshTokens(session, askUserinfo),
    '/list-interviews': (session) => withFreshTokens(session, () => callApi(session, 'GET')),
    '/create-interview': (session) => withFreshTokens(session, () => callApi(session, 'POST')),
    '/refresh': refreshOnce,
    '/introspect': showIntrospection,
    '/disconnect': disconnect,
  }

  return {
    saveTokens,
    async act(session, path) {
      const action = actions[path]
      if (action !== undefined) await attempt(session, action)
    },
  }
}

function forgetTokens(session: Session): void {
  delete session.tokens
  delete session.connection
}
