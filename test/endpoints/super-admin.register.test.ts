import test from 'ava'
import {
  ACCEPTED_FIELDS,
  describeFields,
  messagesOf,
  NEW_CLIENT,
  REFUSED_FIELDS,
} from '../helpers/client-rules.ts'
import { postAs } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, TENANT_CLIENT } from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import {
  assertPrivate,
  assertProblem,
  CLIENTS_PATH,
  SUPER_ADMIN_ID,
  startSuperAdminServer,
} from '../helpers/super-admin.ts'

const stores = createStoreOpener()
test.after.always(stores.close)

/** Fields as JSON carries them: what is `undefined` is not there. */
const asJson = (fields: object): Record<string, unknown> => JSON.parse(JSON.stringify(fields))

for (const kind of STORE_KINDS) {
  test(`POST /super-admin/oauth-clients, ${kind}: 201 with the client, its version and, once, its secret`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })

    const response = await server.send('POST', '', { body: CONFIDENTIAL_CLIENT })

    t.is(response.status, 201)
    t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
    assertPrivate(t, response)
    const { clientId, clientSecret, secrets, ...fields } = await response.json()
    t.is(response.headers.get('location'), `${server.issuer}${CLIENTS_PATH}/${clientId}`)
    t.is(response.headers.get('etag'), '"1"')
    t.regex(clientSecret, /^tcs_[A-Za-z0-9]{43}$/)
    const now = server.clock.now()
    t.is(secrets.length, 1)
    const [{ secretId, ...secret }] = secrets
    t.regex(secretId, /^[A-Za-z0-9]{12}$/)
    t.deepEqual(secret, { hint: clientSecret.slice(0, 8), createdAt: now })
    t.deepEqual(fields, {
      ...CONFIDENTIAL_CLIENT,
      audience: 'PLATFORM',
      tokenEndpointAuthMethod: 'client_secret_basic',
      requirePkce: true,
      resourceServerAudiences: [],
      accessTokenTtlSeconds: 900,
      refreshTokenTtlSeconds: 2_592_000,
      createdAt: now,
      updatedAt: now,
      version: 1,
    })
    const events = await server.events()
    t.like(events.at(-1), {
      type: 'client.registered',
      result: 'success',
      clientId,
      actorId: SUPER_ADMIN_ID,
      ip: '127.0.0.1',
    })
    t.false(JSON.stringify(events).includes(clientSecret))
    t.is('clientSecret' in (await server.read(clientId)), false)
  })

  test(`POST /super-admin/oauth-clients, ${kind}: the secret that is shown authenticates the client`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientSecret, ...client } = await server.register(CONFIDENTIAL_CLIENT)

    const response = await postAs({ client, clientSecret }, `${server.issuer}/oauth/token`, {
      grant_type: 'client_credentials',
    })

    t.is(response.status, 200)
  })

  test(`POST /super-admin/oauth-clients, ${kind}: a PUBLIC client has no secret; null is a field left out`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })

    const response = await server.send('POST', '', {
      body: { ...PUBLIC_CLIENT, tenantId: null, logoUrl: null },
    })

    t.is(response.status, 201)
    const client = await response.json()
    t.false('clientSecret' in client || 'tenantId' in client || 'logoUrl' in client)
    t.like(client, { clientType: 'PUBLIC', tokenEndpointAuthMethod: 'none', secrets: [] })
  })

  test(`POST /super-admin/oauth-clients, ${kind}: a TENANT client keeps its tenant`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId } = await server.register(TENANT_CLIENT)

    t.like(await server.read(clientId), { audience: 'TENANT', tenantId: 'acme' })
    t.like((await server.events()).at(-1), { type: 'client.registered', tenantId: 'acme' })
  })

  test(`POST and PATCH /super-admin/oauth-clients, ${kind}: what the rules allow is stored as it is shown`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    for (const [fields, stored = fields] of ACCEPTED_FIELDS) {
      const title = describeFields(fields)
      const registered = await server.register({ ...NEW_CLIENT, ...fields } as never)
      t.like(registered, stored, title)
      const { clientSecret: _secret, ...shown } = registered
      t.deepEqual(await server.read(registered.clientId), shown, title)

      const { audience, tenantId, clientType, ...changes } = asJson(fields)
      const body = { ...NEW_CLIENT, ...asJson({ audience, tenantId, clientType }) }
      const { clientId } = await server.register(body as never)
      const changed = await server.send('PATCH', `/${clientId}`, { body: changes })
      t.is(changed.status, 200, title)
      const patched = Object.entries(stored).filter(([field]) => field in changes)
      const after = await server.read(clientId)
      for (const [field, value] of patched) {
        t.deepEqual(after[field as keyof typeof after], value, title)
      }
    }
  })

  test(`POST /super-admin/oauth-clients, ${kind}: each broken rule is 422 and names its field (RFC 9457)`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    for (const [fields, path, message] of REFUSED_FIELDS) {
      const response = await server.send('POST', '', { body: { ...NEW_CLIENT, ...fields } })
      const { errors } = await assertProblem(t, response, 422)
      t.deepEqual(messagesOf(errors), [{ path, message }], describeFields(fields))
    }
    t.deepEqual((await server.authorizationServer.clients.list({ limit: 1 })).items, [])
    t.deepEqual(await server.events(), [])
  })

  test(`PATCH /super-admin/oauth-clients/:id, ${kind}: each broken rule is 422 and names its field (RFC 9457)`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId: confidential } = await server.register(NEW_CLIENT as never)
    const { clientId: publicId } = await server.register({
      ...NEW_CLIENT,
      clientType: 'PUBLIC',
    } as never)
    let cases = 0
    for (const [fields, path, message] of REFUSED_FIELDS) {
      const { clientType, ...changes } = asJson(fields)
      const isNewOnly = 'audience' in changes || 'tenantId' in changes || path === 'clientType'
      if (isNewOnly || Object.keys(changes).length === 0) continue
      cases += 1
      const clientId = clientType === 'PUBLIC' ? publicId : confidential
      const response = await server.send('PATCH', `/${clientId}`, { body: changes })
      const { errors } = await assertProblem(t, response, 422)
      const expected = message.replace('a field of a client', 'a field that can be changed')
      t.deepEqual(messagesOf(errors), [{ path, message: expected }], describeFields(fields))
    }
    t.true(cases > 70, `${cases}`)
    for (const clientId of [confidential, publicId]) {
      t.is((await server.read(clientId)).version, 1)
    }
  })

  test(`POST /super-admin/oauth-clients, ${kind}: every problem is told at once, with the rule that a form breaks`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })

    const body = { ...PUBLIC_CLIENT, name: 'ab', requirePkce: false }
    const problem = await assertProblem(t, await server.send('POST', '', { body }), 422)

    t.deepEqual(problem, {
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      detail:
        '"name" must have at least 3 characters; "requirePkce" must be true: PKCE is mandatory for every client',
      errors: [
        {
          path: 'name',
          message: 'must have at least 3 characters',
          rule: 'too-short',
          values: { minimum: 3 },
        },
        { path: 'requirePkce', message: 'must be true: PKCE is mandatory for every client' },
      ],
    })
  })
}

test('POST /super-admin/oauth-clients: the Location starts with the issuer, path and all', async (t) => {
  const server = await startSuperAdminServer(t, { issuerPath: '/auth' })

  const response = await server.send('POST', '', { body: PUBLIC_CLIENT })

  const { clientId } = await response.json()
  t.is(response.headers.get('location'), `${server.issuer}${CLIENTS_PATH}/${clientId}`)
  t.true(server.issuer.endsWith('/auth'))
  const location = String(response.headers.get('location'))
  const read = await fetch(location, { headers: { authorization: 'Bearer root' } })
  t.is((await read.json()).clientId, clientId)
})

test('POST /super-admin/oauth-clients: a member named __proto__ or constructor is an unknown field', async (t) => {
  const server = await startSuperAdminServer(t)
  const body = `{"__proto__": {"name": "Acme"}, "constructor": 1, ${JSON.stringify(PUBLIC_CLIENT).slice(1)}`

  const { errors } = await assertProblem(t, await server.send('POST', '', { body }), 422)

  t.deepEqual(errors?.map(({ path }) => path).sort(), ['__proto__', 'constructor'])
})
