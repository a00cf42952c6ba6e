import { Validator } from '@seriousme/openapi-schema-validator'
import { type Storage, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { type OpenApi, readOpenApi } from '../helpers/openapi.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, TENANT_CLIENT } from '../helpers/start-server.ts'
import {
  type ApiRequest,
  CLIENTS_PATH,
  type SuperAdminServer,
  startSuperAdminServer,
} from '../helpers/super-admin.ts'

/** A storage whose clients can be made to fail, or to have been changed by somebody else. */
function fickleStorage(): { readonly storage: Storage; mood: 'good' | 'failing' | 'contested' } {
  const memory = createMemoryStorage()
  const fickle = {
    mood: 'good' as 'good' | 'failing' | 'contested',
    storage: {
      ...memory,
      clients: new Proxy(memory.clients, {
        get: (target, name: keyof typeof memory.clients) => {
          const member = target[name] as (...parameters: ReadonlyArray<unknown>) => unknown
          return async (...parameters: ReadonlyArray<unknown>) => {
            if (fickle.mood === 'failing') throw new StorageError('down')
            if (fickle.mood === 'contested' && name === 'update') return false
            return await member(...parameters)
          }
        },
      }),
    },
  }
  return fickle
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

test('docs/openapi.yaml: the server answers as it says, and everything that it says can happen does', async (t) => {
  const openApi = await readOpenApi()
  const seen = new Set<string>()
  const fickle = fickleStorage()
  let isHookBroken = false
  const server = await startSuperAdminServer(t, {
    storage: fickle.storage,
    authorizeSuperAdmin({ headers: { authorization } }) {
      if (isHookBroken) throw new Error('the hook is broken')
      if (authorization === 'Bearer root') return 'allowed'
      return authorization === '' ? 'unauthenticated' : 'forbidden'
    },
  })
  const send: Send = async (method, path, request) => {
    const response = await server.send(method, path, request)
    const sent = typeof request?.body === 'object' ? request.body : undefined
    seen.add(await openApi.check(method, CLIENTS_PATH + path, response, sent))
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
  isHookBroken = true
  await everyOperation(send, clientId, secretId)
  isHookBroken = false
  fickle.mood = 'failing'
  await everyOperation(send, clientId, secretId)
  fickle.mood = 'contested'
  await everyOperation(send, clientId, secretId)

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
