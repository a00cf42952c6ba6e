/**
 * The browser's session with the server, as oidc-provider keeps it, outside of its own endpoints.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import type { default as Provider } from 'oidc-provider'
import { SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { BrowserSessions } from '../users/browser-sessions.ts'

/** A session of oidc-provider. */
export type Session = InstanceType<Provider['Session']>

/** Makes the browser sessions of a provider. */
export function createBrowserSessions(
  provider: Provider,
  createCookieJar: (ctx: Context) => Cookies,
): BrowserSessions {
  const options = { signed: true, httpOnly: true, overwrite: true } as const
  const end = async (ctx: Context): Promise<void> => {
    const session = await findSession(provider, createCookieJar(ctx))
    if (session.accountId !== undefined) await session.destroy()
  }
  return {
    async signedInUserId(ctx) {
      return (await findSession(provider, createCookieJar(ctx))).accountId
    },

    async signIn(ctx, userId, at) {
      await end(ctx)
      const session = new provider.Session()
      session.loginAccount({ accountId: userId, loginTs: at })
      const id = await session.save(SESSION_TTL_SECONDS)
      const maxAge = SESSION_TTL_SECONDS * 1000
      createCookieJar(ctx).set(provider.cookieName('session'), id, { ...options, maxAge })
    },

    async signOut(ctx) {
      await end(ctx)
      createCookieJar(ctx).set(provider.cookieName('session'), null, options)
    },
  }
}

/** The session of a request; one without a user when there is none. */
export function findSession(provider: Provider, cookies: Cookies): Promise<Session> {
  return provider.Session.get({ oidc: { cookies } } as unknown as Context)
}
