/**
 * An authorization server for one test, with the people and clients that most tests need.
 *
 * @module
 */

import type { NewClient, RegisteredClient } from '@teamcast/oauth-server'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
  type TestUser,
} from '@teamcast/oauth-server/testing'
import type { ExecutionContext } from 'ava'
import { createFarClock } from './far-clock.ts'
import { SLOW_STORE } from './slow-store.ts'

export const ADA: TestUser = {
  userId: 'ada',
  tenantId: 'acme',
  name: 'Ada Lovelace',
  email: 'ada@acme.test',
}
export const GRACE: TestUser = {
  userId: 'grace',
  tenantId: 'globex',
  name: 'Grace Hopper',
  email: 'grace@globex.test',
}

/** A confidential PLATFORM client that may do everything. */
export const CONFIDENTIAL_CLIENT: NewClient = {
  name: 'Acme Recruiter',
  clientType: 'CONFIDENTIAL',
  scopes: ['interview:read', 'interview:create', 'candidate:read'],
  redirectUris: ['https://recruiter.example/callback'],
  allowedGrantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
}

/** A public client: a browser application. */
export const PUBLIC_CLIENT: NewClient = {
  name: 'Acme Browser App',
  clientType: 'PUBLIC',
  scopes: ['interview:read', 'interview:create'],
  redirectUris: ['https://spa.example/callback'],
}

/** A confidential client for the users of `acme` only. */
export const TENANT_CLIENT: NewClient = {
  ...CONFIDENTIAL_CLIENT,
  name: 'Acme Internal Tool',
  audience: 'TENANT',
  tenantId: 'acme',
}

/** A test server with the three clients above. */
export interface StartedServer extends TestServer {
  readonly confidential: RegisteredClient
  readonly public: RegisteredClient
  readonly tenant: RegisteredClient
}

/** Starts a server that ends with the test. */
export async function startServer(
  t: ExecutionContext,
  options: TestServerOptions = {},
): Promise<StartedServer> {
  const clock = createFarClock()
  const server = await startTestServer({
    users: [ADA, GRACE],
    clients: [CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, TENANT_CLIENT],
    ...SLOW_STORE,
    clock: clock.now,
    ...options,
  })
  t.teardown(() => server.close())
  const [confidential, publicClient, tenant] = server.clients
  if (confidential === undefined || publicClient === undefined || tenant === undefined) {
    throw new Error('give the server its three clients')
  }
  return { ...server, clock, confidential, public: publicClient, tenant }
}
