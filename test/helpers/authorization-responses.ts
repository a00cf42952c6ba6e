/**
 * What the authorization endpoint answered.
 *
 * @module
 */

import type { ExecutionContext } from 'ava'
import type { Visit } from './browser.ts'

/** Asserts that a response is an error page, and not a redirect. */
export function assertErrorPage(t: ExecutionContext, visit: Visit, status: number): void {
  t.is(visit.status, status)
  t.is(visit.headers.get('location'), null)
  assertPageHeaders(t, visit)
}

/**
 * Asserts the headers that every page has: not framed, not cached, no script, no referrer for other
 * origins. With a form, it is one for its own: its forms have an `Origin` then.
 */
export function assertPageHeaders(t: ExecutionContext, { headers, html }: Visit): void {
  t.is(headers.get('content-type'), 'text/html; charset=utf-8')
  const policy = headers.get('content-security-policy') ?? ''
  t.true(policy.startsWith("default-src 'none'; "), policy)
  t.true(policy.includes("frame-ancestors 'none'"))
  t.true(policy.includes("base-uri 'none'"))
  t.false(policy.includes('unsafe'))
  t.is(headers.get('x-frame-options'), 'DENY')
  const hasForm = html.includes('<form')
  t.is(headers.get('referrer-policy'), hasForm ? 'same-origin' : 'no-referrer')
  t.false(html.includes('name="referrer"'))
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('x-content-type-options'), 'nosniff')
  t.false(/<script|javascript:|\son\w+=/.test(html))
  assertNoCors(t, headers)
}

/** Asserts that scripts of other origins may not read a response. */
export function assertNoCors(t: ExecutionContext, headers: Headers): void {
  const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'))
  t.deepEqual(names, [])
}

/** Asserts that a browser was sent back with an error, and returns the response's parameters. */
export function assertErrorRedirect(
  t: ExecutionContext,
  { status, callback, headers }: Visit,
  { redirectUri, error, issuer }: { redirectUri: string; error: string; issuer: string },
): URLSearchParams {
  t.true(status === 302 || status === 303, String(status))
  t.true(callback?.href.startsWith(`${redirectUri}?`), callback?.href)
  const parameters = callback?.searchParams ?? new URLSearchParams()
  t.is(parameters.get('error'), error, callback?.href)
  t.deepEqual(parameters.getAll('iss'), [issuer])
  const known = ['error', 'error_description', 'state', 'iss']
  const unknown = [...parameters.keys()].filter((name) => !known.includes(name))
  t.deepEqual(unknown, [])
  // RFC 6749 §4.1.2.1: printable ASCII without " and \\.
  t.regex(parameters.get('error_description') ?? '', /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/)
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('referrer-policy'), 'no-referrer')
  assertNoCors(t, headers)
  return parameters
}
