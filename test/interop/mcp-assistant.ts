/**
 * An assistant: an application around the MCP SDK's own client, unmodified.
 *
 * @module
 */

import {
  type OAuthClientProvider,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { ExecutionContext } from 'ava'
import { startBrowser } from '../helpers/browser.ts'

/** What the SDK asks of the application around it: to keep things, and to show a page to a person. */
class PersonAtTheDesk implements OAuthClientProvider {
  readonly redirectUrl: string
  readonly clientMetadata: { readonly redirect_uris: Array<string> }
  /** Where the person was sent last. */
  authorizationUrl: URL | undefined
  #client: OAuthClientInformationMixed
  #tokens: OAuthTokens | undefined
  #codeVerifier = ''

  constructor(clientId: string, redirectUrl: string) {
    this.#client = { client_id: clientId }
    this.redirectUrl = redirectUrl
    this.clientMetadata = { redirect_uris: [redirectUrl] }
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
  forgetRefreshToken(): void {
    const { refresh_token: _forgotten, ...others } = this.#tokens ?? {}
    this.#tokens = others as OAuthTokens
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

export interface AssistantOptions {
  readonly url: URL
  readonly clientId: string
  /** Its port is any one that is free at the moment. */
  readonly redirectUri: string
  readonly fetch?: FetchLike
  /** The SDK's hook that decides what is sent as `resource`. */
  readonly validateResourceURL?: NonNullable<OAuthClientProvider['validateResourceURL']>
}

/** An assistant that is connected. */
export interface Assistant {
  readonly person: PersonAtTheDesk
  /** Calls a tool. @returns What it says. */
  call(tool: string): Promise<unknown>
  /** Signs Ada in where the person was sent, and redeems the code. @returns The authorization request. */
  signIn(): Promise<URLSearchParams>
}

/** Connects, is sent to sign in, signs Ada in, and connects again. */
export async function connectAssistant(
  t: ExecutionContext,
  options: AssistantOptions,
): Promise<Assistant & { readonly request: URLSearchParams }> {
  const { url, clientId, redirectUri, fetch, validateResourceURL } = options
  const person = Object.assign(
    new PersonAtTheDesk(clientId, redirectUri),
    validateResourceURL && { validateResourceURL },
  )
  const createTransport = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(url, { authProvider: person, ...(fetch && { fetch }) })
  const createClient = (): Client => new Client({ name: 'assistant', version: '1' })

  const first = createTransport()
  // The SDK's types are written without exactOptionalPropertyTypes.
  await t.throwsAsync(createClient().connect(first as Transport), { instanceOf: UnauthorizedError })
  const signIn = async (transport: StreamableHTTPClientTransport): Promise<URLSearchParams> => {
    const { authorizationUrl } = person
    if (authorizationUrl === undefined) throw new Error('the SDK sent nobody to sign in')
    const { callback } = await startBrowser().authorize(authorizationUrl, 'ada@acme.test')
    if (!callback?.href.startsWith(redirectUri)) throw new Error('the user was not sent back')
    await transport.finishAuth(String(callback.searchParams.get('code')))
    return authorizationUrl.searchParams
  }
  const request = await signIn(first)

  const transport = createTransport()
  const client = createClient()
  await client.connect(transport as Transport)
  t.teardown(() => client.close())
  return {
    person,
    request,
    call: (tool) => callTool(client, tool),
    signIn: () => signIn(transport),
  }
}

/** Calls a tool. @returns What it says. */
export async function callTool(client: Client, name: string): Promise<unknown> {
  const { content } = await client.callTool({ name })
  const [{ text }] = content as [{ text: string }]
  return JSON.parse(text)
}
