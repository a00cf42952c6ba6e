/**
 * An authorization server as partners meet it: https, an API beside it, and nothing of it within reach but
 * HTTP.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import cors from '@koa/cors'
import {
  type AuthorizationServer,
  createAuthorizationServer,
  type OpenIdConnectOptions,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  type AccessTokenState,
  requireAccessToken,
  requireScopes,
} from '@teamcast/oauth-server/resource-server'
import Koa from 'koa'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { PASSWORD } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { makeDirectory } from '../helpers/start-process.ts'
import { ADA } from '../helpers/start-server.ts'

/** Creates a key and its certificate for 127.0.0.1, good for a day. */
const SELF_SIGNED = [
  ...['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1'],
  ...['-addext', 'subjectAltName=IP:127.0.0.1'],
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', '-', '-out', '-'],
]

export interface TlsIssuer {
  readonly issuer: string
  readonly server: AuthorizationServer
  /** File with the certificate, for `NODE_EXTRA_CA_CERTS`. This process trusts it until `stop`. */
  readonly certificateFile: string
  /** The types of all audit events of a client so far, in order. */
  eventsOf(clientId: string): Promise<ReadonlyArray<string>>
  stop(): Promise<void>
}

/** Options of {@link startTlsIssuer}. */
export interface TlsIssuerOptions {
  /** Audiences of further resources, for `interview:read`. */
  readonly audiences?: ReadonlyArray<string>
  /** Defaults to off. */
  readonly openIdConnect?: OpenIdConnectOptions
}

/** Starts it. `GET /interviews` is the API, and says whose interviews they are. */
export async function startTlsIssuer({
  audiences = [],
  openIdConnect,
}: TlsIssuerOptions = {}): Promise<TlsIssuer> {
  const pem = execFileSync('openssl', SELF_SIGNED, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const certificate = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'))
  const directory = await makeDirectory('tls-issuer')
  const certificateFile = join(directory.path, 'certificate.pem')
  await writeFile(certificateFile, certificate)
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, certificate])

  const listener = createServer({ key: pem, cert: certificate, keepAliveTimeout: 0 })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const issuer = `https://127.0.0.1:${(listener.address() as AddressInfo).port}`

  const { onEvent, settled } = recordEvents()
  const server = createAuthorizationServer({
    issuer,
    storage: createMemoryStorage(),
    signingKeys: [testSigningKey()],
    cookieKeys: ['cookie key of a test server, not a secret'],
    resources: [
      { audience: issuer, scopes: Object.keys(TEAMCAST_SCOPES) },
      ...audiences.map((audience) => ({ audience, scopes: ['interview:read'] })),
    ],
    findUser: async (userId) => (userId === ADA.userId ? ADA : undefined),
    authenticateUser: async ({ username, password }) =>
      username === ADA.email && password === PASSWORD ? ADA : undefined,
    onEvent,
    ...(openIdConnect === undefined ? {} : { openIdConnect }),
  })
  const app = new Koa<AccessTokenState>()
  app.use(server.middleware())
  app.use(cors()) // the API's own
  app.use(requireAccessToken({ issuer, audience: issuer }))
  app.use(requireScopes('interview:read'))
  app.use((ctx) => {
    ctx.body = { interviewsOf: ctx.state.accessToken.userId }
  })
  listener.on('request', app.callback())

  return {
    issuer,
    server,
    certificateFile,
    eventsOf: async (clientId) =>
      (await settled())
        .filter((event) => 'clientId' in event && event.clientId === clientId)
        .map(({ type }) => type),
    async stop() {
      setDefaultCACertificates(trusted)
      listener.close()
      listener.closeAllConnections()
      await directory.remove()
    },
  }
}
