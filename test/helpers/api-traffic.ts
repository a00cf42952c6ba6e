/**
 * Clients that call an API all the time, with tokens old and new, and remember every answer.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import type { RegisteredClient } from '@teamcast/oauth-server'
import { decodeProtectedHeader } from 'jose'
import { createBenchClient } from '../bench/http-client.ts'
import { basicCredentials } from './requests.ts'

/** An access token, and which key signed it. */
export interface TrafficToken {
  readonly accessToken: string
  readonly keyId: string
  /** Which of the issuers issued it. */
  readonly issuerUrl: string
  /** When it was asked for; milliseconds since the Unix epoch. */
  readonly requestedAt: number
}

/** How the API answered one request. */
export interface TrafficAnswer {
  readonly keyId: string
  readonly status: number
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number
  /** Milliseconds since the Unix epoch. */
  readonly endedAt: number
}

/** Whom to call, as whom, and how often. */
export interface TrafficOptions {
  readonly apiUrl: string
  /** The instances of the issuer, each asked for tokens in turn. */
  readonly issuerUrls: ReadonlyArray<string>
  readonly client: RegisteredClient
  readonly connections: number
  readonly requestsPerSecond: number
  readonly tokensPerSecond: number
}

/** Traffic that goes on until it is stopped. */
export interface Traffic {
  readonly tokens: ReadonlyArray<TrafficToken>
  readonly answers: ReadonlyArray<TrafficAnswer>
  /** Waits until something has happened. Rejects when a request failed altogether. */
  until(hasHappened: () => boolean): Promise<void>
  stop(): Promise<void>
}

/** Starts traffic; resolves when there is a first token of every issuer. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { apiUrl, issuerUrls, client, connections } = options
  const tokens: Array<TrafficToken> = []
  const answers: Array<TrafficAnswer> = []
  let isStopped = false
  let failure: unknown

  const fetchToken = createTokenSource(client)
  for (const issuerUrl of issuerUrls) tokens.push(await fetchToken(issuerUrl))

  /** Does something again and again, so many times a second, as long as nothing failed. */
  async function keepDoing(perSecond: number, act: (turn: number) => Promise<void>): Promise<void> {
    let nextAt = performance.now()
    for (let turn = 0; !isStopped; turn += 1) {
      await act(turn)
      nextAt += 1000 / perSecond
      const early = nextAt - performance.now()
      if (early > 0) await setTimeout(early)
    }
  }

  async function callApi(): Promise<void> {
    const send = createBenchClient()
    await keepDoing(options.requestsPerSecond / connections, async (turn) => {
      // Every other request with one of the newest, the rest with any.
      const isNewest = turn % 2 === 0
      const among = isNewest ? tokens.slice(-issuerUrls.length) : tokens
      const token = among[Math.floor(Math.random() * among.length)] as TrafficToken
      const startedAt = Date.now()
      const headers = { authorization: `Bearer ${token.accessToken}` }
      const { status } = await send(apiUrl, { headers })
      answers.push({ keyId: token.keyId, status, startedAt, endedAt: Date.now() })
    })
  }

  const issuing = keepDoing(options.tokensPerSecond, async (turn) => {
    tokens.push(await fetchToken(issuerUrls[turn % issuerUrls.length] as string))
  })
  const calling = Array.from({ length: connections }, callApi)
  const running = Promise.all([issuing, ...calling]).catch((error: unknown) => {
    isStopped = true
    failure = error
  })

  return {
    tokens,
    answers,
    async until(hasHappened) {
      while (!hasHappened()) {
        if (failure !== undefined) throw failure
        await setTimeout(20)
      }
    },
    async stop() {
      isStopped = true
      await running
      if (failure !== undefined) throw failure
    },
  }
}

function createTokenSource({
  client,
  clientSecret = '',
}: RegisteredClient): (issuerUrl: string) => Promise<TrafficToken> {
  const send = createBenchClient()
  const headers = {
    authorization: basicCredentials(client.clientId, clientSecret),
    'content-type': 'application/x-www-form-urlencoded',
  }
  return async (issuerUrl) => {
    const requestedAt = Date.now()
    const body = 'grant_type=client_credentials'
    const response = await send(`${issuerUrl}/oauth/token`, { method: 'POST', headers, body })
    if (response.status !== 200) throw new Error(`no token: ${response.status} ${response.body}`)
    const { access_token: accessToken } = JSON.parse(response.body) as { access_token: string }
    const keyId = String(decodeProtectedHeader(accessToken).kid)
    return { accessToken, keyId, issuerUrl, requestedAt }
  }
}
