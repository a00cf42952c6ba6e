/**
 * Takes a user through sign-in and consent without a browser: the same requests, the same pages.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { createUserAgent, type UserAgent } from './user-agent.ts'

/** Pages and redirects; a sign-in with everything that there can be takes fewer. */
const MAXIMUM_STEPS = 20

/** An authorization request and who answers it. */
export interface AuthorizationRequest {
  readonly authorizationEndpoint: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: ReadonlyArray<string>
  readonly resources?: ReadonlyArray<string>
  readonly username: string
  readonly password: string
  readonly userAgent?: UserAgent
}

/** What the client gets back, and what it needs to redeem it. */
export interface Authorization {
  /** The authorization code. */
  readonly code: string
  /** The PKCE verifier that goes with it. */
  readonly codeVerifier: string
  /** Where it was sent. */
  readonly redirectUri: string
}

/**
 * Signs a user in, allows everything that is asked for, and returns the code.
 *
 * @throws Error when the server shows a page that does not lead there; it says which.
 */
export async function authorize(request: AuthorizationRequest): Promise<Authorization> {
  const { redirectUri, userAgent = createUserAgent() } = request
  const codeVerifier = randomBytes(32).toString('base64url')
  const url = authorizationUrl(request, codeVerifier)
  const callback = await answerPages(url, { ...request, userAgent })
  return { code: codeFrom(callback), codeVerifier, redirectUri }
}

/** Who answers the pages on the way from an authorization request to the client. */
export interface PageAnswers {
  readonly redirectUri: string
  readonly username: string
  readonly password: string
  readonly userAgent: UserAgent
}

/**
 * Follows an authorization request to the client's redirect URI, and says yes to every page.
 *
 * @returns Where the client gets its answer.
 */
export async function answerPages(url: URL, answers: PageAnswers): Promise<URL> {
  const { redirectUri, userAgent } = answers
  let location = url
  let response = await userAgent.request(location)
  for (let steps = 0; steps < MAXIMUM_STEPS; steps += 1) {
    const target = response.headers.get('location')
    if (target === null) {
      response = await userAgent.submit(location, await answerTo(response, answers))
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
  const url = new URL(request.authorizationEndpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  for (const resource of request.resources ?? []) url.searchParams.append('resource', resource)
  return url
}

async function answerTo(
  page: Response,
  { username, password }: PageAnswers,
): Promise<Record<string, string>> {
  const html = await page.text()
  const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
  if (page.status === 200) {
    if (html.includes('name="password"')) return { csrf, action: 'sign-in', username, password }
    if (html.includes('value="allow"')) return { csrf, action: 'allow' }
    if (html.includes('value="continue"')) return { csrf, action: 'continue' }
  }
  const title = /<title>([^<]*)/.exec(html)?.[1] ?? html.slice(0, 200)
  throw new Error(`the server answered ${page.status}: ${title.trim()}`)
}

function codeFrom({ searchParams }: URL): string {
  const code = searchParams.get('code')
  if (code !== null) return code
  throw new Error(`${searchParams.get('error')}: ${searchParams.get('error_description')}`)
}
