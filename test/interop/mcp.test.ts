/** The MCP SDK's own client, unmodified, against the example's MCP server. */

import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { TEAMCAST_SCOPES } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import { decodeJwt } from 'jose'
import { createMcpServer } from '../../examples/mcp-server.ts'
import { listen } from '../helpers/listen.ts'
import { startExample } from '../helpers/start-example.ts'
import { PUBLIC_CLIENT, startServer } from '../helpers/start-server.ts'
import { follow } from './follow.ts'

const REDIRECT_URI = String(PUBLIC_CLIENT.redirectUris?.[0])

/** What the SDK asks of the application around it: to keep things, and to show a page to a person. */
class PersonAtTheDesk implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT_URI
  readonly clientMetadata = { redirect_uris: [REDIRECT_URI] }
  /** Where the person was sent. */
  authorizationUrl: URL | undefined
  #client: OAuthClientInformationMixed
  #tokens: OAuthTokens | undefined
  #codeVerifier = ''

  constructor(clientId: string) {
    this.#client = { client_id: clientId }
  }

  state(): string {
    return 'state-of-the-assistant'
  }
  clientInformation(): OAuthClientInformationMixed {
    return this.#client
  }
  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client
  }
  tokens(): OAuthTokens | undefined {
    return this.#tokens
  }
  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url
  }
  saveCodeVerifier(codeVerifier: string): void {
    this.#codeVerifier = codeVerifier
  }
  codeVerifier(): string {
    return this.#codeVerifier
  }
}

interface Assistant {
  readonly person: PersonAtTheDesk
  listInterviews(): Promise<unknown>
}

/** Connects, is sent to sign in, signs Ada in, and connects again. */
async function connect(t: ExecutionContext, url: URL, clientId: string): Promise<Assistant> {
  const person = new PersonAtTheDesk(clientId)
  const first = new StreamableHTTPClientTransport(url, { authProvider: person })
  // The SDK's types are written without exactOptionalPropertyTypes.
  await t.throwsAsync(new Client({ name: 'assistant', version: '1' }).connect(first as Transport), {
    instanceOf: UnauthorizedError,
  })
  const { authorizationUrl } = person
  if (authorizationUrl === undefined) throw new Error('the SDK sent nobody to sign in')
  t.is(authorizationUrl.searchParams.get('resource'), url.href)
  t.is(authorizationUrl.searchParams.get('scope'), 'interview:read')
  const callback = await follow(authorizationUrl, REDIRECT_URI)
  t.is(callback.searchParams.get('state'), 'state-of-the-assistant')
  await first.finishAuth(String(callback.searchParams.get('code')))

  const client = new Client({ name: 'assistant', version: '1' })
  const transport = new StreamableHTTPClientTransport(url, { authProvider: person })
  await client.connect(transport as Transport)
  t.teardown(() => client.close())
  return {
    person,
    async listInterviews() {
      const { content } = await client.callTool({ name: 'list_interviews' })
      const [{ text }] = content as [{ text: string }]
      return JSON.parse(text)
    },
  }
}

const OF_ACME = [
  { tenantId: 'acme', candidate: 'Margaret Hamilton' },
  { tenantId: 'acme', candidate: 'Katherine Johnson' },
]

test('MCP SDK: finds the authorization server, signs in, calls a tool, and refreshes an expired token', async (t) => {
  const { serve, origin } = await listen(t)
  const audience = `${origin}/mcp`
  const server = await startServer(t, {
    resources: [
      { audience: 'https://api.test', scopes: Object.keys(TEAMCAST_SCOPES) },
      { audience, scopes: ['interview:read'] },
    ],
  })
  serve(createMcpServer({ issuer: server.issuer, audience, clock: server.clock.now }))

  const { person, listInterviews } = await connect(
    t,
    new URL(audience),
    server.public.client.clientId,
  )
  t.like(await listInterviews(), OF_ACME)

  const before = person.tokens()
  t.is(decodeJwt(before?.access_token ?? '').aud, audience)
  server.clock.advance(before?.expires_in ?? 0)
  t.like(await listInterviews(), OF_ACME)
  const after = person.tokens()
  t.not(after?.access_token, before?.access_token)
  t.not(after?.refresh_token, before?.refresh_token)
  t.is(decodeJwt(after?.access_token ?? '').aud, audience)
})

test('MCP SDK: the same against the example, started as a process', async (t) => {
  const superAdminToken = 'a-SuperAdmin.token_of~tests-0123456'
  const example = await startExample({ SUPER_ADMIN_TOKEN: superAdminToken, CLIENT_PORT: '0' })
  t.teardown(() => example.end())
  const registered = await fetch(`${example.hostUrl}/super-admin/oauth-clients`, {
    method: 'POST',
    headers: { authorization: `Bearer ${superAdminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(PUBLIC_CLIENT),
  })
  const { clientId } = (await registered.json()) as { clientId: string }

  const { listInterviews } = await connect(t, new URL(`${example.hostUrl}/mcp`), clientId)

  t.like(await listInterviews(), OF_ACME)
})
