/**
 * What is measured: one step of each path, over and over, on one connection.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { authorize } from '../../lib/testing/authorize.ts'
import { createUserAgent, type UserAgent } from '../../lib/testing/user-agent.ts'
import {
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_PASSWORD,
  BENCH_REDIRECT_URI,
  BENCH_RESOURCE,
  BENCH_SCOPES,
  BENCH_USER_HEADER,
} from './fixture.ts'
import { type BenchRequest, type BenchResponse, createBenchClient } from './http-client.ts'
import type { PathName, ServerName } from './servers.ts'

const CODE_VERIFIER = 'a-code-verifier-of-the-benchmark-that-is-long-enough'
const CODE_CHALLENGE = createHash('sha256').update(CODE_VERIFIER).digest('base64url')
const CREDENTIALS = Buffer.from(`${BENCH_CLIENT_ID}:${BENCH_CLIENT_SECRET}`).toString('base64')
const HEADERS = {
  authorization: `Basic ${CREDENTIALS}`,
  'content-type': 'application/x-www-form-urlencoded',
}

/** How a server differs from the others for a client. */
interface Dialect {
  readonly scopes: ReadonlyArray<string>
  /** Sent with authorization and token requests. */
  readonly parameters: Readonly<Record<string, string>>
  /** Signs a user in, who consents. @returns The cookies. */
  signIn(connection: Connection, user: string): Promise<string>
}

const WITH_PAGES: Dialect = {
  scopes: BENCH_SCOPES,
  parameters: {},
  async signIn({ issuer }, user) {
    const { cookies } = await signInWithPages(issuer, user)
    return cookies
      .filter(({ path }) => path === '/')
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  },
}

const DIALECTS: Readonly<Record<ServerName, Dialect>> = {
  floor: { ...WITH_PAGES, signIn: async () => '' },
  base: WITH_PAGES,
  ours: WITH_PAGES,

  'node-oauth': {
    ...WITH_PAGES,
    async signIn(connection, user) {
      const headers = { [BENCH_USER_HEADER]: user }
      return cookiesOf(await connection.send(200, '/sign-in', { headers }))
    },
  },

  'better-auth': {
    scopes: [...BENCH_SCOPES, 'offline_access'], // without it there is no refresh token
    parameters: { resource: BENCH_RESOURCE }, // without it the access token is opaque
    async signIn(connection, user) {
      const post = (path: string, cookie: string, value: unknown): Promise<BenchResponse> =>
        connection.send(200, path, {
          method: 'POST',
          headers: { origin: connection.issuer, cookie, 'content-type': 'application/json' },
          body: JSON.stringify(value),
        })
      const email = `${user}@bench.example`
      const account = { name: user, email, password: BENCH_PASSWORD }
      const cookie = cookiesOf(await post('/sign-up/email', '', account))
      const consentPage = await connection.authorize(cookie)
      const query = { accept: true, oauth_query: consentPage.search.slice(1) }
      await post('/oauth/consent', cookie, query)
      return cookie
    },
  },
}

function cookiesOf({ headers }: BenchResponse): string {
  return (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0]).join('; ')
}

/** Signs a user in and consents, on the pages of the server. */
async function signInWithPages(issuer: string, user: string): Promise<UserAgent> {
  const userAgent = createUserAgent()
  await authorize({
    authorizationEndpoint: `${issuer}/oauth/authorize`,
    clientId: BENCH_CLIENT_ID,
    redirectUri: BENCH_REDIRECT_URI,
    scopes: BENCH_SCOPES,
    username: user,
    password: BENCH_PASSWORD,
    userAgent,
  })
  return userAgent
}

/** One connection of a client to a server, with a user of its own. */
export class Connection {
  readonly issuer: string
  readonly user: string
  readonly #dialect: Dialect
  readonly #send = createBenchClient()
  #cookie: string | undefined
  #signIns = 0

  constructor(issuer: string, server: ServerName, user: string) {
    this.issuer = issuer
    this.#dialect = DIALECTS[server]
    this.user = user
  }

  async get(path: string): Promise<BenchResponse> {
    return await this.send(200, path, {})
  }

  async post(path: string, parameters: Record<string, string>): Promise<BenchResponse> {
    const body = new URLSearchParams(parameters).toString()
    return await this.send(200, path, { method: 'POST', headers: HEADERS, body })
  }

  async requestTokens(
    parameters: Record<string, string>,
  ): Promise<{ readonly refresh_token: string; readonly access_token: string }> {
    const { body } = await this.post('/oauth/token', { ...parameters, ...this.#dialect.parameters })
    return JSON.parse(body)
  }

  /** Signs a user in and consents: another one for each path, as the base's memory forgets all but a thousand records. */
  async signIn(): Promise<void> {
    this.#signIns += 1
    this.#cookie = await this.#dialect.signIn(this, `${this.user}-session-${this.#signIns}`)
  }

  /** @returns Where the server sends the browser. */
  async authorize(cookie: string): Promise<URL> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: BENCH_CLIENT_ID,
      redirect_uri: BENCH_REDIRECT_URI,
      scope: this.#dialect.scopes.join(' '),
      state: 'state',
      code_challenge: CODE_CHALLENGE,
      code_challenge_method: 'S256',
      ...this.#dialect.parameters,
    })
    const { headers } = await this.send([302, 303], `/oauth/authorize?${query}`, {
      headers: { cookie, accept: 'text/html' },
    })
    return new URL(headers.location ?? '', this.issuer)
  }

  /** Authorizes with session and consent, and redeems the code. */
  async issueTokens(): ReturnType<Connection['requestTokens']> {
    const callback = await this.authorize(this.#cookie ?? '')
    const code = callback.searchParams.get('code')
    if (code === null) throw new Error(`no code: ${callback}`)
    return await this.requestTokens({
      grant_type: 'authorization_code',
      code,
      redirect_uri: BENCH_REDIRECT_URI,
      code_verifier: CODE_VERIFIER,
    })
  }

  async send(
    status: number | ReadonlyArray<number>,
    path: string,
    request: BenchRequest,
  ): Promise<BenchResponse> {
    const response = await this.#send(this.issuer + path, request)
    if ([status].flat().includes(response.status)) return response
    throw new Error(`${path} responded with ${response.status}: ${response.body.slice(0, 300)}`)
  }
}

/** One connection, ready for its path. */
export interface PreparedScenario {
  /** The path once; rejects when the response is not the expected one. */
  readonly step: () => Promise<void>
  /**
   * For a path that uses something up: makes enough of it for some steps, or for as many as it can until then.
   *
   * @returns For how many steps there is enough: one at least.
   */
  readonly stock?: (steps: number, endsAt: number) => Promise<number>
}

/** Prepares a connection for a path. */
type Scenario = (connection: Connection) => Promise<PreparedScenario>

/** The paths, by name. */
export const SCENARIOS: Readonly<Record<PathName, Scenario>> = {
  async client_credentials(connection) {
    const parameters = { grant_type: 'client_credentials', scope: BENCH_SCOPES.join(' ') }
    return {
      async step() {
        await connection.requestTokens(parameters)
      },
    }
  },

  async refresh(connection) {
    await connection.signIn()
    let { refresh_token: token } = await connection.issueTokens()
    return {
      async step() {
        const grant = { grant_type: 'refresh_token', refresh_token: token }
        token = (await connection.requestTokens(grant)).refresh_token
      },
    }
  },

  'introspect a refresh token': introspect('refresh_token'),
  'introspect a JWT': introspect('access_token'),

  async revoke(connection) {
    await connection.signIn()
    const tokens: Array<string> = []
    return {
      async stock(steps, endsAt) {
        do {
          tokens.push((await connection.issueTokens()).refresh_token)
        } while (tokens.length < steps && performance.now() < endsAt)
        return tokens.length
      },
      async step() {
        await connection.post('/oauth/revoke', { token: tokens.pop() ?? '' })
      },
    }
  },

  async 'authorize + code + token'(connection) {
    await connection.signIn()
    return {
      async step() {
        await connection.issueTokens()
      },
    }
  },

  async 'first sign-in and consent'({ issuer, user }) {
    let users = 0
    return {
      async step() {
        users += 1
        await signInWithPages(issuer, `${user}-${users}`)
      },
    }
  },

  jwks: get('/.well-known/jwks.json'),
  metadata: get('/.well-known/oauth-authorization-server'),
}

function introspect(name: 'refresh_token' | 'access_token'): Scenario {
  return async (connection) => {
    await connection.signIn()
    const { [name]: token } = await connection.issueTokens()
    return {
      async step() {
        const { body } = await connection.post('/oauth/introspect', { token })
        if (!body.includes('"active":true')) throw new Error(`not active: ${body}`)
      },
    }
  }
}

function get(path: string): Scenario {
  return async (connection) => ({
    async step() {
      await connection.get(path)
    },
  })
}
