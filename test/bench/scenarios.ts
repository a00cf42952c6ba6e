/**
 * What is measured: one step of each path, over and over, on one connection.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { authorize } from '../../lib/testing/authorize.ts'
import { createUserAgent } from '../../lib/testing/user-agent.ts'
import {
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_PASSWORD,
  BENCH_REDIRECT_URI,
  BENCH_SCOPES,
} from './fixture.ts'
import { type BenchRequest, type BenchResponse, createBenchClient } from './http-client.ts'

/** One step; rejects when the answer is not the expected one. */
export type Step = () => Promise<void>

const CODE_VERIFIER = 'a-code-verifier-of-the-benchmark-that-is-long-enough'
const CODE_CHALLENGE = createHash('sha256').update(CODE_VERIFIER).digest('base64url')
const CREDENTIALS = Buffer.from(`${BENCH_CLIENT_ID}:${BENCH_CLIENT_SECRET}`).toString('base64')
const HEADERS = {
  authorization: `Basic ${CREDENTIALS}`,
  'content-type': 'application/x-www-form-urlencoded',
}

/** One connection of a client to a server. */
class Connection {
  readonly #issuer: string
  readonly #user: string
  readonly #send = createBenchClient()
  #cookie = ''

  constructor(issuer: string, user: string) {
    this.#issuer = issuer
    this.#user = user
  }

  async post(path: string, parameters: Record<string, string>): Promise<BenchResponse> {
    const body = new URLSearchParams(parameters).toString()
    return await this.#expect(200, path, { method: 'POST', headers: HEADERS, body })
  }

  async get(path: string): Promise<BenchResponse> {
    return await this.#expect(200, path, {})
  }

  /** Signs the user in and consents, once. */
  async signIn(): Promise<void> {
    const userAgent = createUserAgent()
    await authorize({
      authorizationEndpoint: `${this.#issuer}/oauth/authorize`,
      clientId: BENCH_CLIENT_ID,
      redirectUri: BENCH_REDIRECT_URI,
      scopes: BENCH_SCOPES,
      username: this.#user,
      password: BENCH_PASSWORD,
      userAgent: {
        ...userAgent,
        request: (url, init) => {
          const headers = new Headers(init?.headers)
          headers.set('x-bench-user', this.#user)
          return userAgent.request(url, { ...init, headers })
        },
      },
    })
    this.#cookie = userAgent.cookies
      .filter(({ path }) => path === '/')
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /** Authorizes with session and consent, and redeems the code. */
  async issueTokens(): Promise<{ readonly refresh_token: string; readonly access_token: string }> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: BENCH_CLIENT_ID,
      redirect_uri: BENCH_REDIRECT_URI,
      scope: BENCH_SCOPES.join(' '),
      state: 'state',
      code_challenge: CODE_CHALLENGE,
      code_challenge_method: 'S256',
    })
    const { headers } = await this.#expect([302, 303], `/oauth/authorize?${query}`, {
      headers: { cookie: this.#cookie },
    })
    const code = new URL(headers.location ?? '', this.#issuer).searchParams.get('code')
    if (code === null) throw new Error(`no code: ${headers.location}`)
    const { body } = await this.post('/oauth/token', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: BENCH_REDIRECT_URI,
      code_verifier: CODE_VERIFIER,
    })
    return JSON.parse(body)
  }

  async #expect(
    status: number | ReadonlyArray<number>,
    path: string,
    request: BenchRequest,
  ): Promise<BenchResponse> {
    const response = await this.#send(this.#issuer + path, request)
    if ([status].flat().includes(response.status)) return response
    throw new Error(`${path} answered ${response.status}: ${response.body.slice(0, 300)}`)
  }
}

/** One connection, ready for its path. */
export interface PreparedScenario {
  /** The path once. */
  readonly step: Step
  /** For a path that uses something up: makes as much of it as there will be steps. */
  readonly stock?: (steps: number) => Promise<void>
}

/** Prepares one connection for a path; user names differ by connection. */
export type Scenario = (issuer: string, user: string) => Promise<PreparedScenario>

interface ComparedScenario {
  readonly scenario: Scenario
  /** The servers that have this path. */
  readonly isOf: ReadonlyArray<'floor' | 'base' | 'ours'>
}

const BOTH = ['base', 'ours'] as const

/** The paths, by name. */
export const SCENARIOS: Readonly<Record<string, ComparedScenario>> = {
  client_credentials: {
    isOf: ['floor', ...BOTH],
    async scenario(issuer, user) {
      const connection = new Connection(issuer, user)
      return {
        async step() {
          await connection.post('/oauth/token', { grant_type: 'client_credentials' })
        },
      }
    },
  },
  refresh: {
    isOf: BOTH,
    async scenario(issuer, user) {
      const connection = new Connection(issuer, user)
      await connection.signIn()
      let { refresh_token: token } = await connection.issueTokens()
      return {
        async step() {
          const { body } = await connection.post('/oauth/token', {
            grant_type: 'refresh_token',
            refresh_token: token,
          })
          token = JSON.parse(body).refresh_token
        },
      }
    },
  },
  'introspect a refresh token': { isOf: BOTH, scenario: introspect('refresh_token') },
  'introspect a JWT': { isOf: ['ours'], scenario: introspect('access_token') },
  revoke: {
    isOf: BOTH,
    async scenario(issuer, user) {
      const connection = new Connection(issuer, user)
      await connection.signIn()
      const tokens: Array<string> = []
      return {
        async stock(steps) {
          while (tokens.length < steps) tokens.push((await connection.issueTokens()).refresh_token)
        },
        async step() {
          await connection.post('/oauth/revoke', { token: tokens.pop() ?? '' })
        },
      }
    },
  },
  'authorize + code + token': {
    isOf: BOTH,
    async scenario(issuer, user) {
      const connection = new Connection(issuer, user)
      await connection.signIn()
      return {
        async step() {
          await connection.issueTokens()
        },
      }
    },
  },
  jwks: { isOf: BOTH, scenario: get('/.well-known/jwks.json') },
  metadata: { isOf: BOTH, scenario: get('/.well-known/oauth-authorization-server') },
}

function introspect(name: 'refresh_token' | 'access_token'): Scenario {
  return async (issuer, user) => {
    const connection = new Connection(issuer, user)
    await connection.signIn()
    const { [name]: token } = await connection.issueTokens()
    return {
      async step() {
        const { body } = await connection.post('/oauth/introspect', { token })
        if (!body.startsWith('{"active":true')) throw new Error(`not active: ${body}`)
      },
    }
  }
}

function get(path: string): Scenario {
  return async (issuer, user) => {
    const connection = new Connection(issuer, user)
    return {
      async step() {
        await connection.get(path)
      },
    }
  }
}
