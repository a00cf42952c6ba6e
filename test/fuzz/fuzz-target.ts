/**
 * The server that the fuzzer sends requests to, and what must hold of each response.
 *
 * @module
 */

import { connect } from 'node:net'
import { inspect } from 'node:util'
import { type AuditEvent, ClientNotFoundError, type RegisteredClient } from '@teamcast/oauth-server'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '@teamcast/oauth-server/testing'
import { formOf, startBrowser } from '../helpers/browser.ts'
import { hiddenFieldsOf, startFormBrowser } from '../helpers/form-browser.ts'
import { authorizationUrl, basicCredentials, CODE_CHALLENGE } from '../helpers/requests.ts'
import { SLOW_STORE } from '../helpers/slow-store.ts'
import { ADA, CONFIDENTIAL_CLIENT, GRACE, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { type FuzzRequest, formatRequest, leavesEarly, type Values } from './fuzz-request.ts'

const PASSWORD = 'correct horse battery staple'
const SUPER_ADMIN_TOKEN = 'the-token-of-the-super-admin-of-the-fuzzer'
const SCOPES = ['openid', 'interview:read', 'interview:create']

/** Far longer than any request takes on a busy machine. */
const TIME_LIMIT_MILLISECONDS = 60_000

/** Limits of failures are forgotten, and short-lived records expire, between two rounds. */
const BETWEEN_ROUNDS_SECONDS = 3600

/** What should not have happened, in words. */
export type Problem = string

/** A server, and what it has given out. */
export interface FuzzTarget {
  /** Ends a round and begins another: new tokens, codes, pending requests and sessions, an hour later. */
  renew(): Promise<ReadonlyArray<Problem>>
  /** Sends a request of the round. */
  send(request: FuzzRequest): Promise<ReadonlyArray<Problem>>
  close(): Promise<void>
}

/**
 * Starts a server with everything turned on.
 *
 * @param printed What the process has printed since the last call, which is searched for secrets, too.
 * @param host Functions of the host, to see whether it is noticed when one leaks.
 */
export async function startFuzzTarget(
  printed: () => string = () => '',
  host: Pick<TestServerOptions, 'findUser'> = {},
): Promise<FuzzTarget> {
  let events: Array<AuditEvent> = []
  const server = await startTestServer({
    users: [ADA, GRACE],
    clients: [{ ...CONFIDENTIAL_CLIENT, scopes: SCOPES }, PUBLIC_CLIENT],
    openIdConnect: {},
    refreshTokenGraceSeconds: 30,
    ...SLOW_STORE,
    onEvent: (event) => void events.push(event),
    authorizeSuperAdmin: ({ headers }) =>
      headers.authorization === `Bearer ${SUPER_ADMIN_TOKEN}`
        ? { superAdminId: 'root' }
        : 'unauthenticated',
    superAdminPages: { signInUrl: () => '/sign-in' },
    ...host,
  })
  const [client, publicClient] = server.clients
  if (client === undefined || publicClient === undefined) throw new Error('two clients are missing')
  await server.authorizationServer.clients.update(client.client.clientId, {
    resourceServerAudiences: [server.issuer],
  })
  let secrets = new Set<string>()
  let values: Values = {}
  let edited: RegisteredClient | undefined

  /** Finds secrets and failures in what happened since the last time. */
  function inspectRound(): ReadonlyArray<Problem> {
    const heard = events
    events = []
    const text = heard
      .map((event) => inspect(event, { depth: 9, maxStringLength: null }))
      .join('\n')
    const output = printed()
    const failed = heard
      .filter(({ type }) => type === 'server.error')
      .map((event) => `a failure of its own: ${inspect(event, { depth: 5 }).slice(0, 2000)}`)
    const leaked = [...secrets].flatMap((secret) => [
      ...(text.includes(secret) ? [`an event holds a secret: ${placeOf(text, secret)}`] : []),
      ...(output.includes(secret) ? [`a secret was printed: ${placeOf(output, secret)}`] : []),
    ])
    return [...failed, ...leaked]
  }

  return {
    async renew() {
      const problems = inspectRound()
      server.clock.advance(BETWEEN_ROUNDS_SECONDS)
      // A request may have deleted it.
      const { clients } = server.authorizationServer
      if (edited !== undefined) {
        await clients.delete(edited.client.clientId).catch(ignoreNotFound)
      }
      edited = await clients.register({ ...CONFIDENTIAL_CLIENT, name: 'Edited' })
      const found = await gatherValues(server, client, publicClient, edited)
      values = found.values
      secrets = new Set(found.secrets)
      events = []
      return problems
    },

    async send(request) {
      const { status, text } = await exchange(server.issuer, request, values)
      for (const [, token = ''] of text.matchAll(
        /"(?:access_token|refresh_token|id_token|clientSecret)":"([^"]{20,})"/g,
      )) {
        secrets.add(token)
      }
      if (status === undefined) return leavesEarly(request) ? [] : ['no response']
      if (status >= 500) return [`status ${status}: ${text.slice(0, 500)}`]
      const showsStack = /\n\s+at .+:\d+:\d+|node_modules|\.ts:\d/.test(text)
      return showsStack ? [`a stack in the response: ${text.slice(0, 500)}`] : []
    },

    close: () => server.close(),
  }
}

/** Everything that placeholders stand for, and which of it is secret. */
async function gatherValues(
  server: TestServer,
  client: RegisteredClient,
  publicClient: RegisteredClient,
  edited: RegisteredClient,
): Promise<{ readonly values: Values; readonly secrets: ReadonlyArray<string> }> {
  const { issuer } = server
  const { clientId, redirectUris } = client.client
  const secretOf = ({ clientSecret = '' }: RegisteredClient): string => clientSecret

  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const publicTokens = await server.issueTokens({
    userId: 'ada',
    clientId: publicClient.client.clientId,
  })
  const used = await server.issueTokens({ userId: 'grace', clientId })
  const { code, codeVerifier } = await server.authorize({ userId: 'ada', clientId })

  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, client), ADA.email)
  const connections = await browser.open(`${issuer}/account/connections`)
  const sessionCookies = cookiesOf(browser.userAgent.cookies)
  const page = await browser.open(authorizationUrl(issuer, client, { prompt: 'consent' }))
  const pageCookies = cookiesOf(browser.userAgent.cookies)
  const superAdmin = startFormBrowser()
  const registration = await superAdmin.open(`${issuer}/super-admin/clients/new`, {
    headers: { authorization: `Bearer ${SUPER_ADMIN_TOKEN}` },
  })
  const submission = hiddenFieldsOf(registration, `${issuer}/super-admin/clients/new`)
  const pendingRequestToken = page.url.searchParams.get('prt') ?? ''

  const secret = {
    code,
    codeVerifier,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? '',
    idToken: tokens.id_token ?? '',
    publicRefreshToken: publicTokens.refresh_token ?? '',
    usedRefreshToken: used.refresh_token ?? '',
    pendingRequestToken,
    clientSecret: secretOf(client),
    basic: basicCredentials(clientId, secretOf(client)),
    password: PASSWORD,
    superAdminToken: SUPER_ADMIN_TOKEN,
    pageCsrf: formOf(page).hidden['csrf'] ?? '',
    superAdminCsrf: submission['csrf'] ?? '',
    superAdminSubmission: submission['submissionId'] ?? '',
    sessionCsrf: formOf(connections).hidden['csrf'] ?? '',
  }
  const cookies = [...browser.userAgent.cookies, ...superAdmin.userAgent.cookies]
  const cookieValues = cookies.map(({ value }) => value)
  const values = {
    ...secret,
    issuer,
    clientId,
    redirectUri: redirectUris[0] ?? '',
    codeChallenge: CODE_CHALLENGE,
    publicClientId: publicClient.client.clientId,
    editedClientId: edited.client.clientId,
    editedSecretId: edited.client.secrets[0]?.secretId ?? '',
    superAdminCookies: cookiesOf(superAdmin.userAgent.cookies),
    sessionCookies,
    pageCookies,
  }
  const missing = Object.entries(values).filter(([, value]) => value === '')
  if (missing.length > 0) throw new Error(`without a value: ${missing.map(([name]) => name)}`)
  const longEnough = [...Object.values(secret), ...cookieValues].filter(({ length }) => length > 15)
  return { values, secrets: longEnough }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof ClientNotFoundError)) throw error
}

const cookiesOf = (cookies: ReadonlyArray<{ name: string; value: string }>): string =>
  cookies.map(({ name, value }) => `${name}=${value}`).join('; ')

/** Sends a request over a connection of its own, and reads the response to its end. */
function exchange(
  issuer: string,
  request: FuzzRequest,
  values: Values,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1')
    socket.setTimeout(TIME_LIMIT_MILLISECONDS, () => {
      socket.destroy(new Error('no end of the response in time'))
    })
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', (error) => {
      if (error.message.startsWith('no end')) reject(error) // a reset is an end, too
    })
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (?!100)(\d{3}) /m.exec(text)?.[1]
      resolve({ status: status === undefined ? undefined : Number(status), text })
    })
    const bytes = formatRequest(request, values)
    if (leavesEarly(request)) socket.end(bytes)
    else socket.write(bytes)
  })
}

const placeOf = (text: string, secret: string): string => {
  const at = text.indexOf(secret)
  return text.slice(Math.max(0, at - 300), at + secret.length + 50)
}
