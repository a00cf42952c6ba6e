/** The MCP SDK's own client and mcp-remote, unmodified, against the example's MCP server. */

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  extractWWWAuthenticateParams,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type NewClient, TEAMCAST_SCOPES } from '@teamcast/oauth-server'
import type { TestServer } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { decodeJwt } from 'jose'
import { createMcpServer, MCP_SCOPES } from '../../examples/mcp-server.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { findFreePort } from '../helpers/free-port.ts'
import { listen } from '../helpers/listen.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { makeDirectory } from '../helpers/start-process.ts'
import { startServer } from '../helpers/start-server.ts'
import { follow } from './follow.ts'
import { type Assistant, callTool, connectAssistant } from './mcp-assistant.ts'
import { findPage, registrationOf, versionOf } from './page-programs.ts'

const OF_ACME = [
  { tenantId: 'acme', candidate: 'Margaret Hamilton' },
  { tenantId: 'acme', candidate: 'Katherine Johnson' },
]
const CREATED = { tenantId: 'acme', candidate: 'Annie Easley' }
const ACCESS_TOKEN_TTL_SECONDS = 900
const EVERY_SCOPE = MCP_SCOPES.join(' ')

const PAGE = findPage('guides/mcp')
/** The redirect URIs that the page lists, of every assistant. */
const REDIRECT_URIS = [...PAGE.text.matchAll(/^\| [^|]+ \| ([^|]*`https?:[^|]+) \|$/gm)].flatMap(
  ([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, uri = '']) => uri),
)
/** What the page registers, for all assistants at once. */
const ASSISTANT: NewClient = { ...registrationOf(PAGE), redirectUris: REDIRECT_URIS }

interface McpSystem {
  readonly server: TestServer
  /** The URL of the MCP server. */
  readonly url: URL
  readonly clientId: string
}

/** Starts an authorization server, and an MCP server at this path. */
async function startMcp(
  t: ExecutionContext,
  path = '/mcp',
  changes: Partial<NewClient> = {},
): Promise<McpSystem> {
  const { serve, origin } = await listen(t)
  const audience = origin + path
  const server = await startServer(t, {
    resources: [
      { audience: 'https://api.test', scopes: Object.keys(TEAMCAST_SCOPES) },
      { audience, scopes: MCP_SCOPES },
    ],
  })
  serve(createMcpServer({ issuer: server.issuer, audience, clock: server.clock.now }))
  const { client } = await server.registerClient({ ...ASSISTANT, ...changes })
  return { server, url: new URL(audience), clientId: client.clientId }
}

test('MCP: the page names the version of mcp-remote that runs here', (t) => {
  t.deepEqual(versionOf(PAGE), ['mcp-remote', packageJson.devDependencies['mcp-remote']])
})

test('MCP: every redirect URI of the page is accepted, at any port of the machine (RFC 8252 §7.3)', async (t) => {
  const { server } = await startMcp(t)
  const registered = await server.registerClient(ASSISTANT)
  t.true(REDIRECT_URIS.length > 5)
  for (const uri of REDIRECT_URIS) {
    const atAPort = uri.replace(/^(http:\/\/[^/]+)/, '$1:33418')
    const url = authorizationUrl(server.issuer, registered, { redirect_uri: atAPort })
    const { status, headers } = await fetch(url, { redirect: 'manual' })
    t.is(status, 302, atAPort)
    t.regex(String(headers.get('location')), /\/oauth\/continue\?prt=/)
  }
})

const anyRedirectUri = async (host = '127.0.0.1'): Promise<string> =>
  `http://${host}:${await findFreePort()}/callback`

/** Lets an access token expire, and goes on without the user. */
async function assertRefreshes(
  t: ExecutionContext,
  { server }: McpSystem,
  { person, call }: Assistant,
): Promise<void> {
  const before = person.tokens()
  server.clock.advance(before?.expires_in ?? 0)
  t.like(await call('list_interviews'), OF_ACME)
  const after = person.tokens()
  t.not(after?.access_token, before?.access_token)
  t.not(after?.refresh_token, before?.refresh_token)
  t.is(audienceOf(after?.access_token), audienceOf(before?.access_token))
}

const audienceOf = (token = ''): unknown => decodeJwt(token).aud

for (const host of ['127.0.0.1', 'localhost']) {
  test(`MCP SDK: finds the authorization server, signs in at any port of ${host}, calls a tool, and refreshes an expired token`, async (t) => {
    const system = await startMcp(t)
    const redirectUri = await anyRedirectUri(host)
    const assistant = await connectAssistant(t, { ...system, redirectUri })
    const { request, person, call } = assistant
    t.is(request.get('resource'), system.url.href)
    t.is(request.get('scope'), 'interview:read')
    t.false(request.has('state'))
    t.like(await call('list_interviews'), OF_ACME)
    t.is(audienceOf(person.tokens()?.access_token), system.url.href)
    await assertRefreshes(t, system, assistant)
  })
}

for (const [sent, hook] of [
  // By default, the SDK sends what the metadata of the resource says; earlier ones sent a URL object.
  ['', undefined],
  ['/', async (url: string | URL) => new URL(url)],
] as const) {
  test(`MCP SDK: an MCP server at the root of a host is found if the client sends the host with "${sent}" (RFC 3986 §6.2.3)`, async (t) => {
    const system = await startMcp(t, '')
    const { origin } = system.url
    const redirectUri = await anyRedirectUri()
    const options = { ...system, redirectUri, ...(hook && { validateResourceURL: hook }) }
    const assistant = await connectAssistant(t, options)
    t.is(assistant.request.get('resource'), origin + sent)
    t.is(audienceOf(assistant.person.tokens()?.access_token), origin)
    t.like(await assistant.call('list_interviews'), OF_ACME)
    await assertRefreshes(t, system, assistant)
  })
}

test('MCP SDK: a tool that needs one more scope: the user is asked for it, and the client goes on (RFC 6750 §3.1)', async (t) => {
  const system = await startMcp(t, '/mcp', { allowedGrantTypes: ['authorization_code'] })
  const redirectUri = await anyRedirectUri()
  const { call, signIn } = await connectAssistant(t, { ...system, redirectUri })
  t.like(await call('list_interviews'), OF_ACME)

  await t.throwsAsync(call('create_interview'), { instanceOf: UnauthorizedError })
  t.is((await signIn()).get('scope'), EVERY_SCOPE)
  t.like(await call('create_interview'), CREATED)
  t.like(await call('list_interviews'), OF_ACME)
})

test('MCP SDK: one that holds a refresh token must forget it to get one more scope', async (t) => {
  const system = await startMcp(t)
  const redirectUri = await anyRedirectUri()
  const before = await connectAssistant(t, { ...system, redirectUri })
  // It refreshes, which cannot add a scope, and gives up: https://github.com/modelcontextprotocol/typescript-sdk/issues/2255
  const givenUp = { message: /Server returned 403 after trying upscoping/ }
  await t.throwsAsync(before.call('create_interview'), givenUp)

  const assistant = await connectAssistant(t, {
    ...{ ...system, redirectUri },
    async fetch(url, init) {
      const response = await fetch(url, init)
      const { error } = extractWWWAuthenticateParams(response)
      if (error === 'insufficient_scope') assistant.person.forgetRefreshToken()
      return response
    },
  })
  await t.throwsAsync(assistant.call('create_interview'), { instanceOf: UnauthorizedError })
  t.is((await assistant.signIn()).get('scope'), EVERY_SCOPE)
  t.like(await assistant.call('create_interview'), CREATED)
  await assertRefreshes(t, system, assistant)
})

interface McpRemote {
  readonly client: Client
  /** Connects. The user signs in first, if mcp-remote asks for that. */
  connect(): Promise<void>
  /** Waits for the next request to open a page, and signs Ada in there. @returns The authorization request. */
  signIn(): Promise<URLSearchParams>
}

/** Creates a directory for what mcp-remote keeps. */
async function makeConfigDirectory(t: ExecutionContext): Promise<string> {
  const { path, remove } = await makeDirectory('mcp-remote')
  t.teardown(remove)
  return path
}

/** Starts mcp-remote as a desktop application does. */
function startMcpRemote(
  t: ExecutionContext,
  { url, clientId }: McpSystem,
  directory: string,
  parameters: ReadonlyArray<string> = [],
): McpRemote {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      fileURLToPath(import.meta.resolve('mcp-remote/dist/proxy.js')),
      url.href,
      ...parameters,
      ...['--static-oauth-client-info', JSON.stringify({ client_id: clientId })],
      ...['--auth-timeout', '300'],
    ],
    // A browser that does nothing: the test reads where it is sent.
    env: { PATH: String(process.env['PATH']), MCP_REMOTE_CONFIG_DIR: directory, BROWSER: 'true' },
    stderr: 'pipe',
  })
  const client = new Client({ name: 'desktop', version: '1' })
  t.teardown(() => client.close())
  const pages = pagesOf(transport)
  return {
    client,
    connect: () => client.connect(transport as Transport),
    async signIn() {
      const { value: page } = await pages.next()
      const redirectUri = String(page.searchParams.get('redirect_uri'))
      const callback = await follow(page, redirectUri)
      t.is((await fetch(callback)).status, 200)
      return page.searchParams
    },
  }
}

/**
 * The pages that mcp-remote sends the user to, one after the other, when it listens for what comes of it: in the
 * middle of a session it opens the page first.
 */
async function* pagesOf({ stderr }: StdioClientTransport): AsyncGenerator<URL, never> {
  if (stderr === null) throw new Error('the transport has no stderr')
  let page: URL | undefined
  let isListening = false
  for await (const line of createInterface({ input: stderr as Readable })) {
    const url = URL.parse(line)
    if (url?.searchParams.has('code_challenge')) page = url
    if (line.includes('OAuth callback server running')) isListening = true
    if (page === undefined || !isListening) continue
    yield page
    page = undefined
    isListening = false
  }
  throw new Error('mcp-remote ended')
}

test('mcp-remote: signs in at the port it chose, calls tools, asks for one more scope, and refreshes an expired token when it is started again (RFC 8252 §7.3)', async (t) => {
  const system = await startMcp(t)
  const directory = await makeConfigDirectory(t)
  const first = startMcpRemote(t, system, directory)
  const [request] = await Promise.all([first.signIn(), first.connect()])
  t.like(Object.fromEntries(request), { resource: system.url.href, scope: 'interview:read' })
  t.regex(String(request.get('redirect_uri')), /^http:\/\/localhost:\d+\/oauth\/callback$/)
  t.like(await callTool(first.client, 'list_interviews'), OF_ACME)

  const [more, created] = await Promise.all([
    first.signIn(),
    callTool(first.client, 'create_interview'),
  ])
  t.is(more.get('scope'), EVERY_SCOPE)
  t.like(created, CREATED)
  await first.client.close()

  system.server.clock.advance(ACCESS_TOKEN_TTL_SECONDS)
  const again = startMcpRemote(t, system, directory)
  await again.connect()
  t.like(await callTool(again.client, 'create_interview'), CREATED)
})

test('mcp-remote: signs in at the port and the host that it is given (RFC 8252 §7.3)', async (t) => {
  const system = await startMcp(t)
  const port = String(await findFreePort())
  const { client, connect, signIn } = startMcpRemote(
    ...([t, system, await makeConfigDirectory(t), [port, '--host', '127.0.0.1']] as const),
  )
  const [request] = await Promise.all([signIn(), connect()])
  t.is(request.get('redirect_uri'), `http://127.0.0.1:${port}/oauth/callback`)
  t.like(await callTool(client, 'list_interviews'), OF_ACME)
})
