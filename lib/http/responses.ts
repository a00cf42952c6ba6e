/**
 * Writing responses: pages, JSON, and the headers that go with them.
 *
 * @module
 */

import type { Context } from 'koa'
import type { ErrorView, HtmlPage, Pages } from '../pages/pages.ts'

/**
 * Writes a page with a form, with the headers that keep it to itself (RFC 9700 §4.16). It sends its
 * address to pages of the same origin only; with none at all, its forms would have no `Origin`
 * (`same-origin.ts`).
 */
export function sendPage(ctx: Context, status: number, page: HtmlPage): void {
  ctx.status = status
  ctx.type = 'html'
  ctx.body = page.html
  ctx.set({
    'Content-Security-Policy': page.contentSecurityPolicy,
    'X-Frame-Options': 'DENY',
    ...PRIVATE_HEADERS,
    'Referrer-Policy': 'same-origin',
  })
}

/** Writes the error page, which has no form. */
export async function sendErrorPage(
  ctx: Context,
  status: number,
  pages: Pages,
  view: ErrorView,
): Promise<void> {
  sendPage(ctx, status, await pages.error(view))
  ctx.set(PRIVATE_HEADERS)
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

/** Redirects after a GET. */
export function redirectAfterGet(ctx: Context, url: string): void {
  ctx.set(PRIVATE_HEADERS)
  ctx.status = 302
  ctx.redirect(url)
}

/** Redirects after a POST: 303, so that nothing that was posted is sent on (RFC 9700 §4.12). */
export function redirectAfterPost(ctx: Context, url: string): void {
  ctx.set(PRIVATE_HEADERS)
  ctx.status = 303
  ctx.redirect(url)
}

/** Headers of every response that is for one person or one client only. */
export const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}
