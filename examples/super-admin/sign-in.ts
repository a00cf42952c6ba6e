/**
 * Signs SuperAdmins in with a token, and recognises them afterwards: by their session in a browser, by the token itself
 * at the API.
 *
 * @module
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type AuditListener,
  type AuthorizeSuperAdmin,
  parseIpAddress,
  type SuperAdminPagesOptions,
} from '@teamcast/oauth-server'
import type { Context, Middleware } from 'koa'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { isFromOwnPage, readForm } from '../forms.ts'
import { sendPage } from '../layout.ts'
import { createSessions } from './sessions.ts'
import {
  expiredFormPage,
  type SignInPage,
  signInPage,
  signOutPage,
  type WrongToken,
} from './sign-in-pages.ts'

/** Options of the sign-in. */
export interface SuperAdminSignInOptions {
  readonly issuer: string
  /** It must be one that nobody can guess. */
  readonly superAdminToken: string
  /** Receives an event for every wrong token. */
  readonly onEvent: AuditListener
  /** Seconds since the Unix epoch. */
  readonly now: () => number
}

/** The sign-in. */
export interface SuperAdminSignIn {
  /** For the option of the authorization server. */
  readonly authorizeSuperAdmin: AuthorizeSuperAdmin
  /** For the option of the authorization server. */
  readonly superAdminPages: SuperAdminPagesOptions
  /** The pages to sign in and out. Calls `next()` for every other path. */
  readonly middleware: Middleware
}

const SUPER_ADMIN_ID = 'super-admin'

/** Creates the sign-in. */
export function createSuperAdminSignIn(options: SuperAdminSignInOptions): SuperAdminSignIn {
  const home = new URL(`${options.issuer}/super-admin`)
  const [signInPath, signOutPath] = [`${home.pathname}/sign-in`, `${home.pathname}/sign-out`]
  const sessions = createSessions(home.pathname, options.now)
  const isSuperAdminToken = createTokenCheck(options.superAdminToken)
  const reportWrongToken = createWrongTokenReport(options)

  /** Reads a form. @returns `undefined` unless our page sent it, with the CSRF token of this browser. */
  async function readOwnForm(ctx: Context): Promise<URLSearchParams | undefined> {
    const form = await readForm(ctx)
    if (form === undefined || !isFromOwnPage(ctx, home.origin)) return undefined
    return sessions.isFormToken(ctx, form.get('formToken') ?? '') ? form : undefined
  }

  async function signIn(ctx: Context): Promise<void> {
    const show = (next: string, problem?: WrongToken): void => {
      const form = { url: signInPath, formToken: sessions.formTokenOf(ctx) }
      send(ctx, signInPage(form, next, problem))
    }
    if (ctx.method === 'GET') {
      // Not from `ctx.URL`, which is undefined with a malformed `Host` header.
      const next = safeNext(new URLSearchParams(ctx.querystring).get('next'), home)
      if (sessions.isSignedIn(ctx)) redirect(ctx, next)
      else show(next)
      return
    }
    const form = await readOwnForm(ctx)
    if (form === undefined) return send(ctx, expiredFormPage())
    const next = safeNext(form.get('next'), home)
    if (!isSuperAdminToken(form.get('token')?.trim() ?? '')) {
      return show(next, await reportWrongToken(ctx))
    }
    sessions.begin(ctx)
    redirect(ctx, next)
  }

  async function signOut(ctx: Context): Promise<void> {
    const formToken = sessions.formTokenOf(ctx)
    if (ctx.method === 'GET') return send(ctx, signOutPage({ url: signOutPath, formToken }))
    if ((await readOwnForm(ctx)) === undefined) return send(ctx, expiredFormPage())
    sessions.end(ctx)
    redirect(ctx, signInPath)
  }

  return {
    authorizeSuperAdmin(ctx) {
      const [, token = ''] = /^bearer +(.+)$/i.exec(ctx.get('authorization')) ?? []
      const isSuperAdmin = isSuperAdminToken(token) || sessions.isSignedIn(ctx)
      return isSuperAdmin ? { superAdminId: SUPER_ADMIN_ID } : 'unauthenticated'
    },

    superAdminPages: {
      signInUrl({ returnTo }) {
        const next = returnTo.slice(home.origin.length)
        return `${signInPath}?${new URLSearchParams({ next })}`
      },
      signOutUrl: signOutPath,
    },

    async middleware(ctx, next) {
      if (ctx.path !== signInPath && ctx.path !== signOutPath) return await next()
      if (ctx.method !== 'GET' && ctx.method !== 'POST') {
        ctx.set('Allow', 'GET, POST')
        ctx.status = 405
        return
      }
      await (ctx.path === signInPath ? signIn(ctx) : signOut(ctx))
    },
  }
}

/** The location after the sign-in: only one of the SuperAdmin pages, spelled as a browser would, without `..`. */
function safeNext(next: string | null, home: URL): string {
  const { origin, pathname, search } = URL.parse(next ?? '', home) ?? home
  const isBelow = origin === home.origin && `${pathname}/`.startsWith(`${home.pathname}/`)
  return isBelow && next === pathname + search ? next : home.pathname
}

/** Creates the check of the token, in constant time. */
function createTokenCheck(superAdminToken: string): (token: string) => boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = hash(superAdminToken)
  return (token) => timingSafeEqual(hash(token), expected)
}

const WRONG_TOKENS = { points: 10, duration: 300 }

/**
 * Creates the report of a wrong token, which says whether there were too many: whoever sent them, more than ten in five
 * minutes, in the memory of this process. The right token is never counted, so nobody can lock a SuperAdmin out.
 */
function createWrongTokenReport({
  onEvent,
  now,
}: SuperAdminSignInOptions): (ctx: Context) => Promise<WrongToken> {
  const counter = new RateLimiterMemory(WRONG_TOKENS)
  return async (ctx) => {
    const { consumedPoints } = await counter.penalty('all')
    const isTooOften = consumedPoints > WRONG_TOKENS.points
    const reason = isTooOften ? 'too-many-attempts' : 'unauthenticated'
    const [type, ip] = ['super-admin.refused' as const, parseIpAddress(ctx.ip)]
    onEvent({ version: 1, type, result: 'failure', at: now(), ip, reason })
    return isTooOften ? 'wrong-too-often' : 'wrong'
  }
}

function redirect(ctx: Context, location: string): void {
  ctx.set('Cache-Control', 'no-store')
  ctx.status = 303
  ctx.redirect(location)
}

function send(ctx: Context, { status, parts }: SignInPage): void {
  ctx.status = status
  sendPage(ctx, parts)
}
