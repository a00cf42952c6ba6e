/**
 * Acme Recruiter: a partner's application with a "Sign in with Teamcast" button. It uses openid-client
 * and nothing of this package but its registration.
 *
 * @module
 */

import type { RegisteredClient } from '@teamcast/oauth-server'
import Koa, { type Context } from 'koa'
import * as oauth from 'openid-client'
import { renderSignedInPage, renderSignedOutPage, sendHtml } from './pages.ts'
import { isInvalidGrant, outcomeOf } from './partner-outcomes.ts'
import { beginSignIn, createSessions, endSignIn, type Session } from './partner-sessions.ts'

const SCOPE = 'interview:read interview:create'

/** Makes the partner's application. */
export function createPartnerApplication(
  issuer: string,
  partnerUrl: string,
  { client, clientSecret }: RegisteredClient,
): Koa {
  let configuration: Promise<oauth.Configuration> | undefined

  function discover(): Promise<oauth.Configuration> {
    const isHttp = issuer.startsWith('http:')
    configuration ??= oauth.discovery(new URL(issuer), client.clientId, clientSecret, undefined, {
      algorithm: 'oauth2',
      ...(isHttp ? { execute: [oauth.allowInsecureRequests] } : {}),
    })
    configuration.catch(() => {
      configuration = undefined
    })
    return configuration
  }

  async function signIn(ctx: Context, session: Session): Promise<void> {
    // Opened by another name (127.0.0.1), the browser would come back without its cookie.
    if (ctx.host !== new URL(partnerUrl).host) return ctx.redirect(`${partnerUrl}/sign-in`)
    const codeVerifier = oauth.randomPKCECodeVerifier()
    const state = oauth.randomState()
    const url = oauth.buildAuthorizationUrl(await discover(), {
      redirect_uri: `${partnerUrl}/callback`,
      scope: SCOPE,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    })
    beginSignIn(session, state, codeVerifier)
    ctx.redirect(url.href)
  }

  async function finishSignIn(ctx: Context, session: Session): Promise<void> {
    const url = new URL(`${partnerUrl}/callback${ctx.search}`)
    const expectedState = url.searchParams.get('state') ?? ''
    const pkceCodeVerifier = endSignIn(session, expectedState)
    if (pkceCodeVerifier === undefined) {
      throw new Error('This sign-in is not under way in this browser. Start again.')
    }
    const checks = { pkceCodeVerifier, expectedState }
    await keepTokens(session, await oauth.authorizationCodeGrant(await discover(), url, checks))
    session.outcome = { kind: 'success', title: 'You are signed in' }
    ctx.redirect('/')
  }

  async function keepTokens(session: Session, tokens: oauth.TokenEndpointResponse): Promise<void> {
    session.tokens = tokens
    const token = await oauth.tokenIntrospection(await discover(), tokens.access_token)
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
      // Revoked, expired, or the user may not be here any more: only a new sign-in helps.
      if (isInvalidGrant(error)) forgetTokens(session)
      throw error
    }
    session.outcome = {
      kind: 'success',
      title: 'The tokens are new',
      detail: 'The ones before them are of no use any more.',
    }
  }

  function refreshOnce(session: Session): Promise<void> {
    session.refreshing ??= refresh(session).finally(() => {
      session.refreshing = undefined
    })
    return session.refreshing
  }

  async function disconnect(session: Session): Promise<void> {
    await oauth.tokenRevocation(await discover(), session.tokens?.refresh_token ?? '')
    forgetTokens(session)
    session.outcome = {
      kind: 'success',
      title: 'You are disconnected',
      detail: 'Acme Recruiter has revoked its tokens and forgotten them.',
    }
  }

  const actions: Readonly<Record<string, (session: Session) => Promise<void>>> = {
    '/list-interviews': (session) => callApi(session, 'GET'),
    '/create-interview': (session) => callApi(session, 'POST'),
    '/refresh': refreshOnce,
    '/disconnect': disconnect,
  }

  async function route(ctx: Context, session: Session): Promise<void> {
    const action = ctx.method === 'POST' ? actions[ctx.path] : undefined
    if (action !== undefined) {
      // Signed out in another tab: the home page says so.
      if (session.tokens !== undefined) await action(session)
      ctx.status = 303
      ctx.redirect('/')
    } else if (ctx.method !== 'GET') {
      ctx.status = 404
    } else if (ctx.path === '/') {
      showHome(ctx, session)
    } else if (ctx.path === '/sign-in') {
      await signIn(ctx, session)
    } else if (ctx.path === '/callback') {
      await finishSignIn(ctx, session)
    }
  }

  const sessionOf = createSessions()
  const app = new Koa()
  app.use(async (ctx) => {
    const session = sessionOf(ctx)
    try {
      await route(ctx, session)
    } catch (error) {
      session.outcome = outcomeOf(error)
      ctx.status = 303
      ctx.redirect('/')
    }
  })
  return app
}

function showHome(ctx: Context, session: Session): void {
  const { connection, outcome } = session
  session.outcome = undefined
  sendHtml(
    ctx,
    connection === undefined
      ? renderSignedOutPage(outcome)
      : renderSignedInPage(connection, outcome),
  )
}

function forgetTokens(session: Session): void {
  delete session.tokens
  delete session.connection
}
