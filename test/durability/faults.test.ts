/**
 * Every call of the store, in every flow, going wrong: whoever asked asks again, and has what was asked for or a
 * definite error; nothing is used up and nothing is there twice. How many calls a flow makes, it says itself: each
 * is run with its first call going wrong, its second, and so on until there is none left.
 */

import type { RegisteredClient, Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { createUserAgent } from '../../lib/testing/user-agent.ts'
import { formOf, PASSWORD, type Visit } from '../helpers/browser.ts'
import { createFaultyStorage, type Fault, type FaultyStorage } from '../helpers/faulty-storage.ts'
import { often } from '../helpers/full-counts.ts'
import {
  hangUp,
  type RecordedEvents,
  recordEvents,
  responsesEnded,
} from '../helpers/record-events.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import {
  ADA,
  CONFIDENTIAL_CLIENT,
  type StartedServer,
  startServer,
} from '../helpers/start-server.ts'

const MAXIMUM_TRIES = 4
const MAXIMUM_CALLS = 200
const SUPER_ADMIN = { authorization: 'Bearer root' }

/** A server, and everything that the flows do with it. */
interface World {
  readonly t: ExecutionContext
  readonly server: StartedServer
  readonly storage: Storage
  /** A user who has done nothing yet. */
  newUser(): string
}

/** A flow that is about to begin. */
interface Prepared {
  /** Does it, or asks again for what went wrong. @returns The status of the last response. */
  attempt(): Promise<number>
  /** Looks whether it happened, once. @param status Of the last attempt. */
  check?(status: number): Promise<void>
}

interface Flow {
  /** The status when nothing goes wrong. */
  readonly expected: number
  /** The status that asking again may get, when the store has done what it did not tell. */
  readonly refusal?: number
  /** Whether it may also get that after a call that failed: what was left has been done by then. */
  readonly isDoneInSteps?: boolean
  /** Whether it is reported each time it is asked for. */
  readonly isReportedAgain?: boolean
  prepare(world: World): Promise<Prepared>
}

const form = (
  { issuer }: StartedServer,
  client: RegisteredClient,
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<Response> => postAs(client, issuer + path, parameters)

const clientIdOf = ({ confidential }: StartedServer): string => confidential.client.clientId

async function isActive({ server }: World, token: string | undefined): Promise<boolean> {
  const response = await form(server, server.confidential, '/oauth/introspect', { token })
  return (await response.json()).active
}

/** A request to the token endpoint whose tokens, if there are any, must be good, and are refreshed once. */
function tokenRequest(
  world: World,
  parameters: Readonly<Record<string, string | undefined>>,
): Prepared {
  const { t, server } = world
  let body: { readonly access_token?: string; readonly refresh_token?: string } = {}
  return {
    async attempt() {
      const response = await form(server, server.confidential, '/oauth/token', parameters)
      body = await response.json()
      return response.status
    },
    async check(status) {
      if (status !== 200) return
      t.true(await isActive(world, body.access_token))
      if (body.refresh_token !== undefined) t.true(await isActive(world, body.refresh_token))
    },
  }
}

/** A person with a browser, who sends again what failed. */
function browse(
  world: World,
  start: URL,
  fieldsOf: (page: Visit) => Readonly<Record<string, string>> | undefined,
): Prepared & { readonly end: () => URL | undefined } {
  const { server } = world
  const userAgent = createUserAgent()
  let end: URL | undefined
  let pending: () => Promise<Response> = () => userAgent.request(start)
  let url = start
  return {
    end: () => end,
    async attempt() {
      for (;;) {
        const response = await pending()
        if (response.status >= 400) {
          await response.text()
          return response.status
        }
        const location = response.headers.get('location')
        if (location !== null) {
          const target = new URL(location, url)
          if (target.origin !== server.issuer) {
            end = target
            return 200
          }
          url = target
          pending = () => userAgent.request(target)
          continue
        }
        const html = await response.text()
        const page = { html, url } as Visit
        const fields = fieldsOf(page)
        if (fields === undefined) return 200
        const { url: action, hidden } = formOf(page)
        const target = new URL(action, url)
        pending = () => userAgent.submit(target, { ...hidden, ...fields })
      }
    },
  }
}

const answer =
  (userId: string, consent: 'allow' | 'deny') =>
  ({ html }: Visit): Readonly<Record<string, string>> | undefined => {
    if (html.includes('name="password"')) {
      return { action: 'sign-in', username: `${userId}@acme.test`, password: PASSWORD }
    }
    return html.includes('value="allow"') ? { action: consent } : undefined
  }

async function scopesOf({ server }: World, userId: string): Promise<ReadonlyArray<string>> {
  const connections = await server.authorizationServer.connections.list(userId)
  return connections.flatMap(({ scopes }) => scopes.map(({ scope }) => scope)).sort()
}

interface SuperAdminSettings {
  readonly refusal?: number
  readonly hasSecondSecret?: boolean
}

/** A request of a SuperAdmin about a client of its own. */
function superAdminFlow(
  expected: number,
  request: (client: RegisteredClient) => {
    readonly method: string
    readonly path?: string
    readonly body?: object
  },
  check: (world: World, client: RegisteredClient) => Promise<void> = async () => undefined,
  { refusal, hasSecondSecret = false }: SuperAdminSettings = {},
): Flow {
  return {
    expected,
    ...(refusal !== undefined && { refusal, isDoneInSteps: true }),
    async prepare(world) {
      const { server } = world
      const client = await server.registerClient({
        ...CONFIDENTIAL_CLIENT,
        name: 'Of a SuperAdmin',
      })
      if (hasSecondSecret)
        await server.authorizationServer.clients.addSecret(client.client.clientId)
      const { method, path = '', body } = request(client)
      return {
        async attempt() {
          const response = await fetch(`${server.issuer}/super-admin/oauth-clients${path}`, {
            method,
            headers: { ...SUPER_ADMIN, ...(body && { 'content-type': 'application/json' }) },
            ...(body && { body: JSON.stringify(body) }),
          })
          await response.text()
          return response.status
        },
        check: () => check(world, client),
      }
    },
  }
}

const pathOf = ({ client }: RegisteredClient): string => `/${client.clientId}`

const FLOWS: Readonly<Record<string, Flow>> = {
  'exchange a code': {
    expected: 200,
    refusal: 400,
    async prepare(world) {
      const { server } = world
      const userId = world.newUser()
      const { code, codeVerifier } = await server.authorize({
        userId,
        clientId: clientIdOf(server),
      })
      return tokenRequest(world, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
      })
    },
  },

  refresh: {
    expected: 200,
    async prepare(world) {
      const { server } = world
      const userId = world.newUser()
      const tokens = await server.issueTokens({ userId, clientId: clientIdOf(server) })
      const { refresh_token: token } = tokens
      return tokenRequest(world, { grant_type: 'refresh_token', refresh_token: token })
    },
  },

  'present a used refresh token': {
    expected: 400,
    async prepare(world) {
      const { server } = world
      const userId = world.newUser()
      const tokens = await server.issueTokens({ userId, clientId: clientIdOf(server) })
      const refreshed = await form(server, server.confidential, '/oauth/token', {
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
      })
      const { refresh_token: current } = await refreshed.json()
      const { attempt } = tokenRequest(world, {
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
        scope: 'interview:read', // another request than the first: no replay
      })
      return {
        attempt,
        async check() {
          world.t.false(await isActive(world, current))
        },
      }
    },
  },

  client_credentials: {
    expected: 200,
    prepare: async (world) => tokenRequest(world, { grant_type: 'client_credentials' }),
  },

  ...Object.fromEntries(
    (['access_token', 'refresh_token'] as const).flatMap((kind) => [
      [
        `revoke: ${kind}`,
        {
          expected: 200,
          isReportedAgain: kind === 'access_token',
          async prepare(world: World) {
            const { server } = world
            const userId = world.newUser()
            const tokens = await server.issueTokens({ userId, clientId: clientIdOf(server) })
            return {
              async attempt() {
                const token = tokens[kind]
                const response = await form(server, server.confidential, '/oauth/revoke', { token })
                await response.text()
                return response.status
              },
              async check() {
                world.t.false(await isActive(world, tokens[kind]))
                world.t.is(await isActive(world, tokens.refresh_token), kind === 'access_token')
              },
            }
          },
        },
      ],
      [
        `introspect: ${kind}`,
        {
          expected: 200,
          async prepare(world: World) {
            const { server } = world
            const userId = world.newUser()
            const tokens = await server.issueTokens({ userId, clientId: clientIdOf(server) })
            return {
              async attempt() {
                const token = tokens[kind]
                const response = await form(server, server.confidential, '/oauth/introspect', {
                  token,
                })
                const { active } = await response.json()
                if (response.status === 200) world.t.true(active)
                return response.status
              },
            }
          },
        },
      ],
    ]),
  ),

  'authorize for the first time: sign-in and consent': {
    expected: 200,
    async prepare(world) {
      const { t, server } = world
      const userId = world.newUser()
      const url = authorizationUrl(server.issuer, server.confidential)
      const { attempt, end } = browse(world, url, answer(userId, 'allow'))
      return {
        attempt,
        async check() {
          const response = await form(server, server.confidential, '/oauth/token', {
            grant_type: 'authorization_code',
            code: end()?.searchParams.get('code') ?? '',
            code_verifier: CODE_VERIFIER,
          })
          t.is(response.status, 200)
          t.deepEqual(await scopesOf(world, userId), [...CONFIDENTIAL_CLIENT.scopes].sort())
        },
      }
    },
  },

  'authorize, and deny': {
    expected: 200,
    async prepare(world) {
      const { t, server } = world
      const userId = world.newUser()
      const url = authorizationUrl(server.issuer, server.confidential)
      const { attempt, end } = browse(world, url, answer(userId, 'deny'))
      return {
        attempt,
        async check() {
          t.is(end()?.searchParams.get('error'), 'access_denied')
          t.deepEqual(await scopesOf(world, userId), [])
        },
      }
    },
  },

  'show the connections, after sign-in': {
    expected: 200,
    async prepare(world) {
      const userId = world.newUser()
      const url = new URL(`${world.server.issuer}/account/connections`)
      return browse(world, url, answer(userId, 'allow'))
    },
  },

  'disconnect a client, after sign-in': {
    expected: 200,
    async prepare(world) {
      const { t, server } = world
      const userId = world.newUser()
      const clientId = clientIdOf(server)
      const tokens = await server.issueTokens({ userId, clientId })
      const signIn = answer(userId, 'allow')
      const url = new URL(`${server.issuer}/account/connections`)
      const { attempt } = browse(
        world,
        url,
        (page) =>
          signIn(page) ??
          (page.html.includes(clientId) && page.html.includes('value="disconnect"')
            ? { action: 'disconnect', clientId }
            : undefined),
      )
      return {
        attempt,
        async check() {
          t.deepEqual(await scopesOf(world, userId), [])
          t.false(await isActive(world, tokens.refresh_token))
        },
      }
    },
  },

  'revoke all access of a user': {
    expected: 200,
    async prepare(world) {
      const { t, server } = world
      const userId = world.newUser()
      const tokens = await server.issueTokens({ userId, clientId: clientIdOf(server) })
      return {
        attempt: () =>
          server.authorizationServer.connections.revokeAllOfUser(userId).then(
            () => 200,
            () => 503,
          ),
        async check() {
          t.false(await isActive(world, tokens.refresh_token))
          t.deepEqual(await scopesOf(world, userId), [])
        },
      }
    },
  },

  'SuperAdmin: read a client': superAdminFlow(200, (client) => ({
    method: 'GET',
    path: pathOf(client),
  })),
  'SuperAdmin: list clients': superAdminFlow(200, () => ({ method: 'GET', path: '?limit=2' })),
  // What was registered without a response is in the list, and nobody has its secret.
  'SuperAdmin: register a client': superAdminFlow(201, () => ({
    method: 'POST',
    body: CONFIDENTIAL_CLIENT,
  })),
  'SuperAdmin: change a client': superAdminFlow(
    200,
    (client) => ({ method: 'PATCH', path: pathOf(client), body: { scopes: ['interview:read'] } }),
    async ({ t, server }, { client: { clientId } }) => {
      const client = await server.authorizationServer.clients.find(clientId)
      t.deepEqual(client?.scopes, ['interview:read'])
    },
  ),
  // One that was added without a response is in the list, too, and can be removed.
  'SuperAdmin: add a secret': superAdminFlow(
    201,
    (client) => ({ method: 'POST', path: `${pathOf(client)}/secrets`, body: {} }),
    async ({ t, server }, { client: { clientId } }) => {
      const client = await server.authorizationServer.clients.find(clientId)
      t.true((client?.secrets.length ?? 0) >= 2)
    },
  ),
  'SuperAdmin: remove a secret': superAdminFlow(
    204,
    (client) => ({
      method: 'DELETE',
      path: `${pathOf(client)}/secrets/${client.client.secrets[0]?.secretId}`,
    }),
    async ({ t, server }, { client: { clientId } }) => {
      const client = await server.authorizationServer.clients.find(clientId)
      t.is(client?.secrets.length, 1)
    },
    { refusal: 404, hasSecondSecret: true },
  ),
  'SuperAdmin: delete a client': superAdminFlow(
    204,
    (client) => ({ method: 'DELETE', path: pathOf(client) }),
    async ({ t, server, storage }, { client: { clientId } }) => {
      t.is(await server.authorizationServer.clients.find(clientId), undefined)
      t.true(await storage.revocations.has('client', clientId, server.clock.now()))
    },
    { refusal: 404 },
  ),
}

/** What goes wrong, and whether what is late happens before or after whoever asked has asked again. */
interface Variant {
  readonly fault: Fault
  readonly isReleasedAfter: boolean
}
const VARIANTS: ReadonlyArray<Variant> = [
  { fault: 'fails', isReleasedAfter: false },
  { fault: 'lost', isReleasedAfter: false },
  { fault: 'late', isReleasedAfter: false },
  { fault: 'late', isReleasedAfter: true },
  { fault: 'hung-up', isReleasedAfter: false },
]

/** Each call goes wrong in every way; in `npm test` in one of them, and of what comes after six
 * calls only some. */
const isTried = (position: number, variant: number): boolean =>
  position % often(1, VARIANTS.length) === variant % often(1, VARIANTS.length)
const LONG = 6
const STRIDE_OF_LONG = often(1, 12)

/** What must be reported once, if at all. */
const ONCE = ['consent.granted', 'connection.revoked', 'token.revoked', 'client.deleted']

const repeated = (types: ReadonlyArray<string>): ReadonlyArray<string> =>
  ONCE.filter((once) => types.filter((type) => type === once).length > 1)

/** A world whose store goes wrong when it is told to. */
async function startFaultyWorld(
  t: ExecutionContext,
): Promise<World & { readonly faulty: FaultyStorage; readonly recorded: RecordedEvents }> {
  const storage = createMemoryStorage()
  const faulty = createFaultyStorage(storage, () => hangUp(server.issuer))
  const recorded = recordEvents()
  const server: StartedServer = await startServer(t, {
    storage: faulty.storage,
    onEvent: recorded.onEvent,
    refreshTokenGraceSeconds: 30,
    authorizeSuperAdmin: ({ headers }) =>
      headers.authorization === SUPER_ADMIN.authorization ? 'allowed' : 'unauthenticated',
  })
  return {
    t,
    server,
    storage,
    faulty,
    recorded,
    newUser() {
      const userId = `user-${server.users.size}`
      server.users.set(userId, { ...ADA, userId, email: `${userId}@acme.test` })
      return userId
    },
  }
}

/** @returns Also 503 for a connection that broke: whoever asked tries again. */
async function attempt(prepared: Prepared): Promise<number> {
  try {
    return await prepared.attempt()
  } catch (error) {
    if (error instanceof TypeError && error.message === 'fetch failed') return 503
    throw error
  }
}

/** Runs a flow whose call at a position goes wrong. @returns Whether it makes so many. */
async function runWithFault(
  world: Awaited<ReturnType<typeof startFaultyWorld>>,
  flow: Flow,
  { fault, isReleasedAfter }: Variant,
  position: number,
): Promise<boolean> {
  const { t, faulty, recorded } = world
  const prepared = await flow.prepare(world)
  const seen = (await recorded.settled()).length
  faulty.arm(fault, position)
  let status = await attempt(prepared)
  await responsesEnded()
  const hit = faulty.disarm()
  if (hit === undefined) {
    t.is(status, flow.expected)
    return false
  }
  const where = `${fault}: call ${position}, ${hit}`
  if (!isReleasedAfter) await faulty.release()
  for (let tries = 1; status >= 500 && tries < MAXIMUM_TRIES; tries += 1) {
    t.is(status, 503, where)
    status = await attempt(prepared)
  }
  await faulty.release()
  const mayBeDone = fault !== 'fails' || flow.isDoneInSteps === true
  t.true(status === flow.expected || (mayBeDone && status === flow.refusal), `${where}: ${status}`)
  await prepared.check?.(status)
  const events = (await recorded.settled()).slice(seen)
  if (!flow.isReportedAgain) {
    t.deepEqual(repeated(events.map(({ type }) => type)), [], where)
  }
  return true
}

for (const [name, flow] of Object.entries(FLOWS)) {
  test(`a call of the store that goes wrong, whichever it is: ${name}`, async (t) => {
    const world = await startFaultyWorld(t)
    let scenarios = 0
    let position = 1
    for (let isThere = true; isThere; position += position < LONG ? 1 : STRIDE_OF_LONG) {
      t.true(position < MAXIMUM_CALLS, 'the flow never ends')
      for (const [index, variant] of VARIANTS.entries()) {
        if (!(isThere && isTried(position, index))) continue
        isThere = await runWithFault(world, flow, variant, position)
        if (isThere) scenarios += 1
      }
    }
    t.true(scenarios > 0, 'the flow calls no store')
    if (often(1, 0) === 1) t.log(`${scenarios} scenarios`)
  })
}
