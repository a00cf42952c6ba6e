/**
 * The SuperAdmin pages, at `/super-admin`: register clients, change them, replace their secrets, delete them.
 *
 * They use the client registry directly. The JSON API at `/super-admin/oauth-clients` is for programs and
 * ignores their cookie.
 *
 * @module
 */

import {
  type AuditListener,
  ClientNotFoundError,
  ConflictError,
  parseIpAddress,
  StorageError,
} from '@teamcast/oauth-server'
import { html } from 'ghtml'
import type { Context, Middleware } from 'koa'
import { isFromOwnPage, readForm } from '../forms.ts'
import { type Brand, sendPage } from '../layout.ts'
import { renderForm } from './parts.ts'
import { LIST_PATH, SIGN_IN_PATH, SIGN_OUT_PATH } from './paths.ts'
import type { AdminDependencies, AdminPage, AdminResponse } from './request.ts'
import { createRoutes, type Route } from './routes.ts'
import { createSessions, type Session, type Sessions } from './sessions.ts'
import {
  createWrongTokenCounter,
  type SignInView,
  safeNext,
  signInPage,
  type WrongToken,
} from './sign-in.ts'

/** Options of the pages. */
export interface SuperAdminPagesOptions extends AdminDependencies {
  /** Whether this is the token. It must be one that nobody can guess. */
  readonly isSuperAdminToken: (token: string) => boolean
  /** Receives an event for every wrong token. */
  readonly onEvent: AuditListener
}

const BRAND: Brand = {
  name: 'Teamcast',
  look: 'host',
  tagline: 'SuperAdmin',
  color: '#2f4bd6',
}
const NO_FORM = new URLSearchParams()

/** Creates the pages: a middleware that calls `next()` for every other path. */
export function createSuperAdminPages(options: SuperAdminPagesOptions): Middleware {
  const sessions = createSessions(options.now)
  const findRoutes = createRoutes(options)
  const reportWrongToken = createWrongTokenReport(options)

  async function handle(
    ctx: Context,
    route: Route,
    session: Session,
    form: URLSearchParams | undefined,
  ): Promise<AdminResponse> {
    if (form === undefined) return EXPIRED_FORM
    const { ids } = route
    return await route.handle({
      ...{ session, ids, form },
      formToken: sessions.formTokenOf(ctx),
      by: { actorId: 'super-admin', ip: ctx.ip },
      query: queryOf(ctx),
    })
  }

  return async (ctx, next) => {
    if (ctx.path === SIGN_IN_PATH) {
      return await signIn(ctx, sessions, options.isSuperAdminToken, reportWrongToken)
    }
    if (ctx.path === SIGN_OUT_PATH) return await signOut(ctx, sessions)
    const routes = findRoutes(ctx.path)
    if (routes.length === 0) return await next()
    const route = routes.find(({ method }) => method === ctx.method)
    if (route === undefined) return sendMethodNotAllowed(ctx, ...routes.map(({ method }) => method))

    const form = ctx.method === 'POST' ? await readOwnForm(ctx, sessions) : NO_FORM
    // Only now: a session may end while a form arrives.
    const session = sessions.find(ctx)
    if (session === undefined) return redirectToSignIn(ctx)
    try {
      send(ctx, sessions, await handle(ctx, route, session, form))
    } catch (error) {
      send(ctx, sessions, failurePage(ctx, error))
    }
  }
}

/** Reports a wrong token. @returns What the sign-in page says about it. */
type ReportWrongToken = (ctx: Context) => Promise<WrongToken>

function createWrongTokenReport({
  onEvent,
  now,
}: Pick<SuperAdminPagesOptions, 'onEvent' | 'now'>): ReportWrongToken {
  const count = createWrongTokenCounter()
  return async (ctx) => {
    const cause = await count()
    const reason = cause === 'wrong' ? 'unauthenticated' : 'too-many-attempts'
    const [type, ip] = ['super-admin.refused' as const, parseIpAddress(ctx.ip)]
    onEvent({ version: 1, type, result: 'failure', at: now(), ip, reason })
    return cause
  }
}

async function signIn(
  ctx: Context,
  sessions: Sessions,
  isSuperAdminToken: SuperAdminPagesOptions['isSuperAdminToken'],
  reportWrongToken: ReportWrongToken,
): Promise<void> {
  if (ctx.method !== 'POST' && ctx.method !== 'GET') return sendMethodNotAllowed(ctx, 'GET', 'POST')
  const show = (next: string, cause?: SignInView['cause']): void =>
    send(ctx, sessions, signInPage({ formToken: sessions.formTokenOf(ctx), next, cause }))

  if (ctx.method === 'GET') {
    const searchParams = queryOf(ctx)
    const next = safeNext(searchParams.get('next'))
    if (sessions.find(ctx) !== undefined) return ctx.redirect(next)
    return show(next, searchParams.has('ended') ? 'ended' : undefined)
  }
  const form = await readOwnForm(ctx, sessions)
  if (form === undefined) return send(ctx, sessions, EXPIRED_FORM)
  const next = safeNext(form.get('next'))
  if (!isSuperAdminToken(form.get('token')?.trim() ?? '')) {
    return show(next, await reportWrongToken(ctx))
  }
  sessions.begin(ctx)
  send(ctx, sessions, { location: next })
}

/** Not from `ctx.URL`, which is undefined with a malformed `Host` header. */
function queryOf(ctx: Context): URLSearchParams {
  return new URLSearchParams(ctx.querystring)
}

async function signOut(ctx: Context, sessions: Sessions): Promise<void> {
  if (ctx.method !== 'POST') return sendMethodNotAllowed(ctx, 'POST')
  if ((await readOwnForm(ctx, sessions)) === undefined) return send(ctx, sessions, EXPIRED_FORM)
  sessions.end(ctx)
  send(ctx, sessions, { location: SIGN_IN_PATH })
}

function redirectToSignIn(ctx: Context): void {
  // A submitted form cannot be repeated after the sign-in.
  const query = ctx.method === 'GET' ? { next: ctx.url } : { ended: '' }
  ctx.status = 303
  ctx.redirect(`${SIGN_IN_PATH}?${new URLSearchParams(query)}`)
}

/** Reads a form. @returns `undefined` unless our page submitted it, with the CSRF token of this browser. */
async function readOwnForm(ctx: Context, sessions: Sessions): Promise<URLSearchParams | undefined> {
  const form = await readForm(ctx)
  if (form === undefined || !isFromOwnPage(ctx, `${ctx.protocol}://${ctx.host}`)) return undefined
  return sessions.isFormToken(ctx, form.get('formToken') ?? '') ? form : undefined
}

function sendMethodNotAllowed(ctx: Context, ...allowed: ReadonlyArray<string>): void {
  ctx.set('Allow', allowed.join(', '))
  ctx.status = 405
}

function send(ctx: Context, sessions: Sessions, response: AdminResponse): void {
  ctx.set('Cache-Control', 'no-store')
  if ('location' in response) {
    ctx.status = 303
    ctx.redirect(response.location)
    return
  }
  const { status = 200, title, content, script } = response
  const isSignedIn = sessions.find(ctx) !== undefined
  ctx.status = status
  sendPage(ctx, {
    ...{ brand: BRAND, content, ...(script === undefined ? {} : { script }) },
    title: `${title} – Teamcast SuperAdmin`,
    aside: isSignedIn ? renderSignOut(sessions.formTokenOf(ctx)) : '',
  })
}

function renderSignOut(formToken: string): string {
  const content = html`<button class="button secondary">Sign out</button>`
  return renderForm({ action: SIGN_OUT_PATH, formToken, content })
}

const EXPIRED_FORM = messagePage(
  403,
  'This form has expired',
  'You have signed in or out since it was shown. Nothing was changed.',
)

function failurePage(ctx: Context, error: unknown): AdminPage {
  if (error instanceof ClientNotFoundError) {
    return messagePage(404, 'There is no such client', 'It may have been deleted in the meantime.')
  }
  if (error instanceof ConflictError) {
    return messagePage(409, 'Somebody else changed it at the same moment', 'Nothing was changed.')
  }
  ctx.app.emit('error', error, ctx)
  return error instanceof StorageError
    ? messagePage(503, 'The storage is unavailable', 'Try again in a moment.')
    : messagePage(500, 'Something went wrong', 'The log of the server has the details.')
}

function messagePage(status: number, title: string, text: string): AdminPage {
  return {
    status,
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${text}</p>
<div class="actions"><a class="button primary" href="${LIST_PATH}">All clients</a></div>`,
  }
}
