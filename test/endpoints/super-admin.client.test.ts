import { StorageError } from '@teamcast/oauth-server'
import test from 'ava'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import {
  assertPrivate,
  assertProblem,
  SUPER_ADMIN_ID,
  startSuperAdminServer,
} from '../helpers/super-admin.ts'
import {
  decodeJwt,
  introspect,
  isActive,
  redeem,
  refresh,
  requestClientCredentials,
  tokensOf,
} from '../helpers/token-requests.ts'

const stores = createStoreOpener()
test.after.always(stores.close)

const UNKNOWN = '/tc_0000000000000000000000'

for (const kind of STORE_KINDS) {
  test(`GET /super-admin/oauth-clients/:id, ${kind}: the client with its version as ETag, never a hash`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientSecret, ...client } = await server.register(CONFIDENTIAL_CLIENT)

    const response = await server.send('GET', `/${client.clientId}`)

    t.is(response.status, 200)
    t.is(response.headers.get('etag'), '"1"')
    assertPrivate(t, response)
    const text = await response.text()
    t.deepEqual(JSON.parse(text), client)
    t.false(text.includes('hash') || text.includes(String(clientSecret).slice(0, 9)))
  })

  test(`HEAD /super-admin/oauth-clients/:id, ${kind}: the headers of GET without its body`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId } = await server.register(PUBLIC_CLIENT)

    const response = await server.send('HEAD', `/${clientId}`)

    t.is(response.status, 200)
    t.is(response.headers.get('etag'), '"1"')
    t.is(await response.text(), '')
    t.is((await server.send('HEAD', UNKNOWN)).status, 404)
  })

  test(`PATCH /super-admin/oauth-clients/:id, ${kind}: changes what is named and keeps the rest; null takes a field back (RFC 7396)`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientSecret: _secret, ...client } = await server.register({
      ...CONFIDENTIAL_CLIENT,
      clientUri: 'https://acme.example',
      accessTokenTtlSeconds: 60,
    })
    server.clock.advance(5)

    const response = await server.send('PATCH', `/${client.clientId}`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: {
        name: 'Another name',
        scopes: ['candidate:read'],
        clientUri: null,
        accessTokenTtlSeconds: null,
        requirePkce: true,
      },
    })

    t.is(response.status, 200)
    t.is(response.headers.get('etag'), '"2"')
    assertPrivate(t, response)
    const { clientUri: _uri, ...kept } = client
    const expected = {
      ...kept,
      name: 'Another name',
      scopes: ['candidate:read'],
      accessTokenTtlSeconds: 900,
      updatedAt: client.updatedAt + 5,
      version: 2,
    }
    t.deepEqual(await response.json(), expected)
    t.deepEqual(await server.read(client.clientId), expected as never)
    t.like((await server.events()).at(-1), {
      type: 'client.updated',
      clientId: client.clientId,
      changedFields: ['name', 'scopes', 'accessTokenTtlSeconds', 'clientUri'],
      actorId: SUPER_ADMIN_ID,
      ip: '127.0.0.1',
    })
  })

  test(`PATCH /super-admin/oauth-clients/:id, ${kind}: what changes nothing leaves the version as it is`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId, name, scopes } = await server.register(CONFIDENTIAL_CLIENT)
    const seen = (await server.events()).length

    for (const body of [{}, { name, scopes }, { logoUrl: null }]) {
      const response = await server.send('PATCH', `/${clientId}`, { body })
      t.is(response.status, 200)
      t.is((await response.json()).version, 1)
    }
    t.is((await server.events()).length, seen)
  })

  test(`PATCH /super-admin/oauth-clients/:id, ${kind}: immutable and unknown fields are refused by name`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId } = await server.register(CONFIDENTIAL_CLIENT)
    const immutable = { audience: 'PLATFORM', tenantId: null, clientType: 'PUBLIC' }
    const unknown = { clientId: 'mine', version: 7, secrets: [], createdAt: 1, colour: 'green' }

    for (const [field, value] of Object.entries({ ...immutable, ...unknown })) {
      const response = await server.send('PATCH', `/${clientId}`, { body: { [field]: value } })
      const { errors } = await assertProblem(t, response, 422)
      const message =
        field in immutable
          ? 'cannot be changed after registration'
          : 'is not a field that can be changed'
      t.deepEqual(errors, [{ path: field, message }])
    }
    const body = { ...immutable, ...unknown, name: 'x' }
    const all = await assertProblem(t, await server.send('PATCH', `/${clientId}`, { body }), 422)
    t.is(all.errors?.length, 9)
    t.is((await server.read(clientId)).version, 1)
  })

  test(`PATCH /super-admin/oauth-clients/:id, ${kind}: If-Match is honoured, and decides before the body does (RFC 9110 §13.1.1)`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId } = await server.register(PUBLIC_CLIENT)
    const patch = (ifMatch: string, name: string) =>
      server.send('PATCH', `/${clientId}`, { body: { name }, headers: { 'if-match': ifMatch } })

    for (const ifMatch of ['"2"', '"0"', 'W/"1"', '1', '"01"', '"2", W/"1"', '"*"', 'x']) {
      await assertProblem(t, await patch(ifMatch, 'ab'), 412)
    }
    t.is((await server.read(clientId)).version, 1)
    t.is((await patch('"1"', 'One name')).status, 200)
    await assertProblem(t, await patch('"1"', 'Lost name'), 412)
    t.is((await patch('"7" ,"2"', 'Two names')).status, 200)
    t.is((await patch('*', 'Three names')).status, 200)
    await assertProblem(t, await patch('"4"', 'ab'), 422)
    t.like(await server.read(clientId), { name: 'Three names', version: 4 })
  })

  test(`PATCH /super-admin/oauth-clients/:id, ${kind}: of changes at once exactly one holds; the others get 412, or 409 without If-Match`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId } = await server.register(PUBLIC_CLIENT)
    const names = Array.from({ length: 10 }, (_, index) => `Name ${index}`)
    const patchAll = async (
      prefix: string,
      headers: Record<string, string>,
    ): Promise<Array<Response>> =>
      Promise.all(
        names.map((name) =>
          server.send('PATCH', `/${clientId}`, { body: { name: prefix + name }, headers }),
        ),
      )

    const guarded = await patchAll('Guarded ', { 'if-match': '"1"' })

    const held = guarded.filter(({ status }) => status === 200)
    t.is(held.length, 1)
    t.is(guarded.filter(({ status }) => status === 412).length, 9)
    const after = await server.read(clientId)
    t.deepEqual(await held[0]?.json(), after)
    t.is(after.version, 2)

    const unguarded = await patchAll('', {})
    const won = unguarded.filter(({ status }) => status === 200).length
    t.is(unguarded.filter(({ status }) => status === 409).length, 10 - won)
    t.is((await server.read(clientId)).version, 2 + won)
  })

  test(`DELETE /super-admin/oauth-clients/:id, ${kind}: ends its tokens at once and every connection to it`, async (t) => {
    const storage = await stores.open(kind, t)
    const server = await startSuperAdminServer(t, { storage })
    const deleted = await server.registerClient(CONFIDENTIAL_CLIENT)
    const other = await server.registerClient({ ...CONFIDENTIAL_CLIENT, name: 'Other' })
    const { clientId } = deleted.client
    const ofAda = await server.issueTokens({ userId: 'ada', clientId })
    const ofGrace = await server.issueTokens({ userId: 'grace', clientId })
    const kept = await server.issueTokens({ userId: 'ada', clientId: other.client.clientId })
    t.is((await storage.consents.listBatch({ clientId }, 10)).length, 2)

    const response = await server.send('DELETE', `/${clientId}`)

    t.is(response.status, 204)
    t.is(await response.text(), '')
    assertPrivate(t, response)
    t.is((await requestClientCredentials(server, deleted)).status, 401)
    for (const { access_token: accessToken, refresh_token: refreshToken } of [ofAda, ofGrace]) {
      t.is((await refresh(server, deleted, refreshToken)).status, 401)
      t.is((await introspect(server, deleted, accessToken)).status, 401)
      const familyId = String(decodeJwt(accessToken, 'payload')['grant_id'])
      t.is(await storage.families.find(familyId, clientId, server.clock.now()), undefined)
    }
    t.deepEqual(await storage.consents.listBatch({ clientId }, 10), [])
    t.true(await storage.revocations.has('client', clientId, server.clock.now()))
    t.false(await storage.revocations.has('client', other.client.clientId, server.clock.now()))
    await assertProblem(t, await server.send('GET', `/${clientId}`), 404)
    t.true(await isActive(server, other, kept.access_token))
    t.is((await refresh(server, other, kept.refresh_token)).status, 200)

    const events = (await server.events()).filter(
      ({ type }) => type === 'client.deleted' || type === 'connection.revoked',
    )
    t.deepEqual(
      events.map((event) => [event.type, 'userId' in event && event.userId].join()).sort(),
      ['client.deleted,false', 'connection.revoked,ada', 'connection.revoked,grace'],
    )
    for (const event of events) t.like(event, { clientId, actorId: SUPER_ADMIN_ID })
  })

  test(`DELETE /super-admin/oauth-clients/:id, ${kind}: another process that still remembers the client issues nothing to it, and none of its tokens are active`, async (t) => {
    const storage = await stores.open(kind, t)
    const here = await startSuperAdminServer(t, { storage })
    const elsewhere = await startSuperAdminServer(t, { storage, clientCacheMilliseconds: 60_000 })
    const deleted = await elsewhere.registerClient(CONFIDENTIAL_CLIENT)
    const { clientId } = deleted.client
    const tokens = await elsewhere.issueTokens({ userId: 'ada', clientId })
    const authorization = await elsewhere.authorize({ userId: 'grace', clientId })
    const own = await tokensOf(t, await requestClientCredentials(elsewhere, deleted))
    t.true(await isActive(elsewhere, deleted, own.access_token))

    t.is((await here.send('DELETE', `/${clientId}`)).status, 204)

    const refused = [
      await requestClientCredentials(elsewhere, deleted),
      await refresh(elsewhere, deleted, tokens.refresh_token),
      await redeem(elsewhere, deleted, authorization),
    ]
    for (const response of refused) {
      const { error } = await response.json()
      t.regex(error, /^invalid_(client|grant)$/)
      t.is(response.status, error === 'invalid_client' ? 401 : 400)
    }
    for (const token of [own.access_token, tokens.access_token, tokens.refresh_token]) {
      t.false(await isActive(elsewhere, deleted, token))
    }
  })

  test(`DELETE /super-admin/oauth-clients/:id, ${kind}: what an interrupted deletion left undone, the next one does before it says 404`, async (t) => {
    const storage = await stores.open(kind, t)
    let interrupted: 'feed' | 'consents' | undefined = 'feed'
    const server = await startSuperAdminServer(t, {
      storage: {
        ...storage,
        revocations: {
          ...storage.revocations,
          async add(revocation) {
            if (interrupted === 'feed') throw new StorageError('down')
            await storage.revocations.add(revocation)
          },
        },
        consents: {
          ...storage.consents,
          async delete(userId, id) {
            if (interrupted === 'consents' && userId === 'grace') throw new StorageError('down')
            return await storage.consents.delete(userId, id)
          },
        },
      },
    })
    const { client } = await server.registerClient(CONFIDENTIAL_CLIENT)
    const { clientId } = client
    for (const userId of ['ada', 'grace']) await server.authorize({ userId, clientId })

    await assertProblem(t, await server.send('DELETE', `/${clientId}`), 503)
    await assertProblem(t, await server.send('GET', `/${clientId}`), 404)
    t.is((await storage.consents.listBatch({ clientId }, 10)).length, 2)
    t.false(await storage.revocations.has('client', clientId, server.clock.now()))
    interrupted = 'consents'
    await assertProblem(t, await server.send('DELETE', `/${clientId}`), 503)
    t.true(await storage.revocations.has('client', clientId, server.clock.now()))
    t.is((await storage.consents.listBatch({ clientId }, 10)).length, 1)
    interrupted = undefined
    const headers = { 'if-match': '"1"' }
    await assertProblem(t, await server.send('DELETE', `/${clientId}`, { headers }), 404)

    t.deepEqual(await storage.consents.listBatch({ clientId }, 10), [])
    const types = (await server.events()).map(({ type }) => type)
    t.is(types.filter((type) => type === 'client.deleted').length, 1)
    t.is(types.filter((type) => type === 'connection.revoked').length, 2)
  })

  test(`DELETE /super-admin/oauth-clients/:id, ${kind}: If-Match is honoured; a second time it is 404`, async (t) => {
    const storage = await stores.open(kind, t)
    const server = await startSuperAdminServer(t, { storage })
    const { clientId } = await server.register(PUBLIC_CLIENT)
    const remove = (headers: Record<string, string> = {}) =>
      server.send('DELETE', `/${clientId}`, { headers })

    await assertProblem(t, await remove({ 'if-match': '"2"' }), 412)
    await assertProblem(t, await remove({ 'if-match': 'W/"1"' }), 412)
    t.is((await server.read(clientId)).clientId, clientId)
    t.false(await storage.revocations.has('client', clientId, server.clock.now()))
    t.is((await remove({ 'if-match': '"1"' })).status, 204)
    for (const headers of [{}, { 'if-match': '"1"' }, { 'if-match': '*' }]) {
      await assertProblem(t, await remove(headers), 404)
    }
    t.is((await server.events()).filter(({ type }) => type === 'client.deleted').length, 1)
  })

  test(`/super-admin/oauth-clients/:id, ${kind}: an unknown client is 404 to everything, whatever else is wrong`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const requests: ReadonlyArray<[method: string, path: string, body?: object]> = [
      ['GET', UNKNOWN],
      ['PATCH', UNKNOWN, { name: 'x' }],
      ['DELETE', UNKNOWN],
      ['POST', `${UNKNOWN}/secrets`, {}],
      ['DELETE', `${UNKNOWN}/secrets/s1`],
      ['GET', '/__proto__'],
    ]
    for (const [method, path, body] of requests) {
      for (const headers of [{}, { 'if-match': '"1"' }]) {
        await assertProblem(
          t,
          await server.send(method, path, { headers, ...(body && { body }) }),
          404,
        )
      }
    }
  })
}
