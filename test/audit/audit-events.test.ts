import { readFile } from 'node:fs/promises'
import { StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createPostgresStorage } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { AUDIT_RESULTS } from '../../lib/audit/audit-event.ts'
import { aFamily } from '../../lib/storage/contract/sample-records.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { startBrowser } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, CONFIDENTIAL_CLIENT, startServer, TENANT_CLIENT } from '../helpers/start-server.ts'
import { SUPER_ADMIN_ID, startSuperAdminServer } from '../helpers/super-admin.ts'
import {
  decodeJwt,
  introspect,
  requestClientCredentials,
  revoke,
} from '../helpers/token-requests.ts'

const GUIDE = new URL('../../docs/guides/audit-events.md', import.meta.url)
const ROW = /^\| `([a-z.-]+)` \| (success|failure) \| [^|]+ \| [^|]+ \|$/gm

test('docs/guides/audit-events.md: has every type with its result, and no other', async (t) => {
  const guide = await readFile(GUIDE, 'utf8')

  const documented = [...guide.matchAll(ROW)].map(([, type, result]) => [type, result])

  t.deepEqual(documented.sort(), Object.entries(AUDIT_RESULTS).sort())
})

test('audit: changes that the host’s own code makes to clients are reported, with the actor if one is given', async (t) => {
  const server = await startSuperAdminServer(t)
  const { clients } = server.authorizationServer
  // A host may hand over whatever it knows of an administrator.
  const by = { actorId: 'job 7', ip: '192.0.2.1', password: 'a secret', type: 'server.error' }

  const { client } = await clients.register(TENANT_CLIENT, by)
  const { clientId } = client
  await clients.update(clientId, { name: 'Another name', logoUrl: null }, { by })
  const { secret } = await clients.addSecret(clientId, { by })
  await clients.removeSecret(clientId, secret.secretId, { by })
  await clients.delete(clientId, { by })
  await clients.register(CONFIDENTIAL_CLIENT)

  const common = { version: 1, at: server.clock.now(), result: 'success', ip: '192.0.2.1' }
  const subject = { ...common, clientId, tenantId: 'acme', actorId: 'job 7' }
  const [registered, updated, added, removed, deleted, anonymous, ...others] = await server.events()
  t.deepEqual(registered, { ...subject, type: 'client.registered' } as never)
  t.deepEqual(updated, { ...subject, type: 'client.updated', changedFields: ['name'] } as never)
  const { secretId } = secret
  t.deepEqual(added, { ...subject, type: 'client.secret-added', secretId } as never)
  t.deepEqual(removed, { ...subject, type: 'client.secret-removed', secretId } as never)
  t.deepEqual(deleted, { ...subject, type: 'client.deleted' } as never)
  t.like(anonymous, { type: 'client.registered', actorId: undefined, ip: undefined })
  t.deepEqual(others, [])
})

test('audit: introspection and revocation tell user, tenant and family of the token', async (t) => {
  const server = await startSuperAdminServer(t)
  const client = await server.registerClient(CONFIDENTIAL_CLIENT)
  const tenantClient = await server.registerClient(TENANT_CLIENT)
  const { clientId } = client.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const own = await (await requestClientCredentials(server, tenantClient)).json()
  const familyId = decodeJwt(tokens.access_token, 'payload')['grant_id']
  const seen = (await server.events()).length

  await introspect(server, client, tokens.access_token)
  await introspect(server, client, tokens.refresh_token)
  await introspect(server, tenantClient, own.access_token)
  await introspect(server, tenantClient, tokens.access_token)
  await revoke(server, tenantClient, tokens.access_token)
  await revoke(server, client, tokens.access_token)
  await introspect(server, client, tokens.access_token)
  await revoke(server, client, tokens.refresh_token)

  const ofUser = { clientId, userId: 'ada', tenantId: 'acme', familyId }
  const ofTenant = { clientId: tenantClient.client.clientId }
  const introspected = { type: 'token.introspected', result: 'success' }
  const expected = [
    { ...introspected, ...ofUser, isActive: true },
    { ...introspected, ...ofUser, isActive: true },
    { ...introspected, ...ofTenant, tenantId: 'acme', isActive: true },
    { ...introspected, ...ofTenant, isActive: false },
    { type: 'token.refused', result: 'failure', ...ofTenant, reason: 'client-mismatch' },
    { type: 'token.revoked', result: 'success', ...ofUser },
    { ...introspected, ...ofUser, isActive: false },
    { type: 'token.revoked', result: 'success', ...ofUser },
  ]
  const events = (await server.events()).slice(seen)
  t.is(events.length, expected.length)
  expected.forEach((event, index) => {
    t.like(events[index], event as never)
  })
  t.false(JSON.stringify(events[3]).includes('ada'))
})

test('audit: no event of a busy run of the SuperAdmin’s API holds a secret or the hash of one (ASVS V16, checklist 59)', async (t) => {
  const server = await startSuperAdminServer(t)
  const client = await server.register(CONFIDENTIAL_CLIENT)
  const { clientId } = client
  const path = `/${clientId}`
  const secrets = [String(client.clientSecret)]
  for (let count = 0; count < 3; count += 1) {
    const added = await (await server.send('POST', `${path}/secrets`, { body: {} })).json()
    secrets.push(added.clientSecret)
  }
  // Secrets where they do not belong, so that nothing quotes what it refuses.
  for (const secret of secrets) {
    await server.send('POST', '', { body: { ...CONFIDENTIAL_CLIENT, [secret]: secret } })
    await server.send('PATCH', path, { body: { [secret]: secret, scopes: [secret] } })
    await server.send('PATCH', path, { body: {}, headers: { 'if-match': `"${secret}"` } })
    await server.send('GET', `?cursor=${secret}&${secret}=1`)
    await server.send('GET', `/${secret}`)
    await server.send('DELETE', `/${secret}`)
    await server.send('DELETE', `${path}/secrets/${secret}`)
    await server.send('POST', `/${secret}/secrets`, { body: { [secret]: 1 } })
    await requestClientCredentials(server, { client, clientSecret: `${secret}x` })
    await requestClientCredentials(server, { client, clientSecret: secret })
    await requestClientCredentials(server, {
      client: { ...client, clientId: secret },
      clientSecret: 'x',
    })
  }
  const [first] = (await server.read(clientId)).secrets
  await server.send('DELETE', `${path}/secrets/${first?.secretId}`)
  await server.send('PATCH', path, { body: { name: 'Another name' } })
  await server.send('DELETE', path)

  const events = await server.events()
  const types = new Set(events.map(({ type }) => type))
  for (const type of [
    'client.registered',
    'client.updated',
    'client.secret-added',
    'client.secret-removed',
    'client.deleted',
    'client.authentication-failed',
    'token.issued',
  ] as const) {
    t.true(types.has(type), type)
  }
  const text = JSON.stringify(events)
  for (const secret of secrets) {
    t.regex(secret, /^tcs_/)
    t.false(text.includes(secret))
    t.false(text.includes(secret.slice(-20)))
    t.false(text.includes(sha256(secret)))
  }
  const changes = events.filter(
    ({ type }) => type.startsWith('client.') && !type.endsWith('failed'),
  )
  for (const event of changes) t.like(event, { actorId: SUPER_ADMIN_ID, ip: '127.0.0.1' })
  for (const event of events) {
    t.like(event, { version: 1, at: server.clock.now(), result: AUDIT_RESULTS[event.type] })
  }
})

/** C0, C1, line separators and bidi controls, as somebody may send them. */
const HOSTILE =
  'ada\u0000\r\n\u001b[31m\u007f\u0085\u009b31m\u061c\u200e\u202e\u2066\u2028\u200b\u2060\ufeff\u{e0041}\ud800@acme.test'
const CONTROL_CHARACTER =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u200B-\u200F\u2060-\u2064\uFEFF\u{E0000}-\u{E007F}]/u

/** Every text in a value. */
function textsOf(value: unknown): ReadonlyArray<string> {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

test('audit: what anybody types, sends or says reaches events well-formed, without control, bidi or invisible characters (ASVS 16.4.1)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const user = { ...ADA, tenantId: HOSTILE }
  const server = await startServer(t, {
    onEvent,
    users: [user],
    async authenticateUser({ username, password }) {
      if (password === 'broken') throw new TypeError(HOSTILE, { cause: new Error(HOSTILE) })
      return username === ADA.email ? user : undefined
    },
  })
  const { issuer, confidential, authorizationServer } = server
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  await browser.signIn(page, HOSTILE, 'wrong')
  await browser.signIn(page, `${'a'.repeat(253)}😀`, 'wrong')
  await browser.signIn(page, HOSTILE, 'broken')
  await browser.signIn(page, ADA.email)
  for (const parameter of [
    'scope',
    'prompt',
    'response_type',
    'state',
    'redirect_uri',
    'client_id',
  ]) {
    await fetch(authorizationUrl(issuer, confidential, { [parameter]: HOSTILE }), {
      redirect: 'manual',
    })
  }
  for (const parameter of ['grant_type', 'scope', 'client_id', 'resource', HOSTILE]) {
    await requestClientCredentials(server, confidential, { [parameter]: HOSTILE })
  }
  await authorizationServer.clients.register(CONFIDENTIAL_CLIENT, {
    actorId: HOSTILE,
    ip: HOSTILE,
  })
  await authorizationServer.connections.revokeAllOfUser('ada', { actorId: HOSTILE })

  const events = await settled()
  t.true(events.length >= 15)
  for (const text of textsOf(events)) t.notRegex(text, CONTROL_CHARACTER)
  const failure = events.find(({ type }) => type === 'user.sign-in-failed')
  const username =
    'ada\uFFFD\uFFFD\uFFFD\uFFFD[31m\uFFFD\uFFFD\uFFFD31m\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD@acme.test'
  t.like(failure, { username })
  t.true(events.some((event) => 'username' in event && event.username === 'a'.repeat(253)))
})

/** Something of the storage or the host that fails in some way. */
type Failing = () => Promise<never>

const throwing =
  (thrown: unknown): Failing =>
  async () => {
    throw thrown
  }

/** A port of this machine that nobody listens on. */
const CLOSED_PORT = 1

const deadRedis: Failing = async () => {
  const settings = { port: CLOSED_PORT, lazyConnect: true, retryStrategy: () => null } as const
  const client = new Redis(settings)
  client.on('error', () => undefined)
  const { families } = createRedisStorage({ client })
  await families.find(aFamily().familyId, 'a-client', 0)
  throw new Error('it answered')
}

const deadPostgres: Failing = async () => {
  const pool = new Pool({ host: 'localhost', port: CLOSED_PORT })
  const { families } = createPostgresStorage({ pool })
  await families.find(aFamily().familyId, 'a-client', 0)
  throw new Error('it answered')
}

const circular = new Error('circular')
circular.cause = circular

const THREW_NO_ERROR = 'storage.families.find threw something that is not an Error'

const FAILURES: Readonly<Record<string, readonly [Failing, status: number, expected: object]>> = {
  'a Redis that is down': [
    deadRedis,
    503,
    {
      name: 'StorageError',
      message: 'redis: families.find() failed',
      code: 'ERR_STORAGE',
      operation: 'redis: families.find()',
      cause: { name: 'Error' },
    },
  ],
  'a Postgres that is down': [
    deadPostgres,
    503,
    {
      name: 'StorageError',
      message: 'postgres: families.find() failed',
      code: 'ERR_STORAGE',
      operation: 'postgres: families.find()',
      cause: { name: 'Error', code: 'ECONNREFUSED' },
    },
  ],
  'a store of the host’s own that says little': [
    throwing(new StorageError('down')),
    503,
    { message: 'down', code: 'ERR_STORAGE', operation: 'families.find()' },
  ],
  'a storage that does not respond': [
    () => new Promise(() => undefined),
    503,
    {
      message: 'the storage did not respond within 100 ms',
      code: 'ERR_STORAGE',
      operation: 'families.find()',
    },
  ],
  'a defect': [
    throwing(new TypeError('undefined is no function', { cause: new RangeError('why') })),
    500,
    {
      name: 'TypeError',
      message: 'undefined is no function',
      operation: 'POST /oauth/introspect',
      cause: { name: 'RangeError', message: 'why' },
    },
  ],
  'several errors at once': [
    throwing(new AggregateError([new Error('one'), new Error('other')], 'both')),
    500,
    { name: 'AggregateError', message: 'both', errors: [{ message: 'one' }, { message: 'other' }] },
  ],
  'an error that is its own cause': [
    throwing(circular),
    500,
    { message: 'circular', cause: { message: 'circular', cause: { message: 'circular' } } },
  ],
  'an error whose members are no texts': [
    throwing(Object.assign(new Error('strange'), { code: {}, operation: 1n, stack: undefined })),
    500,
    { message: 'strange', code: undefined, operation: 'POST /oauth/introspect' },
  ],
  'an error that cannot be read': [
    throwing(
      Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('no')
        },
      }),
    ),
    500,
    { message: 'an error that cannot be described', operation: 'POST /oauth/introspect' },
  ],
  'a text': [
    throwing('down'),
    500,
    { message: THREW_NO_ERROR, cause: { name: 'string', message: 'down' } },
  ],
  'nothing at all': [throwing(undefined), 500, { message: THREW_NO_ERROR }],
  'an object that is no error': [
    throwing({ password: 'a secret' }),
    500,
    {
      message: THREW_NO_ERROR,
      cause: { name: 'object', message: 'an object that is not an Error' },
    },
  ],
}

for (const [what, [fail, status, expected]] of Object.entries(FAILURES)) {
  test(`audit: ${what} is a server.error that survives JSON with message, code, cause and operation`, async (t) => {
    const { onEvent, settled } = recordEvents()
    const storage = createMemoryStorage()
    const server = await startServer(t, {
      onEvent,
      storage: { ...storage, families: { ...storage.families, find: fail } },
      ...(what.includes('down') ? {} : { storageTimeoutMilliseconds: 100 }),
    })
    const { clientId } = server.confidential.client
    const { access_token: token } = await server.issueTokens({ userId: 'ada', clientId })
    const response = await introspect(server, server.confidential, token)
    t.is(response.status, status)

    const events = JSON.parse(JSON.stringify(await settled()))
    const errors = events.flatMap(({ error }: { readonly error?: unknown }) => error ?? [])
    t.is(errors.length, 1)
    t.like(errors[0], expected)
    t.false(JSON.stringify(events).includes('a secret'))
    for (const text of textsOf(events)) t.notRegex(text, CONTROL_CHARACTER)
  })
}

test('audit: an error has the calls that led to it, one a line, and no pending request’s identifier', async (t) => {
  const { onEvent, settled } = recordEvents()
  let isBroken = false
  const server = await startServer(t, {
    onEvent,
    async findUser() {
      if (isBroken) throw new TypeError('a first line\n    at which more follow')
      return ADA
    },
  })
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(server.issuer, server.confidential), ADA.email)
  isBroken = true
  await browser.open(authorizationUrl(server.issuer, server.confidential))

  const error = (await settled()).flatMap((event) =>
    event.type === 'server.error' ? [event.error] : [],
  )[0]
  t.is(error?.operation, 'GET /oauth/authorize')
  t.true(error?.stack?.some((line) => /^at .*findUser.*audit-events\.test\.ts/.test(line)))
})
