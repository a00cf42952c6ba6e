/**
 * Sends responses: pages, errors and redirects, with their headers.
 *
 * @module
 */

import { STATUS_CODES } from 'node:http'
import type { Context } from 'koa'
import type { Issue } from '../errors.ts'
import type { ErrorView, HtmlPage, PageContext } from '../pages/pages.ts'
import type { LanguagePreferences, ServerPages } from '../pages/server-pages.ts'

/**
 * Sends a page with a form, with headers against framing and leaks (RFC 9700 §4.16). The referrer policy
 * is `same-origin`: under `no-referrer` browsers submit its forms without a useful `Origin`
 * (`same-origin.ts`).
 */
export function sendPage(ctx: Context, status: number, page: HtmlPage): void {
  sendHtml(ctx, status, page, { ...PRIVATE_HEADERS, 'Referrer-Policy': 'same-origin' })
}

/** Sends the error page, which has no form. */
export async function sendErrorPage(
  ctx: Context,
  status: number,
  pages: ServerPages,
  view: Omit<ErrorView, keyof PageContext>,
  preferences?: LanguagePreferences,
): Promise<void> {
  const page = await pages.error({ ...pages.contextOf(ctx, preferences), ...view })
  sendHtml(ctx, status, page, PRIVATE_HEADERS)
}

function sendHtml(
  ctx: Context,
  status: number,
  page: HtmlPage,
  headers: Readonly<Record<string, string>>,
): void {
  ctx.status = status
  ctx.remove('Location') // of a redirect that is not sent
  ctx.type = 'html'
  ctx.body = page.html
  ctx.set({
    'Content-Security-Policy': page.contentSecurityPolicy,
    'X-Frame-Options': 'DENY',
    ...(page.language === undefined ? {} : { 'Content-Language': page.language }),
    ...headers,
  })
}

/** Sends an OAuth error response (RFC 6749 §5.2). */
export function sendErrorResponse(
  ctx: Context,
  status: number,
  error: string,
  description: string,
): void {
  ctx.status = status
  ctx.set(PRIVATE_HEADERS)
  ctx.body = { error, error_description: description }
}

/** Sends problem details (RFC 9457) with every issue of the request. */
export function sendProblem(
  ctx: Context,
  status: number,
  detail: string,
  errors?: ReadonlyArray<Issue>,
): void {
  ctx.status = status
  ctx.type = 'application/problem+json'
  ctx.set(PRIVATE_HEADERS)
  ctx.body = { type: 'about:blank', title: STATUS_CODES[status], status, detail, errors }
}

/** Redirects after a GET. */
export function redirectAfterGet(ctx: Context, url: string): void {
  redirect(ctx, 302, url)
}

/** Redirects after a POST with 303, so that the browser does not resend the form (RFC 9700 §4.12). */
export function redirectAfterPost(ctx: Context, url: string): void {
  redirect(ctx, 303, url)
}

/** Sends the URL as it is; `ctx.redirect()` would normalize it. */
function redirect(ctx: Context, status: 302 | 303, url: string): void {
  ctx.status = status
  ctx.set('Location', url)
  ctx.body = ''
}

/** Headers of every response for one user or client. */
export const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}
