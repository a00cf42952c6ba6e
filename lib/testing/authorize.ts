/**
 * Signs a user in and consents without a browser, with the same requests as one.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { createUserAgent, type UserAgent } from './user-agent.ts'

/** Pages and redirects; the longest sign-in takes fewer. */
const MAXIMUM_STEPS = 20

/** An authorization request, and the user who consents to it. */
export interface AuthorizationRequest {
  readonly authorizationEndpoint: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: ReadonlyArray<string>
  readonly resources?: ReadonlyArray<string>
  readonly nonce?: string
  readonly maxAgeSeconds?: number
  readonly username: string
  readonly password: string
  readonly userAgent?: UserAgent
}

/** The authorization response, and the code verifier to redeem it. */
export interface Authorization {
  /** The authorization code. */
  readonly code: string
  /** The PKCE code verifier. */
  readonly codeVerifier: string
  /** The redirect URI of the request. */
  readonly redirectUri: string
}

/**
 * Signs a user in, grants all requested scopes, and returns the code.
 *
 * @throws Error which names the page, when the server shows an unexpected one.
 */
export async function authorize(request: AuthorizationRequest): Promise<Authorization> {
  const { redirectUri, userAgent = createUserAgent() } = request
  const codeVerifier = randomBytes(32).toString('base64url')
  const url = authorizationUrl(request, codeVerifier)
  const callback = await completePages(url, { ...request, userAgent })
  return { code: codeFrom(callback), codeVerifier, redirectUri }
}

/** The user who completes the pages of an authorization request. */
export interface PageUser {
  readonly redirectUri: string
  readonly username: string
  readonly password: string
  readonly userAgent: UserAgent
}

/**
 * Follows an authorization request to the redirect URI, and consents on every page.
 *
 * @returns The redirect URI with the authorization response.
 */
export async function completePages(url: URL, user: PageUser): Promise<URL> {
  const { redirectUri, userAgent } = user
  let location = url
  let response = await userAgent.request(location)
  for (let steps = 0; steps < MAXIMUM_STEPS; steps += 1) {
    const target = response.headers.get('location')
    if (target === null) {
      response = await userAgent.submit(location, await fieldsFor(response, user))
    } else if (target.startsWith(redirectUri)) {
      return new URL(target)
    } else {
      location = new URL(target, location)
      response = await userAgent.request(location)
    }
  }
  throw new Error(`the user was not sent back to the client after ${MAXIMUM_STEPS} steps`)
}

function authorizationUrl(request: AuthorizationRequest, codeVerifier: string): URL {
  const { nonce, maxAgeSeconds, resources = [] } = request
  const url = new URL(request.authorizationEndpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(nonce === undefined ? {} : { nonce }),
    ...(maxAgeSeconds === undefined ? {} : { max_age: String(maxAgeSeconds) }),
  }).toString()
  for (const resource of resources) url.searchParams.append('resource', resource)
  return url
}

async function fieldsFor(
  page: Response,
  { username, password }: PageUser,
): Promise<Record<string, string>> {
  const html = await page.text()
  const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
  if (page.status === 200) {
    if (html.includes('name="password"')) return { csrf, action: 'sign-in', username, password }
    if (html.includes('value="allow"')) return { csrf, action: 'allow' }
    if (html.includes('value="continue"')) return { csrf, action: 'continue' }
  }
  const title = /<title>([^<]*)/.exec(html)?.[1] ?? html.slice(0, 200)
  const text = title.trim().replace('&ndash;', '–')
  throw new Error(`the server responded with ${page.status}: ${text}`)
}

function codeFrom({ searchParams }: URL): string {
  const code = searchParams.get('code')
  if (code !== null) return code
  throw new Error(`${searchParams.get('error')}: ${searchParams.get('error_description')}`)
}
