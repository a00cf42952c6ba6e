/**
 * Acme Recruiter: a partner's application with a "Sign in with Teamcast" button. It uses openid-client
 * and nothing of this package but its registration.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { ClientRegistry, RegisteredClient } from '@teamcast/oauth-server'
import Koa, { type Context } from 'koa'
import * as oauth from 'openid-client'
import {
  type Connection,
  type Outcome,
  renderSignedInPage,
  renderSignedOutPage,
  sendHtml,
} from './pages.ts'

const SESSION_COOKIE = 'acme_recruiter_session'
const SCOPE = 'interview:read interview:create'
const MAXIMUM_SESSIONS = 1000

/** Registers the partner, as a SuperAdmin would. */
export function registerPartner(
  clients: ClientRegistry,
  partnerUrl: string,
): Promise<RegisteredClient> {
  return clients.register({
    name: 'Acme Recruiter',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read', 'interview:create', 'candidate:read'],
    redirectUris: [`${partnerUrl}/callback`],
    clientUri: 'https://recruiter.acme.example/',
    tosUri: 'https://recruiter.acme.example/terms',
    policyUri: 'https://recruiter.acme.example/privacy',
  })
}

/** What the partner keeps of one browser. */
interface Session {
  /** The sign-in under way. */
  pending?: { readonly codeVerifier: string; readonly state: string }
  tokens?: oauth.TokenEndpointResponse
  connection?: Connection
  /** Shown once. */
  outcome?: Outcome | undefined
}

/** Makes the partner's application. */
export function createPartnerApplication(
  issuer: string,
  partnerUrl: string,
  { client, clientSecret }: RegisteredClient,
): Koa {
  const sessions = new Map<string, Session>()
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
    const codeVerifier = oauth.randomPKCECodeVerifier()
    const state = oauth.randomState()
    const url = oauth.buildAuthorizationUrl(await discover(), {
      redirect_uri: `${partnerUrl}/callback`,
      scope: SCOPE,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    })
    session.pending = { codeVerifier, state }
    ctx.redirect(url.href)
  }

  async function finishSignIn(ctx: Context, session: Session): Promise<void> {
    const { pending } = session
    delete session.pending
    if (pending === undefined) throw new Error('no sign-in is under way in this browser')
    const { codeVerifier: pkceCodeVerifier, state: expectedState } = pending
    const tokens = await oauth.authorizationCodeGrant(
      await discover(),
      new URL(ctx.url, partnerUrl),
      { pkceCodeVerifier, expectedState },
    )
    await keepTokens(session, tokens)
    session.outcome = { title: 'You are signed in', detail: '' }
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
      title: `${method} /api/interviews answered ${response.status}`,
      detail: JSON.stringify(await response.json(), null, 2),
    }
  }

  async function refresh(session: Session): Promise<void> {
    const refreshToken = session.tokens?.refresh_token ?? ''
    await keepTokens(session, await oauth.refreshTokenGrant(await discover(), refreshToken))
    session.outcome = { title: 'The tokens are new', detail: '' }
  }

  async function disconnect(session: Session): Promise<void> {
    await oauth.tokenRevocation(await discover(), session.tokens?.refresh_token ?? '')
    delete session.tokens
    delete session.connection
    session.outcome = { title: 'You are signed out, and the tokens are revoked', detail: '' }
  }

  const actions: Readonly<Record<string, (session: Session) => Promise<void>>> = {
    '/list-interviews': (session) => callApi(session, 'GET'),
    '/create-interview': (session) => callApi(session, 'POST'),
    '/refresh': refresh,
    '/disconnect': disconnect,
  }

  async function route(ctx: Context, session: Session): Promise<void> {
    const action = ctx.method === 'POST' ? actions[ctx.path] : undefined
    if (action !== undefined) {
      await action(session)
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

  const app = new Koa()
  app.use(async (ctx) => {
    const session = sessionOf(ctx, sessions)
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

function sessionOf(ctx: Context, sessions: Map<string, Session>): Session {
  const known = sessions.get(ctx.cookies.get(SESSION_COOKIE) ?? '')
  if (known !== undefined) return known
  const [oldest] = sessions.keys()
  if (sessions.size >= MAXIMUM_SESSIONS && oldest !== undefined) sessions.delete(oldest)
  const session: Session = {}
  const sessionId = randomUUID()
  sessions.set(sessionId, session)
  ctx.cookies.set(SESSION_COOKIE, sessionId, { sameSite: 'lax' })
  return session
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof oauth.AuthorizationResponseError) {
    return { title: 'You were not signed in', detail: error.error_description ?? error.error }
  }
  if (error instanceof oauth.ResponseBodyError) {
    return { title: `Teamcast answered ${error.error}`, detail: error.error_description ?? '' }
  }
  return { title: 'That did not work', detail: error instanceof Error ? error.message : '' }
}
