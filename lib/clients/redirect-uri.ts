/**
 * Redirect URIs: which ones a client may register and use (RFC 6749 §3.1.2, RFC 9700 §2.1 and §4.1.3).
 *
 * @module
 */

import type { ClientRule, ClientRuleValues } from '../client-rules.ts'
import type { Client } from '../storage/client.ts'
import { hasCredentials, isLoopbackHost, isSecureUrl } from '../urls/secure-url.ts'

const MAXIMUM_LENGTH = 2000
// RFC 3986 §2: everything a URI may contain, as it stands.
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/
// The URL standard also allows `*`, `,` and `;` in a host; no host name has them.
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/

/** Whether a text is an https URL (RFC 3986) without credentials. */
export function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:' || !URI_CHARACTERS.test(text)) return false
  return !hasCredentials(url) && HOST.test(url.hostname)
}

/** Parameters of an authorization response (RFC 6749 §4.1.2, RFC 9207). A redirect URI must not have them already. */
const RESPONSE_PARAMETERS = new Set([
  'code',
  'error',
  'error_description',
  'error_uri',
  'iss',
  'state',
])

/** A rule that a redirect URI breaks. */
interface BrokenRule {
  readonly rule: ClientRule
  readonly values?: ClientRuleValues
}

/**
 * Checks a redirect URI: https, http for localhost, 127.0.0.1 and [::1], or the private-use scheme of a
 * mobile app (RFC 8252 §7.1: a reversed domain name such as `com.example.app`). It must have no fragment,
 * no credentials and no parameter of an authorization response, and must be in the canonical form of
 * browsers, because it is compared character by character.
 *
 * @returns The first rule that it breaks, or `undefined`.
 */
export function validateRedirectUri(redirectUri: string): BrokenRule | undefined {
  if (redirectUri.length > MAXIMUM_LENGTH) {
    return { rule: 'too-long', values: { maximum: MAXIMUM_LENGTH } }
  }
  const url = URL.parse(redirectUri)
  if (url === null || !URI_CHARACTERS.test(redirectUri)) {
    return { rule: 'redirect-uri-not-absolute' }
  }
  if (redirectUri.includes('#')) return { rule: 'redirect-uri-fragment' }
  if (hasCredentials(url)) return { rule: 'redirect-uri-credentials' }
  if (url.protocol === 'http:' && !isSecureUrl(url)) return { rule: 'redirect-uri-http' }
  const parameter = [...url.searchParams.keys()].find((name) => RESPONSE_PARAMETERS.has(name))
  if (parameter !== undefined) return { rule: 'redirect-uri-parameter', values: { parameter } }
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  if (isWeb && !HOST.test(url.hostname)) return { rule: 'redirect-uri-host' }
  if (!isWeb && !isPrivateUseRedirectUri(redirectUri)) return { rule: 'redirect-uri-scheme' }
  const isCanonical = redirectUri === url.href || `${redirectUri}/` === url.href
  if (isCanonical) return undefined
  return { rule: 'redirect-uri-not-canonical', values: { canonical: url.href } }
}

/** Whether a redirect URI has a private-use scheme: one with a dot (RFC 8252 §7.1). */
export function isPrivateUseRedirectUri(redirectUri: string): boolean {
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/.test(redirectUri)
}

/**
 * Whether another program on the user's machine may receive the response: at a loopback address or under a
 * private-use scheme (RFC 8252 §8.6).
 */
export function allowsClientImpersonation(redirectUri: string): boolean {
  const hostname = URL.parse(redirectUri)?.hostname
  const isLoopback = hostname !== undefined && isLoopbackHost(hostname)
  return isLoopback || isPrivateUseRedirectUri(redirectUri)
}

/** What decides which redirect URIs a client may use. */
type RedirectSettings = Pick<Client, 'clientType' | 'redirectUris'>

/**
 * Whether a client may use a redirect URI: one that it registered, compared character by character. A native
 * app listens at a port that the system gives it, so for a PUBLIC client the port of a loopback URI is not
 * compared (RFC 8252 §7.3, OAuth 2.1 §8.4.2, RFC 9700 §2.1).
 */
export function isRedirectUriOf(
  { clientType, redirectUris }: RedirectSettings,
  redirectUri: string,
): boolean {
  return redirectUris.some(
    (registered) =>
      registered === redirectUri ||
      (clientType === 'PUBLIC' && areEqualButForLoopbackPort(registered, redirectUri)),
  )
}

/**
 * Whether the scripts of an origin are those of a PUBLIC client: it has a redirect URI there. The origin of a
 * private-use scheme is `null`, which any sandboxed frame sends, too: it is no URL, and nobody's.
 */
export function isOriginOf(
  { clientType, redirectUris }: RedirectSettings,
  origin: string,
): boolean {
  return (
    clientType === 'PUBLIC' &&
    redirectUris
      .map((redirectUri) => URL.parse(redirectUri)?.origin)
      .some((own) => own !== undefined && areEqualButForLoopbackPort(own, origin))
  )
}

const LOOPBACK_PORT = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):[1-9]\d{0,4}(?=[/?]|$)/

/** Whether two URIs are equal, the ports of loopback URIs aside. */
function areEqualButForLoopbackPort(registered: string, requested: string): boolean {
  // A port above 65535 cannot be parsed.
  if (!URL.canParse(requested)) return false
  return withoutLoopbackPort(registered) === withoutLoopbackPort(requested)
}

function withoutLoopbackPort(uri: string): string {
  return uri.replace(LOOPBACK_PORT, '$1')
}

/**
 * Adds the parameters of an authorization response to a redirect URI and retains its query byte for byte
 * (RFC 6749 §3.1.2, §4.1.2).
 */
export function appendToRedirectUri(
  redirectUri: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const start = redirectUri.includes('?') ? '&' : '?'
  const separator = /[?&]$/.test(redirectUri) ? '' : start
  return redirectUri + separator + new URLSearchParams(parameters).toString()
}
