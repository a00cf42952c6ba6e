/**
 * What the partner does with a user's tokens.
 *
 * @module
 */

import * as oauth from 'openid-client'
import { isInvalidGrant } from './partner-outcomes.ts'
import type { Session } from './partner-sessions.ts'

/** What the partner can do. Each leaves its outcome in the session. */
export interface PartnerActions {
  /** Keeps tokens, and what Teamcast says of them. */
  keepTokens(session: Session, tokens: oauth.TokenEndpointResponse): Promise<void>
  /** What a signed-in user can ask for, by path. */
  readonly actions: Readonly<Record<string, (session: Session) => Promise<void>>>
}

/** Makes the actions. @param discover How the partner speaks to Teamcast. */
export function createPartnerActions(
  issuer: string,
  discover: () => Promise<oauth.Configuration>,
): PartnerActions {
  async function keepTokens(session: Session, tokens: oauth.TokenEndpointResponse): Promise<void> {
    session.tokens = tokens
    const token = await introspect(session)
    session.connection = {
      userId: token.sub ?? '',
      tenantId: String(token['tenant_id']),
      scope: token.scope ?? '',
      expiresAt: new Date((token.exp ?? 0) * 1000),
    }
  }

  async function callApi(session: Session, method: 'GET' | 'POST'): Promise<void> {
    const url = new URL('/api/interviews', issuer)
    const accessToken = session.tokens?.access_token ?? ''
    const response = await oauth.fetchProtectedResource(await discover(), accessToken, url, method)
    session.outcome = {
      kind: response.ok ? 'success' : 'failure',
      title: `${method} ${url.pathname} answered ${response.status}`,
      json: JSON.stringify(await response.json(), null, 2),
    }
  }

  async function refresh(session: Session): Promise<void> {
    const refreshToken = session.tokens?.refresh_token ?? ''
    try {
      await keepTokens(session, await oauth.refreshTokenGrant(await discover(), refreshToken))
    } catch (error) {
      if (!isInvalidGrant(error)) throw error
      // Revoked, expired, or the user may not be here any more: only a new sign-in helps.
      const { active } = await introspect(session)
      forgetTokens(session)
      session.outcome = {
        kind: 'failure',
        title: 'The connection has ended',
        detail: `The refresh was refused, and introspection says "active": ${active}. Sign in again.`,
      }
      return
    }
    session.outcome = {
      kind: 'success',
      title: 'The tokens are new',
      detail: 'The ones before them are of no use any more.',
    }
  }

  async function introspect({ tokens }: Session): Promise<oauth.IntrospectionResponse> {
    return await oauth.tokenIntrospection(await discover(), tokens?.access_token ?? '')
  }

  async function showIntrospection(session: Session): Promise<void> {
    const token = await introspect(session)
    session.outcome = {
      kind: token.active ? 'success' : 'failure',
      title: `The access token is ${token.active ? 'active' : 'not active any more'}`,
      json: JSON.stringify(token, null, 2),
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
    // Forgotten first: whatever Teamcast answers, the user asked for it.
    forgetTokens(session)
    await oauth.tokenRevocation(await discover(), refreshToken)
    session.outcome = {
      kind: 'success',
      title: 'You are disconnected',
      detail: 'Acme Recruiter has revoked its tokens and forgotten them.',
    }
  }

  const actions: PartnerActions['actions'] = {
    '/list-interviews': (session) => callApi(session, 'GET'),
    '/create-interview': (session) => callApi(session, 'POST'),
    '/refresh': refreshOnce,
    '/introspect': showIntrospection,
    '/disconnect': disconnect,
  }

  return { keepTokens, actions }
}

function forgetTokens(session: Session): void {
  delete session.tokens
  delete session.connection
}
