/**
 * A server with the API of a SuperAdmin, and the requests to it.
 *
 * @module
 */

import type { AuditEvent, Client, Issue, NewClient } from '@teamcast/oauth-server'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '@teamcast/oauth-server/testing'
import type { ExecutionContext } from 'ava'
import { AUDIENCE } from './client-rules.ts'
import { createFarClock } from './far-clock.ts'
import { recordEvents } from './record-events.ts'
import { SLOW_STORE } from './slow-store.ts'
import { ADA, GRACE } from './start-server.ts'

export const CLIENTS_PATH = '/super-admin/oauth-clients'
export const SUPER_ADMIN_ID = 'root@teamcast.test'

/** A request to the API; a body that is an object is sent as JSON. */
export interface ApiRequest {
  readonly body?: object | string | Blob
  readonly headers?: Readonly<Record<string, string>>
}

/** A client as the API shows it; `clientSecret` when it was just registered. */
export type ShownClient = Client & { readonly clientSecret?: string }

/** A server, and a SuperAdmin in front of it. */
export interface SuperAdminServer extends TestServer {
  /** Sends a request as the SuperAdmin, to a path below `/super-admin/oauth-clients`. */
  send(method: string, path: string, request?: ApiRequest): Promise<Response>
  /** Registers a client over HTTP. */
  register(newClient: NewClient): Promise<ShownClient>
  /** Reads a client over HTTP. */
  read(clientId: string): Promise<ShownClient>
  /** All audit events so far. */
  events(): Promise<ReadonlyArray<AuditEvent>>
}

/** Starts a server that knows one SuperAdmin, and ends with the test. */
export async function startSuperAdminServer(
  t: ExecutionContext,
  options: TestServerOptions = {},
): Promise<SuperAdminServer> {
  const { onEvent, settled } = recordEvents()
  const clock = createFarClock()
  const server = await startTestServer({
    users: [ADA, GRACE],
    audience: AUDIENCE,
    authorizeSuperAdmin(ctx) {
      const authorization = ctx.get('authorization')
      if (authorization === '') return 'unauthenticated'
      return authorization === 'Bearer root' ? { superAdminId: SUPER_ADMIN_ID } : 'forbidden'
    },
    onEvent,
    ...SLOW_STORE,
    clock: clock.now,
    ...options,
  })
  t.teardown(server.close)
  const send: SuperAdminServer['send'] = (method, path, { body, headers } = {}) =>
    fetch(server.issuer + CLIENTS_PATH + path, {
      method,
      headers: {
        authorization: 'Bearer root',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' || body instanceof Blob ? body : JSON.stringify(body) }),
    })
  const shown = async (response: Response, status: number): Promise<ShownClient> => {
    const answer = await response.json()
    if (response.status === status) return answer as ShownClient
    throw new Error(`answered ${response.status}: ${JSON.stringify(answer)}`)
  }
  return {
    ...server,
    clock,
    send,
    register: async (newClient) => shown(await send('POST', '', { body: newClient }), 201),
    read: async (clientId) => shown(await send('GET', `/${clientId}`), 200),
    events: settled,
  }
}

/** Problem details (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: ReadonlyArray<Issue>
}

/** Asserts that a response is a problem, kept from caches and other origins; returns it. */
export async function assertProblem(
  t: ExecutionContext,
  response: Response,
  status: number,
): Promise<Problem> {
  const problem = (await response.json()) as Problem
  t.is(response.status, status, JSON.stringify(problem))
  t.is(response.headers.get('content-type'), 'application/problem+json')
  assertPrivate(t, response)
  t.like(problem, { type: 'about:blank', status })
  t.true(problem.title.length > 0 && problem.detail.length > 0)
  return problem
}

/** Asserts the headers that every answer of the API has. */
export function assertPrivate(t: ExecutionContext, response: Response): void {
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('x-content-type-options'), 'nosniff')
  t.is(response.headers.get('access-control-allow-origin'), null)
}
