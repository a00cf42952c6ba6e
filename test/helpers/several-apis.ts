/**
 * A server for two APIs, each with its own audience and scopes, and each with a client of its own to ask
 * about tokens.
 *
 * @module
 */

import type { NewClient, RegisteredClient } from '@teamcast/oauth-server'
import type { TestServerOptions } from '@teamcast/oauth-server/testing'
import type { ExecutionContext } from 'ava'
import { type StartedServer, startServer } from './start-server.ts'

export const INTERVIEWS = 'https://interviews.example/v1'
export const CANDIDATES = 'https://candidates.example'

const RESOURCE_SERVER: NewClient = {
  name: 'An API of Teamcast',
  clientType: 'CONFIDENTIAL',
  scopes: ['interview:read'],
  allowedGrantTypes: ['client_credentials'],
}

/** A server for several APIs. */
export interface SeveralApis extends StartedServer {
  /** The API of interviews, as a client. */
  readonly interviews: RegisteredClient
  /** The API of candidates, as a client. */
  readonly candidates: RegisteredClient
}

/** Starts one. Both APIs understand `interview:read`. */
export async function startSeveralApis(
  t: ExecutionContext,
  options: TestServerOptions = {},
): Promise<SeveralApis> {
  const server = await startServer(t, {
    scopes: {
      'interview:read': 'See interviews',
      'interview:create': 'Create interviews',
      'candidate:read': 'See candidates',
    },
    resources: [
      { audience: INTERVIEWS, scopes: ['interview:read', 'interview:create'] },
      { audience: CANDIDATES, scopes: ['candidate:read', 'interview:read'] },
    ],
    ...options,
  })
  const [interviews, candidates] = await Promise.all([
    server.registerClient({ ...RESOURCE_SERVER, resourceServerAudiences: [INTERVIEWS] }),
    server.registerClient({ ...RESOURCE_SERVER, resourceServerAudiences: [`${CANDIDATES}/`] }),
  ])
  return { ...server, interviews, candidates }
}
