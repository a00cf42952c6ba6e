/**
 * The clients and servers that every OAuth client library has to get on with.
 *
 * @module
 */

import type { RegisteredClient } from '@teamcast/oauth-server'
import type { ExecutionContext } from 'ava'
import { startBrowser } from '../helpers/browser.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, startServer } from '../helpers/start-server.ts'

/** How a client authenticates. */
export type AuthMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** Every authentication method, at the root of a host and under a path. */
export const INTEROP_CASES: ReadonlyArray<{ authMethod: AuthMethod; issuerPath: string }> = (
  ['client_secret_basic', 'client_secret_post', 'none'] as const
).flatMap((authMethod) => ['', '/auth'].map((issuerPath) => ({ authMethod, issuerPath })))

/** A server and a client of it. */
export interface Interop {
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  /** Signs Ada in and allows everything; returns where the client is called back. */
  authorize(url: URL): Promise<URL>
}

/** Starts the server of a case. */
export async function startInterop(
  t: ExecutionContext,
  { authMethod, issuerPath }: { readonly authMethod: AuthMethod; readonly issuerPath: string },
): Promise<Interop> {
  const server = await startServer(t, { issuerPath })
  const { client, clientSecret = '' }: RegisteredClient = await server.registerClient(
    authMethod === 'none'
      ? PUBLIC_CLIENT
      : { ...CONFIDENTIAL_CLIENT, tokenEndpointAuthMethod: authMethod },
  )
  return {
    issuer: new URL(server.issuer),
    clientId: client.clientId,
    clientSecret,
    redirectUri: String(client.redirectUris[0]),
    async authorize(url) {
      const { callback } = await startBrowser().authorize(url, 'ada@acme.test')
      if (callback === undefined) throw new Error('the browser was not sent back to the client')
      return callback
    },
  }
}
