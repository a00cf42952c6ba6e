/**
 * Acme Recruiter: a partner's application with a "Sign in with Teamcast" button. It uses openid-client, and
 * this package only to register itself.
 *
 * @module
 */

import Koa, { type Context } from 'koa'
import * as oauth from 'openid-client'
import { isFromOwnPage, readForm } from './forms.ts'
import { sendPage } from './layout.ts'
import { signedInPage, signedOutPage } from './pages.ts'
import { createPartnerActions } from './partner-actions.ts'
import { createPartnerClient } from './partner-client.ts'
import { IDENTITY_SCOPES } from './partner-identity.ts'
import { outcomeOf } from './partner-outcomes.ts'
import type { PartnerCredentials } from './partner-registration.ts'
import { beginSignIn, createSessions, endSignIn, type Session } from './partner-sessions.ts'

/** What it needs of Teamcast's API. */
export const API_SCOPES: ReadonlyArray<string> = ['interview:read', 'interview:create']

/** Creates the partner's application. @param scopes What it asks for; with `openid`, it shows who signed in. */
export function createPartnerApplication(
  issuer: string,
  partnerUrl: string,
  ownCredentials: PartnerCredentials,
  scopes: ReadonlyArray<string>,
): Koa {
  const asksWhoSignedIn = IDENTITY_SCOPES.every((scope) => scopes.includes(scope))
  const redirectUri = `${partnerUrl}/callback`
  const { origin, host } = new URL(partnerUrl)
  let sessionOf = createSessions()
  let partner = createPartnerClient(issuer, ownCredentials)
  const discover = (): Promise<oauth.Configuration> => partner.discover()
  const partnerActions = createPartnerActions(issuer, discover)

  async function signIn(ctx: Context, session: Session): Promise<void> {
    const codeVerifier = oauth.randomPKCECodeVerifier()
    const state = oauth.randomState()
    const nonce = asksWhoSignedIn ? oauth.randomNonce() : undefined
    const url = oauth.buildAuthorizationUrl(await discover(), {
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(nonce === undefined ? {} : { nonce }),
    })
    beginSignIn(session, state, { codeVerifier, nonce })
    ctx.redirect(url.href)
  }

  async function finishSignIn(ctx: Context, session: Session): Promise<void> {
    const url = new URL(redirectUri + ctx.search)
    const expectedState = url.searchParams.get('state') ?? ''
    const checks = endSignIn(session, expectedState)
    if (checks === undefined) {
      throw new Error('This sign-in was not started in this browser. Start again.')
    }
    const { codeVerifier: pkceCodeVerifier, nonce } = checks
    await partnerActions.saveTokens(
      session,
      await oauth.authorizationCodeGrant(await discover(), url, {
        pkceCodeVerifier,
        expectedState,
        ...(nonce === undefined ? {} : { expectedNonce: nonce }),
      }),
    )
    session.outcome = { kind: 'success', title: 'You are signed in' }
    ctx.redirect('/')
  }

  /** Switches to another registration. Discards all sessions: their tokens belong to the previous one. */
  function use(ctx: Context, credentials: PartnerCredentials): void {
    partner = createPartnerClient(issuer, credentials)
    sessionOf = createSessions()
    sessionOf(ctx).outcome = {
      kind: 'success',
      title: `Acme Recruiter uses ${credentials === ownCredentials ? 'its own' : 'another'} registration`,
      detail: 'Sign in with Teamcast to try it.',
    }
  }

  async function changeRegistration(ctx: Context, session: Session): Promise<void> {
    const form = await readForm(ctx)
    const clientId = form?.get('clientId')?.trim()
    const clientSecret = form?.get('clientSecret')?.trim()
    if (clientId && clientSecret) return use(ctx, { clientId, clientSecret })
    session.outcome = { kind: 'failure', title: 'Fill in the client id and the secret' }
  }

  async function act(ctx: Context, session: Session): Promise<void> {
    if (ctx.path === '/registration') return await changeRegistration(ctx, session)
    if (ctx.path === '/own-registration') return use(ctx, ownCredentials)
    // Without tokens, the user has signed out in another tab; the home page shows that.
    if (session.tokens !== undefined) await partnerActions.act(session, ctx.path)
  }

  async function route(ctx: Context, session: Session): Promise<void> {
    if (ctx.method === 'POST' && isFromOwnPage(ctx, origin)) {
      await act(ctx, session)
      ctx.status = 303
      ctx.redirect('/')
    } else if (ctx.method !== 'GET') {
      ctx.status = 404
    } else if (ctx.host !== host) {
      // Under another host name (127.0.0.1) the cookie would be missing at the callback.
      ctx.redirect(origin + ctx.path + ctx.search)
    } else if (ctx.path === '/') {
      showHome(ctx, session)
    } else if (ctx.path === '/sign-in') {
      await signIn(ctx, session)
    } else if (ctx.path === '/callback') {
      await finishSignIn(ctx, session)
    }
  }

  function showHome(ctx: Context, session: Session): void {
    const { connection, outcome } = session
    session.outcome = undefined
    const { clientId } = partner.credentials
    const isReplaced = partner.credentials !== ownCredentials
    const registration = { issuer, clientId, isReplaced, redirectUri, scopes }
    sendPage(
      ctx,
      connection === undefined
        ? signedOutPage(registration, outcome)
        : signedInPage(issuer, connection, outcome),
    )
  }

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
