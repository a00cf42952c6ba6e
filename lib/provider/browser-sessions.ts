/**
 * The browser sessions of oidc-provider, for use outside of its own endpoints.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import type { AdapterPayload, default as Provider } from 'oidc-provider'
import { SESSION_RENEWAL_SECONDS, SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { BrowserSession, BrowserSessions } from '../users/browser-sessions.ts'
import type { StoredSession } from './request-state.ts'
import { type StoredSessions, withUser } from './stored-sessions.ts'

/** A session of oidc-provider. */
export type Session = InstanceType<Provider['Session']>

/**
 * Renews the identifier of a session, of whoever is signed in now, when it is saved. One that was never stored has a new
 * identifier already; oidc-provider would end the one before, and forget why if that fails.
 */
export type RenewIdentifier = (session: Session) => void

/**
 * Makes sessions keep their identifier until somebody signs in. oidc-provider would renew it whenever an
 * authorization is resumed, and concurrent requests of the browser would lose their session.
 */
export function keepIdentifiers(provider: Provider): RenewIdentifier {
  const { prototype } = provider.Session
  const { resetIdentifier } = prototype
  prototype.resetIdentifier = () => undefined
  return (session) => {
    if (session.exp !== undefined) resetIdentifier.call(session)
    nameItsUser(session)
  }
}

function nameItsUser(session: Session): void {
  if (session.accountId !== undefined) session.jti = withUser(session.jti, session.accountId)
}

/**
 * Makes sessions keep the time of the latest sign-in. oidc-provider would set it back to that of an earlier request,
 * when that is resumed once more.
 */
export function keepLatestSignIn(provider: Provider): void {
  const { prototype } = provider.Session
  const { loginAccount } = prototype
  prototype.loginAccount = function (details) {
    const { accountId, loginTs: before = 0 } = this
    const { loginTs: now = 0 } = details
    const isEarlier = accountId === details.accountId && now < before
    loginAccount.call(this, isEarlier ? { ...details, loginTs: before } : details)
  }
}

/**
 * Whether a session need not be saved: it is as it was stored less than an hour ago. oidc-provider would save every
 * session that a request uses, and send its cookie again. What else it adds to sessions is of no use here.
 */
export function isAsStored(
  session: Pick<StoredSession, 'jti' | 'uid' | 'accountId' | 'loginTs'>,
  stored: StoredSession | undefined,
  now: number,
): boolean {
  return (
    stored?.savedAt !== undefined &&
    now - stored.savedAt < SESSION_RENEWAL_SECONDS &&
    session.jti === stored.jti &&
    session.uid === stored.uid &&
    session.accountId === stored.accountId &&
    session.loginTs === stored.loginTs
  )
}

/** Creates the browser sessions of a provider. */
export function createBrowserSessions(
  provider: Provider,
  sessions: StoredSessions,
  createCookieJar: (ctx: Context) => Cookies,
  renewIdentifier: RenewIdentifier,
): BrowserSessions {
  const options = { signed: true, httpOnly: true, overwrite: true } as const
  return {
    async find(ctx) {
      const id = createCookieJar(ctx).get(provider.cookieName('session'))
      const session = id === undefined ? undefined : await sessions.find(id)
      return session && toBrowserSession(session)
    },

    async signIn(ctx, userId, at) {
      const before = await findSession(provider, createCookieJar(ctx))
      const isSameUser = before?.accountId === userId
      const session = isSameUser ? before : new provider.Session()
      if (!isSameUser && before?.accountId !== undefined) await before.destroy()
      session.loginAccount({ accountId: userId, loginTs: at })
      if (isSameUser) renewIdentifier(session)
      else nameItsUser(session)
      const id = await session.save(SESSION_TTL_SECONDS)
      const maxAge = SESSION_TTL_SECONDS * 1000
      createCookieJar(ctx).set(provider.cookieName('session'), id, { ...options, maxAge })
      return { sessionId: session.uid, userId, at }
    },

    async signOut(ctx) {
      const session = await findSession(provider, createCookieJar(ctx))
      if (session?.accountId !== undefined) await session.destroy()
      createCookieJar(ctx).set(provider.cookieName('session'), null, options)
    },
  }
}

/** Finds the session of a request, as `Session.get` does; it may be nobody's. */
export async function findSession(
  provider: Provider,
  cookies: Cookies,
): Promise<Session | undefined> {
  const id = cookies.get(provider.cookieName('session'))
  return id === undefined ? undefined : await provider.Session.find(id)
}

/** Converts a session; `undefined` when nobody is signed in. */
export function toBrowserSession({
  uid = '',
  accountId,
  loginTs = 0,
}: AdapterPayload): BrowserSession | undefined {
  return accountId === undefined ? undefined : { sessionId: uid, userId: accountId, at: loginTs }
}
