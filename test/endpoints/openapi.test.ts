import { Validator } from '@seriousme/openapi-schema-validator'
import { type Storage, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createUserAgent, type UserAgent } from '@teamcast/oauth-server/testing'
import test from 'ava'
import { startBrowser } from '../helpers/browser.ts'
import { type OpenApi, readOpenApi } from '../helpers/openapi.ts'
import {
  ADA,
  CONFIDENTIAL_CLIENT,
  GRACE,
  PUBLIC_CLIENT,
  TENANT_CLIENT,
} from '../helpers/start-server.ts'
import {
  type ApiRequest,
  CLIENTS_PATH,
  type SuperAdminServer,
  startSuperAdminServer,
} from '../helpers/super-admin.ts'

/** What is wrong with the server's surroundings. */
interface Conditions {
  mood: 'good' | 'failing' | 'contested'
  isHostBroken: boolean
}

/** A storage that can be made to fail, or to have had its clients changed by somebody else. */
function fickleStorage(conditions: Conditions): Storage {
  const memory = createMemoryStorage()
  const fickle = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...parameters: ReadonlyArray<unknown>) => {
          if (conditions.mood === 'failing') throw new StorageError('down')
          const isChange = name === 'update' || name === 'delete'
          if (conditions.mood === 'contested' && isChange) return false
          return await Reflect.apply(member, target, parameters)
        }
      },
    })
  return { ...memory, clients: fickle(memory.clients), consents: fickle(memory.consents) }
}

type Send = (method: string, path: string, request?: ApiRequest) => Promise<void>

interface Scenario {
  readonly server: SuperAdminServer
  readonly send: Send
}

async function succeed({ server, send }: Scenario): Promise<void> {
  await send('GET', '')
  for (const body of [
    CONFIDENTIAL_CLIENT,
    PUBLIC_CLIENT,
    { ...TENANT_CLIENT, clientUri: 'https://acme.example', logoUrl: 'https://acme.example/l' },
  ]) {
    await send('POST', '', { body })
  }
  await send('GET', '?limit=1')
  await send('GET', '?audience=TENANT&tenantId=acme&clientType=CONFIDENTIAL&name=acme')
  const { clientId } = await server.register(CONFIDENTIAL_CLIENT)
  const path = `/${clientId}`
  await send('POST', `${path}/secrets`, { body: {} })
  await send('POST', `${path}/secrets`, { body: { expiresAt: server.clock.now() + 60 } })
  await send('GET', path)
  await send('PATCH', path, { body: { name: 'Another name', clientUri: null } })
  const [{ secretId } = { secretId: '' }] = (await server.read(clientId)).secrets
  await send('DELETE', `${path}/secrets/${secretId}`)
  await send('DELETE', path)
}

async function breakRules({ server, send }: Scenario): Promise<void> {
  const { clientId, secrets } = await server.register(CONFIDENTIAL_CLIENT)
  const path = `/${clientId}`
  await send('GET', '?limit=0&colour=green')
  await send('POST', '', { body: '{' })
  await send('POST', '', { body: 'a=1', headers: { 'content-type': 'text/plain' } })
  await send('POST', '', { body: { name: 'x' } })
  await send('PATCH', path, { body: '[]' })
  await send('PATCH', path, { body: '{}', headers: { 'content-type': 'text/plain' } })
  await send('PATCH', path, { body: { audience: 'TENANT', name: 'x' } })
  await send('PATCH', path, { body: {}, headers: { 'if-match': '"7"' } })
  await send('DELETE', path, { headers: { 'if-match': '"7"' } })
  await send('POST', `${path}/secrets`, { body: 'null' })
  await send('POST', `${path}/secrets`, { body: '{}', headers: { 'content-type': 'text/plain' } })
  await send('POST', `${path}/secrets`, { body: { expiresAt: 1 } })
  await send('DELETE', `${path}/secrets/${secrets[0]?.secretId}`)
  await send('GET', '/tc_unknown')
  await send('PATCH', '/tc_unknown', { body: {} })
  await send('DELETE', '/tc_unknown')
  await send('POST', '/tc_unknown/secrets', { body: {} })
  await send('DELETE', `${path}/secrets/unknown`)
}

/** Each operation, in a way that would succeed. */
async function everyOperation(send: Send, clientId: string, secretId: string): Promise<void> {
  await send('GET', '')
  await send('POST', '', { body: PUBLIC_CLIENT })
  await send('GET', `/${clientId}`)
  await send('PATCH', `/${clientId}`, { body: { name: 'Another name' } })
  await send('POST', `/${clientId}/secrets`, { body: {} })
  await send('DELETE', `/${clientId}/secrets/${secretId}`)
  await send('DELETE', `/${clientId}`)
}

test('docs/openapi.yaml: is a valid document of OpenAPI 3.1', async (t) => {
  const { document } = await readOpenApi()
  const validator = new Validator()

  t.deepEqual(await validator.validate(document as never), { valid: true })
  t.is(validator.version, '3.1')
})

/** What a signed-in user does, and what others try. */
async function useConnections(
  { issuer, registerClient, issueTokens }: SuperAdminServer,
  conditions: Conditions,
  check: (method: string, path: string, response: Response) => Promise<void>,
): Promise<void> {
  const branding = { clientUri: 'https://acme.example', logoUrl: 'https://acme.example/logo' }
  const { client } = await registerClient({ ...CONFIDENTIAL_CLIENT, ...branding })
  const { clientId } = client
  await issueTokens({ userId: ADA.userId, clientId })
  const browser = startBrowser()
  await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)

  const send = async (
    { request }: UserAgent,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = { accept: 'application/json' },
  ): Promise<void> => check(method, path, await request(issuer + path, { method, headers }))
  const connection = `/account/connections/${clientId}`
  const useBoth = async (userAgent: UserAgent): Promise<void> => {
    await send(userAgent, 'GET', '/account/connections')
    await send(userAgent, 'DELETE', connection)
  }

  await useBoth(createUserAgent())
  await send(browser.userAgent, 'DELETE', connection, { origin: 'https://evil.example' })
  conditions.isHostBroken = true
  await useBoth(browser.userAgent)
  conditions.isHostBroken = false
  conditions.mood = 'failing'
  await useBoth(browser.userAgent)
  conditions.mood = 'good'
  await useBoth(browser.userAgent)
  await useBoth(browser.userAgent) // there is none any more
}

test('docs/openapi.yaml: every response is as described, and every described response happens', async (t) => {
  const openApi = await readOpenApi()
  const seen = new Set<string>()
  const conditions: Conditions = { mood: 'good', isHostBroken: false }
  const server = await startSuperAdminServer(t, {
    storage: fickleStorage(conditions),
    authorizeSuperAdmin({ headers: { authorization } }) {
      if (conditions.isHostBroken) throw new Error('the hook is broken')
      if (authorization === 'Bearer root') return 'allowed'
      return authorization === 'Bearer of a user' ? 'forbidden' : 'unauthenticated'
    },
    async findUser(id) {
      if (conditions.isHostBroken) throw new Error('the hook is broken')
      return [ADA, GRACE].find(({ userId }) => userId === id)
    },
  })
  const check = async (...answer: Parameters<OpenApi['check']>): Promise<void> => {
    seen.add(await openApi.check(...answer))
  }
  const send: Send = async (method, path, request) => {
    const response = await server.send(method, path, request)
    const sent = typeof request?.body === 'object' ? request.body : undefined
    await check(method, CLIENTS_PATH + path, response, sent)
  }
  const sendAs =
    (authorization: string): Send =>
    (method, path, request) =>
      send(method, path, { ...request, headers: { authorization } })

  await succeed({ server, send })
  await breakRules({ server, send })
  const { clientId, secrets } = await server.register(CONFIDENTIAL_CLIENT)
  await server.send('POST', `/${clientId}/secrets`, { body: {} })
  const secretId = String(secrets[0]?.secretId)
  await everyOperation(sendAs(''), clientId, secretId)
  await everyOperation(sendAs('Bearer of a user'), clientId, secretId)
  for (let attempt = 0; attempt < 10; attempt += 1) await sendAs('Bearer wrong')('GET', '')
  await everyOperation(sendAs('Bearer wrong'), clientId, secretId) // too often
  conditions.isHostBroken = true
  await everyOperation(send, clientId, secretId)
  conditions.isHostBroken = false
  conditions.mood = 'failing'
  await everyOperation(send, clientId, secretId)
  conditions.mood = 'contested'
  await everyOperation(send, clientId, secretId)
  conditions.mood = 'good'
  await useConnections(server, conditions, check)

  t.deepEqual([...seen].sort(), [...openApi.outcomes].sort())
})

test('docs/openapi.yaml: the check finds a member, a status, a type and a header that are not documented', async (t) => {
  const { check }: OpenApi = await readOpenApi()
  const problem = { type: 'about:blank', title: 'x', status: 404, detail: 'x' }
  const answer = (status: number, body: object, type = 'application/problem+json'): Response =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
  const path = `${CLIENTS_PATH}/tc_1`

  t.is(await check('GET', path, answer(404, problem)), `GET ${CLIENTS_PATH}/{clientId} 404`)
  for (const wrong of [
    answer(404, { ...problem, hash: 'x' }),
    answer(404, { ...problem, detail: undefined }),
    answer(404, problem, 'application/json'),
    answer(418, problem),
    answer(401, problem), // without WWW-Authenticate
  ]) {
    await t.throwsAsync(check('GET', path, wrong))
  }
  await t.throwsAsync(check('PUT', path, answer(404, problem)), { message: /not documented/ })
})
