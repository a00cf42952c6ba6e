import type { ClientSecret } from '@teamcast/oauth-server'
import test from 'ava'
import { messagesOf } from '../helpers/client-rules.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import {
  assertPrivate,
  assertProblem,
  type ShownClient,
  SUPER_ADMIN_ID,
  type SuperAdminServer,
  startSuperAdminServer,
} from '../helpers/super-admin.ts'
import { requestClientCredentials } from '../helpers/token-requests.ts'

const stores = createStoreOpener()
test.after.always(stores.close)

/** Whether a secret opens the token endpoint. */
async function opens(
  server: SuperAdminServer,
  client: ShownClient,
  clientSecret: string | undefined,
): Promise<boolean> {
  const response = await requestClientCredentials(server, { client, clientSecret })
  return response.status === 200
}

type ShownSecret = ClientSecret & { readonly clientSecret: string }

async function addSecret(
  server: SuperAdminServer,
  { clientId }: ShownClient,
  body: object = {},
): Promise<ShownSecret> {
  const response = await server.send('POST', `/${clientId}/secrets`, { body })
  const secret = await response.json()
  if (response.status !== 201) throw new Error(JSON.stringify(secret))
  return secret
}

for (const kind of STORE_KINDS) {
  test(`POST …/:id/secrets, ${kind}: a rotation with overlap: both open, then the new one alone`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const client = await server.register(CONFIDENTIAL_CLIENT)
    const { clientId, clientSecret: old } = client
    server.clock.advance(60)

    const response = await server.send('POST', `/${clientId}/secrets`, { body: {} })

    t.is(response.status, 201)
    assertPrivate(t, response)
    const added = (await response.json()) as ShownSecret
    t.regex(added.clientSecret, /^tcs_[A-Za-z0-9]{43}$/)
    t.deepEqual(Object.keys(added).sort(), ['clientSecret', 'createdAt', 'hint', 'secretId'])
    t.like(added, { hint: added.clientSecret.slice(0, 8), createdAt: server.clock.now() })
    t.true(await opens(server, client, old))
    t.true(await opens(server, client, added.clientSecret))

    const [first, second, ...others] = (await server.read(clientId)).secrets
    t.like(first, { hint: old?.slice(0, 8), createdAt: client.createdAt })
    t.like(second, { secretId: added.secretId, hint: added.hint })
    t.deepEqual(others, [])

    const removal = await server.send('DELETE', `/${clientId}/secrets/${first?.secretId}`)
    t.is(removal.status, 204)
    assertPrivate(t, removal)
    t.false(await opens(server, client, old))
    t.true(await opens(server, client, added.clientSecret))
    t.like(await server.read(clientId), { version: 3, updatedAt: server.clock.now() })
    const events = await server.events()
    const actor = { clientId, actorId: SUPER_ADMIN_ID, ip: '127.0.0.1' }
    t.like(
      events.find(({ type }) => type === 'client.secret-added'),
      { ...actor, secretId: added.secretId },
    )
    t.like(
      events.find(({ type }) => type === 'client.secret-removed'),
      { ...actor, secretId: first?.secretId },
    )
    t.false(JSON.stringify(events).includes(added.clientSecret))
  })

  test(`POST …/:id/secrets, ${kind}: one with expiresAt opens until then, and is dropped when another is added`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const client = await server.register(CONFIDENTIAL_CLIENT)
    const expiresAt = server.clock.now() + 100
    const { clientSecret, secretId } = await addSecret(server, client, { expiresAt })

    t.like((await server.read(client.clientId)).secrets[1], { secretId, expiresAt })
    server.clock.advance(99)
    t.true(await opens(server, client, clientSecret))
    server.clock.advance(1)
    t.false(await opens(server, client, clientSecret))
    t.is((await server.read(client.clientId)).secrets.length, 2)
    await addSecret(server, client, { expiresAt: null })
    const { secrets } = await server.read(client.clientId)
    t.is(secrets.length, 2)
    t.false(secrets.some((secret) => secret.secretId === secretId))
  })

  test(`POST …/:id/secrets, ${kind}: at most five that can be used`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const client = await server.register(CONFIDENTIAL_CLIENT)
    const path = `/${client.clientId}/secrets`
    for (let count = 2; count <= 5; count += 1) await addSecret(server, client)

    const { errors } = await assertProblem(t, await server.send('POST', path, { body: {} }), 422)

    t.deepEqual(errors, [
      {
        path: 'secrets',
        message: 'must not be more than 5: remove one first',
        rule: 'secrets-too-many',
        values: { maximum: 5 },
      },
    ])
    t.is((await server.read(client.clientId)).secrets.length, 5)
  })

  test(`POST …/:id/secrets, ${kind}: what is refused names the field`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const confidential = await server.register(CONFIDENTIAL_CLIENT)
    const { clientId: publicId } = await server.register(PUBLIC_CLIENT)
    const now = server.clock.now()
    const range = 'must be in the future, at most ten years ahead, in seconds since the Unix epoch'
    const whole = 'must be a whole number of seconds since the Unix epoch'
    const none = 'must stay empty: a PUBLIC client has no secret'
    const refused: ReadonlyArray<[string, object, ReadonlyArray<[path: string, message: string]>]> =
      [
        [confidential.clientId, { expiresAt: now }, [['expiresAt', range]]],
        [confidential.clientId, { expiresAt: -1 }, [['expiresAt', range]]],
        [confidential.clientId, { expiresAt: now * 1000 }, [['expiresAt', range]]],
        [confidential.clientId, { expiresAt: now + 3661 * 86_400 }, [['expiresAt', range]]],
        [confidential.clientId, { expiresAt: now + 0.5 }, [['expiresAt', whole]]],
        [confidential.clientId, { expiresAt: `${now + 60}` }, [['expiresAt', whole]]],
        [confidential.clientId, { by: 'me' }, [['by', 'is not a field of a new secret']]],
        [
          confidential.clientId,
          { clientSecret: 'mine', expiresAt: '' },
          [
            ['expiresAt', whole],
            ['clientSecret', 'is not a field of a new secret'],
          ],
        ],
        [publicId, {}, [['secrets', none]]],
        [
          publicId,
          { expiresAt: now },
          [
            ['secrets', none],
            ['expiresAt', range],
          ],
        ],
      ]
    for (const [clientId, body, expected] of refused) {
      const response = await server.send('POST', `/${clientId}/secrets`, { body })
      const { errors } = await assertProblem(t, response, 422)
      t.deepEqual(
        messagesOf(errors),
        expected.map(([path, message]) => ({ path, message })),
        JSON.stringify(body),
      )
    }
    t.is((await server.read(confidential.clientId)).version, 1)
    t.is((await server.read(publicId)).version, 1)
  })

  test(`DELETE …/secrets/:secretId, ${kind}: never the last one that can be used; an expired one always`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const client = await server.register(CONFIDENTIAL_CLIENT)
    const { clientId } = client
    const [first] = (await server.read(clientId)).secrets
    const expiring = await addSecret(server, client, { expiresAt: server.clock.now() + 10 })
    const remove = (secretId: string | undefined) =>
      server.send('DELETE', `/${clientId}/secrets/${secretId}`)
    server.clock.advance(10)

    const { errors } = await assertProblem(t, await remove(first?.secretId), 422)
    t.deepEqual(errors, [
      { path: 'secrets', message: 'must contain one that can be used: add another one first' },
    ])
    t.true(await opens(server, client, client.clientSecret))

    t.is((await remove(expiring.secretId)).status, 204)
    await assertProblem(t, await remove(expiring.secretId), 404)
    await assertProblem(t, await remove('unknown'), 404)
    await assertProblem(t, await remove(first?.secretId), 422)
    t.is((await server.read(clientId)).secrets.length, 1)
  })

  test(`POST …/:id/secrets, ${kind}: what others change at the same moment is not lost`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const client = await server.register(CONFIDENTIAL_CLIENT)

    const [name, ...added] = await Promise.all([
      server.send('PATCH', `/${client.clientId}`, { body: { name: 'Another name' } }),
      addSecret(server, client),
      addSecret(server, client),
      addSecret(server, client),
    ])

    const after = await server.read(client.clientId)
    t.is(after.secrets.length, 4)
    for (const { clientSecret } of added) t.true(await opens(server, client, clientSecret))
    t.is(after.name, name.status === 200 ? 'Another name' : client.name)
  })

  test(`GET …/:id, ${kind}: shows when each secret was last used, to the hour, and its version stays`, async (t) => {
    const server = await startSuperAdminServer(t, {
      storage: await stores.open(kind, t),
      clientCacheMilliseconds: 60_000,
    })
    const client = await server.register(CONFIDENTIAL_CLIENT)
    const added = await addSecret(server, client)
    const lastUses = async (): Promise<ReadonlyArray<number | undefined>> => {
      const { version, secrets } = await server.read(client.clientId)
      t.is(version, 2)
      return secrets.map(({ lastUsedAt }) => lastUsedAt)
    }
    /** A use is noted after the response: not by one request, then by one of the next. */
    const used = async (clientSecret: string | undefined, index: number): Promise<void> => {
      const now = server.clock.now()
      do {
        t.true(await opens(server, client, clientSecret))
      } while ((await lastUses())[index] !== now)
    }
    const begin = server.clock.now()

    t.deepEqual(await lastUses(), [undefined, undefined])
    await used(client.clientSecret, 0)
    t.deepEqual(await lastUses(), [begin, undefined])
    server.clock.advance(3600)
    for (let count = 0; count < 5; count += 1) {
      t.true(await opens(server, client, client.clientSecret))
    }
    await used(added.clientSecret, 1)
    t.deepEqual(await lastUses(), [begin, begin + 3600])
    server.clock.advance(1)
    await used(client.clientSecret, 0)
    t.deepEqual(await lastUses(), [begin + 3601, begin + 3600])
    t.false(await opens(server, client, 'tcs_wrong'))
    t.deepEqual(await lastUses(), [begin + 3601, begin + 3600])
  })
}
